// SPDX-License-Identifier: Apache-2.0
#include "controller/scenario/redact.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "controller/util/utf8.h"

namespace cutpoint {
namespace {

// Connection parameters that hold a secret; the last are of newer versions of libpq.
constexpr std::array<std::string_view, 5> secret_keywords{
    "password", "sslpassword", "scram_client_key", "scram_server_key", "oauth_client_secret"};

constexpr std::size_t npos = std::string_view::npos;
constexpr std::string_view blanks = " \t\r\n\f\v";

struct Span {
  std::size_t begin;
  std::size_t end;
};

bool is_blank(char character) {
  return blanks.find(character) != npos;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

bool is_secret(std::string_view keyword) {
  const std::string name = lower(keyword);
  return std::find(secret_keywords.begin(), secret_keywords.end(), name) != secret_keywords.end();
}

// Whether `text`, which follows the `:` of an authority, begins with a port rather than a password.
bool begins_with_port(std::string_view text) {
  const std::size_t end = text.find_first_not_of("0123456789");
  return end != npos && (text[end] == '/' || text[end] == ',');
}

// The password, with its colon, of the authority that begins at `begin` and ends before `end`.
// A password may hold `/` and `@` although libpq wants them escaped: the last `@` ends it.
Span user_password(std::string_view uri, std::size_t begin, std::size_t end) {
  const std::string_view text = uri.substr(begin, end - begin);
  const std::size_t colon = text.find_first_of(":@");
  const std::size_t at = text.rfind('@');
  if (colon == npos || text[colon] != ':' || at == npos || at < colon) return {0, 0};
  if (begins_with_port(text.substr(colon + 1))) return {0, 0};
  return {begin + colon, begin + at};
}

std::string redact_query(std::string_view query) {
  std::string kept;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (is_secret(pair.substr(0, pair.find('=')))) continue;
    kept += (kept.empty() ? "" : "&") + std::string(pair);
  }
  return kept;
}

std::string redact_uri(std::string_view uri, std::size_t authority) {
  const std::size_t question = std::min(uri.find('?', authority), uri.size());
  const Span password = user_password(uri, authority, question);
  std::string kept(uri.substr(0, question));
  kept.erase(password.begin, password.end - password.begin);
  if (question == uri.size()) return kept;
  const std::string query = redact_query(uri.substr(question + 1));
  return query.empty() ? kept : kept + "?" + query;
}

// The end of a keyword's value that begins at `at`: quoted by ', or up to a blank; `\` escapes.
std::size_t value_end(std::string_view text, std::size_t at) {
  const bool quoted = at < text.size() && text[at] == '\'';
  for (std::size_t i = quoted ? at + 1 : at; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (quoted && text[i] == '\'') {
      return i + 1;
    } else if (!quoted && is_blank(text[i])) {
      return i;
    }
  }
  return text.size();
}

std::string redact_keywords(std::string_view text) {
  std::string kept;
  for (std::size_t at = 0;;) {
    const std::size_t begin = text.find_first_not_of(blanks, at);
    if (begin == npos) return kept;
    const std::size_t name_end = std::min(text.find_first_of(" \t\r\n\f\v=", begin), text.size());
    const std::size_t equals = text.find_first_not_of(blanks, name_end);
    if (equals == npos || text[equals] != '=') return kept;  // refused by libpq
    const std::size_t value = std::min(text.find_first_not_of(blanks, equals + 1), text.size());
    at = value_end(text, value);
    if (is_secret(text.substr(begin, name_end - begin))) continue;
    kept += (kept.empty() ? "" : " ") + std::string(text.substr(begin, at - begin));
  }
}

// The end of a loosely written `password=` value: quoted in any way, or up to a blank, `"` or `&`.
std::size_t loose_end(std::string_view text, std::size_t at) {
  const std::size_t start = text.find_first_not_of("'\"\\", at);
  if (start == npos) return text.size();
  if (start == at) return std::min(text.find_first_of(" \t\r\n\"&", at), text.size());
  const std::string_view opening = text.substr(at, start - at);
  const std::size_t closing = text.find(opening, start);
  return closing == npos ? text.size() : closing + opening.size();
}

void mask(std::string& text, std::size_t begin, std::size_t end) {
  if (begin >= end || std::string_view(text).substr(begin).starts_with("${")) return;
  const std::size_t width = count_characters(std::string_view(text).substr(begin, end - begin));
  text.replace(begin, end - begin, std::string(width, '*'));
}

void mask_uris(std::string& text) {
  for (std::size_t at = text.find("://"); at != std::string::npos; at = text.find("://", at)) {
    at += 3;
    const std::size_t end = std::min(text.find_first_of(" \t\r\n\"'?", at), text.size());
    const Span password = user_password(text, at, end);
    if (password.end > password.begin) mask(text, password.begin + 1, password.end);
  }
}

void mask_keyword(std::string& text, std::string_view keyword) {
  for (std::size_t at = 0; (at = lower(text).find(keyword, at)) != std::string::npos;) {
    at += keyword.size();
    const std::size_t equals = text.find_first_not_of(blanks, at);
    if (equals == std::string::npos || text[equals] != '=') continue;
    const std::size_t value = text.find_first_not_of(blanks, equals + 1);
    if (value != std::string::npos) mask(text, value, loose_end(text, value));
  }
}

void mask_keywords(std::string& text) {
  for (const char* keyword : {"password", "passwd", "token", "secret", "api_key", "api-key"}) {
    mask_keyword(text, keyword);
  }
}

// "--api-key", "API_KEY", "Authorization": without what separates their words.
bool is_called_a_secret(std::string_view name) {
  constexpr std::array<std::string_view, 10> signs{
      "password", "passwd",        "passphrase", "secret", "token",
      "apikey",   "authorization", "credential", "cookie", "privatekey"};
  std::string plain = lower(name);
  std::erase_if(plain, [](char character) { return character == '-' || character == '_'; });
  return std::any_of(signs.begin(), signs.end(),
                     [&](std::string_view sign) { return plain.find(sign) != npos; });
}

std::string masked_value(std::string_view value) {
  return value.find("${") == npos ? "***" : std::string(value);
}

}  // namespace

std::vector<std::string> mask_secret_words(std::vector<std::string> words) {
  bool value_follows = false;
  for (std::string& word : words) {
    const std::size_t end = word.find_first_of("=:");
    const bool is_option = word.starts_with('-');
    if (value_follows && !is_option) word = masked_value(word);
    value_follows = false;
    if (!is_called_a_secret(std::string_view(word).substr(0, end))) continue;
    value_follows = is_option && end == npos;
    if (end != npos) word = word.substr(0, end + 1) + masked_value(word.substr(end + 1));
  }
  return words;
}

std::string dsn_without_password(std::string_view dsn) {
  const std::size_t scheme = dsn.find("://");
  // A keyword's value may hold `://`, but no scheme holds `=` or a blank.
  const bool uri = scheme != npos && dsn.substr(0, scheme).find_first_of("= \t") == npos;
  return uri ? redact_uri(dsn, scheme + 3) : redact_keywords(dsn);
}

std::string mask_secrets(std::string_view text) {
  std::string masked(text);
  mask_uris(masked);
  mask_keywords(masked);
  return masked;
}

}  // namespace cutpoint

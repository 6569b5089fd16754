// SPDX-License-Identifier: Apache-2.0
#include "probes/postgres/dsn.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <memory>
#include <string_view>

#include "controller/util/nearest.h"
#include "probes/postgres/observer.h"

namespace cutpoint::probes {
namespace {

struct FreeMessage {
  void operator()(char* message) const { PQfreemem(message); }
};
struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

// The second word of a password that should have been quoted is taken for an option, too.
bool misspells_an_option(const std::string& message) {
  const std::size_t open = message.find('"');
  const std::size_t close = message.rfind('"');
  if (open == close) return false;
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(PQconndefaults());
  std::vector<std::string> known;
  for (const auto* option = options.get(); option != nullptr && option->keyword != nullptr;
       ++option) {
    known.emplace_back(option->keyword);
  }
  return nearest_name(message.substr(open + 1, close - open - 1), known).has_value();
}

// libpq's complaint quotes what it stumbled over, which may be a piece of the password; only the
// names of misspelt options are worth showing.
std::string without_quotations(std::string message) {
  while (!message.empty() && message.back() == '\n') message.pop_back();
  const bool names_an_option = message.starts_with("invalid URI query parameter") ||
                               message.starts_with("invalid connection option");
  if (names_an_option && misspells_an_option(message)) return message;
  std::string result;
  bool quoted = false;
  for (const char c : message) {
    if (c == '"') {
      quoted = !quoted;
      result += quoted ? "\"…" : "\"";
    } else if (!quoted) {
      result += c;
    }
  }
  return result;
}

std::string quoted(std::string_view value) {
  std::string result = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + "'";
}

bool is_secret(const std::string& key) {
  return key == "password" || key == "sslpassword";
}

}  // namespace

Result<Dsn> Dsn::parse(const std::string& text) {
  char* raw_message = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(
      PQconninfoParse(text.c_str(), &raw_message));
  const std::unique_ptr<char, FreeMessage> message(raw_message);
  if (!options) {
    return Error{ExitCode::usage,
                 "not a PostgreSQL connection string: " +
                     without_quotations(message ? message.get() : "out of memory"),
                 "write postgresql://user:password@host:port/database, with special characters "
                 "percent-encoded, or host=… port=… dbname=…"};
  }
  Dsn dsn;
  for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) dsn.parameters_[option->keyword] = option->val;
  }
  return dsn;
}

Dsn Dsn::with(const std::string& key, const std::string& value) const {
  Dsn result = *this;
  result.parameters_[key] = value;
  return result;
}

std::optional<std::string> Dsn::find(const std::string& key) const {
  const auto found = parameters_.find(key);
  if (found == parameters_.end()) return std::nullopt;
  return found->second;
}

std::string Dsn::conninfo() const {
  std::string result;
  for (const auto& [key, value] : parameters_) {
    result += fmt::format("{}{}={}", result.empty() ? "" : " ", key, quoted(value));
  }
  return result;
}

std::string Dsn::redacted() const {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-,:/@+";
  std::string result;
  for (const auto& [key, value] : parameters_) {
    if (is_secret(key)) continue;
    const bool simple = !value.empty() && value.find_first_not_of(plain) == std::string::npos;
    result +=
        fmt::format("{}{}={}", result.empty() ? "" : " ", key, simple ? value : quoted(value));
  }
  return result;
}

std::string redact_dsn(const std::string& dsn) {
  const auto parsed = Dsn::parse(dsn);
  return parsed ? parsed->redacted() : "(unreadable connection string)";
}

}  // namespace cutpoint::probes

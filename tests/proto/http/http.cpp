// SPDX-License-Identifier: Apache-2.0
#include "tests/proto/http/http.h"

#include <algorithm>
#include <iterator>

namespace cutpoint::test::http {

namespace {

constexpr std::array<const char*, CUT_HTTP_MOMENT_COUNT> moment_words = {{
#define X(id, name, direction, evidence, description) name,
    CUT_HTTP_MOMENTS(X)
#undef X
}};

constexpr std::array<const char*, CUT_METHOD_COUNT> method_words = {{
#define X(id, name) name,
    CUT_HTTP_COMMANDS(X)
#undef X
}};

std::string words_of(const Fact& fact) {
  std::string text;
  for (std::size_t moment = 0; moment < moment_words.size(); ++moment) {
    if ((fact.moments >> moment & 1) == 0) continue;
    text += (text.empty() ? "" : "+") + std::string(moment_words[moment]);
  }
  return text;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Fact& fact) {
  out << words_of(fact) << (fact.direction == CUT_UPSTREAM ? " up [" : " down [") << fact.first
      << ", " << fact.last << ')';
  for (std::size_t method = 0; method < method_words.size(); ++method) {
    if ((fact.attributes[CUT_HTTP_ATTR_METHOD] >> method & 1) != 0)
      out << ' ' << method_words[method];
  }
  out << " status " << fact.attributes[CUT_HTTP_ATTR_STATUS];
  out << " stream " << fact.attributes[CUT_HTTP_ATTR_STREAM];
  return out << " #" << fact.exchange << (fact.told ? "" : " untold");
}

Fact Http::fact_of(cut_direction direction, const cut_facts& facts) {
  Fact fact;
  fact.direction = direction;
  fact.moments = facts.moments;
  fact.first = facts.begin;
  fact.last = facts.end;
  std::copy_n(facts.attr, fact.attributes.size(), fact.attributes.begin());
  fact.exchange = facts.exchange;
  fact.told = facts.untold == 0;
  return fact;
}

std::string moments(const Facts& facts) {
  std::string text;
  for (const Fact& fact : facts) text += (text.empty() ? "" : " ") + words_of(fact);
  return text;
}

std::string moments_and_ends(const Facts& facts) {
  std::string text;
  for (const Fact& fact : facts) {
    text += (text.empty() ? "" : " ") + words_of(fact) + '@' + std::to_string(fact.last);
  }
  return text;
}

std::string get(std::string_view target, std::string_view fields) {
  return "GET " + std::string(target) + " HTTP/1.1\r\n" + std::string(fields) + "\r\n";
}

std::string post(std::string_view body, std::string_view target) {
  return "POST " + std::string(target) +
         " HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

std::string response(int status, std::string_view fields, std::string_view body) {
  return "HTTP/1.1 " + std::to_string(status) + " Reason\r\n" + std::string(fields) + "\r\n" +
         std::string(body);
}

std::string with_length(int status, std::string_view body) {
  return response(status, "Content-Length: " + std::to_string(body.size()) + "\r\n", body);
}

std::string chunk(std::string_view data) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string size;
  for (std::size_t left = data.size(); left > 0; left /= 16)
    size.insert(size.begin(), digits[left % 16]);
  return size + "\r\n" + std::string(data) + "\r\n";
}

std::string frame_as(std::uint32_t length, int type, int flags, std::uint32_t stream) {
  std::string bytes;
  for (const unsigned shift : {16U, 8U, 0U}) bytes += static_cast<char>(length >> shift);
  bytes += static_cast<char>(type);
  bytes += static_cast<char>(flags);
  for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes += static_cast<char>(stream >> shift);
  return bytes;
}

std::string frame(int type, int flags, std::uint32_t stream, std::string_view payload) {
  return frame_as(static_cast<std::uint32_t>(payload.size()), type, flags, stream) +
         std::string(payload);
}

}  // namespace cutpoint::test::http

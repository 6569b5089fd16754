// SPDX-License-Identifier: Apache-2.0
#include "probes/amqp/routing.h"

#include <span>
#include <vector>

namespace cutpoint::probes {
namespace {

using Words = std::span<const std::string_view>;

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  if (text.empty()) return words;  // RabbitMQ: no word, not an empty one
  while (true) {
    const auto dot = text.find('.');
    words.push_back(text.substr(0, dot));
    if (dot == std::string_view::npos) return words;
    text.remove_prefix(dot + 1);
  }
}

bool words_match(Words pattern, Words key) {
  if (pattern.empty()) return key.empty();
  if (pattern.front() == "#") {
    return words_match(pattern.subspan(1), key) ||
           (!key.empty() && words_match(pattern, key.subspan(1)));
  }
  if (key.empty() || (pattern.front() != "*" && pattern.front() != key.front())) return false;
  return words_match(pattern.subspan(1), key.subspan(1));
}

}  // namespace

bool topic_matches(std::string_view pattern, std::string_view key) {
  return words_match(words_of(pattern), words_of(key));
}

Route route(const std::string& exchange_type, std::string_view binding_key, std::string_view key) {
  const auto decided = [](bool leads) { return leads ? Route::leads : Route::leads_not; };
  if (exchange_type == "direct") return decided(binding_key == key);
  if (exchange_type == "fanout") return Route::leads;
  if (exchange_type == "topic") return decided(topic_matches(binding_key, key));
  return Route::undecided;
}

}  // namespace cutpoint::probes

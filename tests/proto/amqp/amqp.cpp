// SPDX-License-Identifier: Apache-2.0
#include "tests/proto/amqp/amqp.h"

#include <algorithm>
#include <iterator>

namespace cutpoint::test::amqp {

namespace {

constexpr std::array<const char*, CUT_AMQP_MOMENT_COUNT> moment_words = {{
#define X(id, name, direction, evidence, description) name,
    CUT_AMQP_MOMENTS(X)
#undef X
}};

constexpr std::array<const char*, CUT_AMQP_ATTRIBUTE_COUNT> attribute_words = {{
#define X(id, name, kind, description) name,
    CUT_AMQP_ATTRIBUTES(X)
#undef X
}};

std::string words_of(const Fact& fact) {
  std::string text = fact.forgot ? "names.full" : "";
  for (std::size_t moment = 0; moment < moment_words.size(); ++moment) {
    if ((fact.moments >> moment & 1) == 0) continue;
    text += (text.empty() ? "" : "+") + std::string(moment_words[moment]);
  }
  return text;
}

std::string kept(const cut_text* text) {
  if (text == nullptr) return {};
  return {text->byte, text->byte + std::min<std::size_t>(text->length, CUT_TEXT_BYTES)};
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Fact& fact) {
  out << words_of(fact) << (fact.direction == CUT_UPSTREAM ? " up [" : " down [") << fact.first
      << ", " << fact.last << ") body " << fact.body;
  for (std::size_t which = 0; which < attribute_words.size(); ++which) {
    if (fact.attributes[which] != 0)
      out << ' ' << attribute_words[which] << ' ' << fact.attributes[which];
  }
  return out << " '" << fact.exchange_name << "' '" << fact.routing_key << '\'';
}

Fact Amqp::fact_of(const State& parser, cut_direction direction, const cut_facts& facts) {
  Fact fact;
  fact.direction = direction;
  fact.moments = facts.moments;
  fact.first = facts.begin;
  fact.last = facts.end;
  fact.body = facts.body;
  std::copy_n(facts.attr, fact.attributes.size(), fact.attributes.begin());
  fact.exchange_name = kept(cut_amqp_text(&parser, direction, CUT_AMQP_ATTR_EXCHANGE));
  fact.routing_key = kept(cut_amqp_text(&parser, direction, CUT_AMQP_ATTR_ROUTING_KEY));
  fact.exchange = facts.exchange;
  fact.forgot = facts.forgot != 0;
  return fact;
}

std::string moments(const Facts& facts) {
  std::string text;
  for (const Fact& fact : facts) text += (text.empty() ? "" : " ") + words_of(fact);
  return text;
}

std::string moments_and_ends(const Facts& facts) {
  std::string text;
  for (const Fact& fact : facts)
    text += (text.empty() ? "" : " ") + words_of(fact) + '@' + std::to_string(fact.last);
  return text;
}

std::uint32_t hash_of(std::string_view text) {
  std::uint32_t hash = CUT_HASH_SEED;
  for (const char letter : text) hash = CUT_HASH_NEXT(hash, static_cast<__u8>(letter));
  return CUT_HASH_OF(hash);
}

}  // namespace cutpoint::test::amqp

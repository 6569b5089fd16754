// SPDX-License-Identifier: Apache-2.0
// What holds for every connection to an HTTP service, whatever its bytes are.
#include <cstring>

#include "tests/proto/http/http.h"
#include "tests/proto/readings.h"

namespace cutpoint::test::http {
namespace {

struct Soundness : Http {
  static constexpr std::uint32_t most_skipped = CUT_HTTP_MAX_SKIP;
  static constexpr auto rest_word = cut_http_rest_word;

  static std::uint64_t moments_seen_in(cut_direction direction) {
    static constexpr std::array<cut_direction, CUT_HTTP_MOMENT_COUNT> seen_in = {{
#define X(id, name, direction, evidence, description) direction,
        CUT_HTTP_MOMENTS(X)
#undef X
    }};
    std::uint64_t set = 0;
    for (std::size_t moment = 0; moment < seen_in.size(); ++moment) {
      if (seen_in[moment] == direction) set |= 1ULL << moment;
    }
    return set;
  }

  // A response that came before any request.
  static bool is_unasked(const Fact& fact) {
    return fact.direction == CUT_DOWNSTREAM;
  }

  static bool same(const Fact& whole, const Fact& part, std::string_view, std::uint32_t) {
    return whole == part;
  }
  static bool waits(const Fact&) {
    return false;
  }

  static const char* unsound(const State& parser, bool) {
    if (cut_seq_before(parser.asked, parser.answered)) return "more answers than requests";
    if (cut_http_text(&parser, CUT_UPSTREAM, CUT_HTTP_ATTR_PATH) != &parser.target)
      return "a target that is not the request's";
    return cut_http_owes(&parser) ? "an answer that is owed" : nullptr;
  }

  static bool remembers_the_same(const State& mine, const State& theirs) {
    return std::memcmp(&mine, &theirs, sizeof mine) == 0 &&
           cut_http_rests(&mine) == cut_http_rests(&theirs);
  }
};

}  // namespace

std::string violation(std::string_view records) {
  return violation_of<Soundness>(records);
}

}  // namespace cutpoint::test::http

// SPDX-License-Identifier: Apache-2.0
// Messages that nobody wants to know more of are counted as those are that are told one by one:
// most segments are then taken at a glance.
#include <array>
#include <cerrno>
#include <cstring>

#include "bpf/abi/counters.h"
#include "bpf/abi/vocabulary.h"
#include "controller/kernel/per_cpu.h"
#include "tests/prog/program_test.h"
#include "tests/proto/delivery.h"
#include "tests/proto/messages.h"

namespace cutpoint::prog {
namespace {

using test::Connection;
using test::Delivery;

constexpr std::uint32_t up = 0U - 700;  // wraps within most conversations
constexpr std::uint32_t down = 0U - 900;

struct Counts {
  std::uint64_t messages = 0;
  std::uint64_t desyncs = 0;
  std::vector<std::uint64_t> moments;

  bool operator==(const Counts&) const = default;
};

class Glance : public ProgramTest {
 protected:
  Counts counts() const {
    const auto moments = sum_over_cpus<CUT_MOMENT_BITS>(skeleton_->maps.moment_counts, 0);
    EXPECT_TRUE(moments) << std::strerror(errno);
    return {count_of(CUT_COUNT_MESSAGES), count_of(CUT_COUNT_DESYNC_MALFORMED),
            moments ? std::vector<std::uint64_t>(moments->begin(), moments->end())
                    : std::vector<std::uint64_t>()};
  }

  // What the delivery adds to them, with these moments reported.
  Counts deliver(const Connection& connection, const Delivery& delivery, std::uint64_t reported) {
    skeleton_->bss->service_table[0].reported = reported;
    enrol(false, up, down);
    const Counts before = counts();
    for (const test::Piece& piece : delivery) {
      const bool answer = piece.direction == CUT_DOWNSTREAM;
      const auto start = (answer ? down : up) + static_cast<std::uint32_t>(piece.begin);
      const Segment segment{
          .reversed = answer, .seq = start, .payload = std::string(connection.carried_by(piece))};
      const bpf_program* program =
          answer ? skeleton_->progs.tc_ingress : skeleton_->progs.tc_egress;
      EXPECT_EQ(run(program, segment.build()).verdict, tcx_next);
    }
    Counts after = counts();
    after.messages -= before.messages;
    after.desyncs -= before.desyncs;
    for (std::size_t i = 0; i < after.moments.size(); ++i) after.moments[i] -= before.moments[i];
    return after;
  }
};

TEST_F(Glance, CountsAsTheStepsDo) {
  std::uint64_t messages = 0;
  for (const Connection& connection : test::connections()) {
    SCOPED_TRACE(connection.name);
    const Counts stepwise = deliver(connection, whole(connection), ~0ULL);
    messages += stepwise.messages;
    EXPECT_EQ(deliver(connection, whole(connection), 0), stepwise);
    test::Random random(1);
    const Delivery delivery = at_random(connection, random, {.repeats = true});
    EXPECT_EQ(deliver(connection, delivery, 0), deliver(connection, delivery, ~0ULL));
  }
  EXPECT_GT(messages, 0U);
}

}  // namespace
}  // namespace cutpoint::prog

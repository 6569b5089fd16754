// SPDX-License-Identifier: Apache-2.0
// The flow of a segment is that of its tuple, wherever the hint of its port leads.
#include <cstdint>

#include "bpf/abi/counters.h"
#include "bpf/abi/flow.h"
#include "tests/prog/program_test.h"
#include "tests/proto/messages.h"

namespace cutpoint::prog {
namespace {

constexpr std::uint32_t up = 1000;
constexpr std::uint32_t down = 2000;

class FlowSlot : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    enrol(false, up, down);
    enrol(true, up, down);
  }
  // Both connections have the same ports.
  void hint(std::uint16_t value) { skeleton_->bss->slot_hints[tuple_of(false).local_port] = value; }
  // What the start of such a connection adds.
  std::uint64_t messages_of(bool v6) const {
    const std::uint64_t before = count_of(CUT_COUNT_MESSAGES);
    const std::string start = test::client::startup();
    run(skeleton_->progs.tc_egress,
        Segment{.v6 = v6, .seq = up, .ack = down, .payload = start}.build());
    run(skeleton_->progs.tc_ingress,
        Segment{.v6 = v6,
                .reversed = true,
                .seq = down,
                .ack = up + static_cast<std::uint32_t>(start.size()),
                .payload = test::server::authentication_ok() + test::server::ready('I')}
            .build());
    return count_of(CUT_COUNT_MESSAGES) - before;
  }
};

TEST_F(FlowSlot, IsFoundWithoutAHint) {
  hint(0);
  EXPECT_EQ(messages_of(false), 3U);
  EXPECT_EQ(messages_of(true), 3U);
}

TEST_F(FlowSlot, IsFoundWhereItsPortIsAnotherFlowsToo) {
  const std::uint16_t of_v4 = 1, of_v6 = 2;
  hint(of_v6);
  EXPECT_EQ(messages_of(false), 3U);
  hint(of_v4);
  EXPECT_EQ(messages_of(true), 3U);
}

TEST_F(FlowSlot, IsFoundWhereTheHintLeadsToNoFlow) {
  for (const std::uint16_t nobody : {std::uint16_t{3}, std::uint16_t{CUT_MAX_FLOWS},
                                     std::uint16_t{CUT_MAX_FLOWS + 1}, std::uint16_t{65535}}) {
    SetUp();
    hint(nobody);
    EXPECT_EQ(messages_of(false), 3U) << nobody;
    EXPECT_EQ(messages_of(true), 3U) << nobody;
  }
}

}  // namespace
}  // namespace cutpoint::prog

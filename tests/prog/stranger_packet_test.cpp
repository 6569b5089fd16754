// SPDX-License-Identifier: Apache-2.0
// Packets that are not the target's, not TCP, or not right: passed on as they are.
#include <functional>

#include "tests/prog/program_test.h"

namespace cutpoint::prog {
namespace {

constexpr std::uint8_t udp = 17;
constexpr std::size_t v4_protocol = ethernet_header + 9;
constexpr std::size_t v4_fragment = ethernet_header + 6;
constexpr std::size_t v4_length = ethernet_header + 2;
constexpr std::size_t v6_length = ethernet_header + 4;
constexpr std::size_t v6_next_header = ethernet_header + 6;
constexpr std::size_t v4_data_offset = ethernet_header + 20 + 12;

struct Case {
  const char* name;
  Bytes packet;
};

Bytes changed(Bytes packet, const std::function<void(Bytes&)>& change) {
  change(packet);
  return packet;
}

Bytes data(bool v6) {
  return Segment{.v6 = v6, .payload = "Q and so on"}.build();
}

Bytes cut_short(Bytes packet, std::size_t size) {
  packet.resize(size);
  return packet;
}

std::vector<Case> cases() {
  const Bytes router_alert{6, 0, 5, 2, 0, 0, 1, 0};
  const Bytes jumbo{6, 0, 0xc2, 4, 0, 0, 0, 31};
  const Bytes destination{6, 0, 1, 4, 0, 0, 0, 0};
  std::vector<Case> all{
      {"V4Data", data(false)},
      {"V6Data", data(true)},
      {"V4Syn", Segment{.flags = tcp_syn}.build()},
      {"V6Syn", Segment{.v6 = true, .flags = tcp_syn}.build()},
      {"V4Answer", Segment{.reversed = true, .payload = "Z"}.build()},
      {"V6Answer", Segment{.v6 = true, .reversed = true, .payload = "Z"}.build()},
      {"Udp", changed(data(false), [](Bytes& p) { p[v4_protocol] = udp; })},
      {"Udp6", changed(data(true), [](Bytes& p) { p[v6_next_header] = udp; })},
      {"LaterFragment", changed(data(false), [](Bytes& p) { p[v4_fragment + 1] = 8; })},
      {"FirstFragment", changed(data(false), [](Bytes& p) { p[v4_fragment] = 0x20; })},
      {"V4Options", Segment{.payload = "Q", .ip_options = Bytes(40, 1)}.build()},
      {"TcpOptions", Segment{.payload = "Q", .tcp_options = Bytes(40, 1)}.build()},
      {"V6HopByHop", Segment{.v6 = true, .payload = "Q", .extension = router_alert}.build()},
      {"V6Jumbo", Segment{.v6 = true, .payload = "Q", .extension = jumbo}.build()},
      {"V6Destination",
       Segment{.v6 = true, .payload = "Q", .extension = destination, .extension_type = 60}.build()},
      {"V4LengthTooLong", changed(data(false), [](Bytes& p) { p[v4_length] = 0xff; })},
      {"V4LengthZero", changed(data(false), [](Bytes& p) { p[v4_length] = p[v4_length + 1] = 0; })},
      {"V4LengthTiny", changed(data(false), [](Bytes& p) { p[v4_length + 1] = 20; })},
      {"V6LengthTooLong", changed(data(true), [](Bytes& p) { p[v6_length] = 0xff; })},
      {"V4HeaderTiny", changed(data(false), [](Bytes& p) { p[ethernet_header] = 0x40; })},
      {"V4HeaderHuge", changed(data(false), [](Bytes& p) { p[ethernet_header] = 0x4f; })},
      {"DataOffsetZero", changed(data(false), [](Bytes& p) { p[v4_data_offset] = 0; })},
      {"DataOffsetHuge", changed(data(false), [](Bytes& p) { p[v4_data_offset] = 0xf0; })},
      {"Arp", changed(data(false), [](Bytes& p) { p[13] = 6; })},
      {"Garbage", Bytes(200, 0xff)},
      {"Zeros", Bytes(200, 0)},
  };
  // The kernel makes no packet for a test that is shorter than its IP header.
  for (const std::size_t size : {34U, 40U, 53U, 54U}) {
    all.push_back({nullptr, cut_short(data(false), size)});
  }
  for (const std::size_t size : {54U, 60U, 73U, 74U}) {
    all.push_back({nullptr, cut_short(data(true), size)});
  }
  return all;
}

std::string case_name(std::size_t index, const Case& packet) {
  return packet.name != nullptr ? packet.name : "short " + std::to_string(index);
}

// Of a device with link-layer header and of one without, towards the network and from it.
class Stranger : public ProgramTest {
 protected:
  std::vector<bpf_program*> programs(const cutpoint_bpf& skeleton) const override {
    const auto& all = skeleton.progs;
    return {all.tc_egress, all.tc_ingress, all.tc_egress_l3, all.tc_ingress_l3};
  }

  void expect_passed() {
    const auto all = cases();
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (const bpf_program* program : programs(*skeleton_)) {
        SCOPED_TRACE(case_name(i, all[i]) + ", " + bpf_program__name(program));
        const Outcome outcome = run(program, all[i].packet);
        EXPECT_EQ(outcome.verdict, tcx_next);
        EXPECT_EQ(outcome.packet, all[i].packet);
      }
    }
  }
};

TEST_F(Stranger, IsPassedWhereNothingIsCovered) {
  expect_passed();
}

// The first port check lets them through to the flows, among which they are not.
TEST_F(Stranger, IsPassedWhereItsPortIsThatOfAService) {
  enrol(false, 1000, 2000);
  const cut_tuple tuple = tuple_of(false);
  ASSERT_EQ(bpf_map__delete_elem(skeleton_->maps.flows, &tuple, sizeof tuple, 0), 0);
  skeleton_->bss->slot_hints[tuple.local_port] = 0;
  expect_passed();
}

// And where they claim to belong to a flow, but there is no rule.
TEST_F(Stranger, IsPassedWhereItLooksLikeATargetsSegment) {
  enrol(false, 1000, 2000);
  enrol(true, 1000, 2000);
  expect_passed();
}

// Of a trace: what tc_look has looked at is counted.
class Looked : public ProgramTest {
 protected:
  void configure(cutpoint_bpf& skeleton) override { skeleton.rodata->only_looks = 1; }
  std::vector<bpf_program*> programs(const cutpoint_bpf& skeleton) const override {
    return {skeleton.progs.tc_look};
  }

  std::uint64_t looked_at(const Bytes& packet) {
    const std::uint64_t before = count_of(CUT_COUNT_SEGMENTS);
    const Outcome outcome = run(skeleton_->progs.tc_look, packet);
    EXPECT_EQ(outcome.verdict, tcx_next);
    EXPECT_EQ(outcome.packet, packet);
    return count_of(CUT_COUNT_SEGMENTS) - before;
  }
};

TEST_F(Looked, AtNoStranger) {
  const auto all = cases();
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(looked_at(all[i].packet), 0U) << case_name(i, all[i]);
  }
}

TEST_F(Looked, OnceAtWhatEitherEndSends) {
  for (const bool v6 : {false, true}) {
    SCOPED_TRACE(v6 ? "V6" : "V4");
    enrol(v6, 1000, 2000);
    EXPECT_EQ(looked_at(Segment{.v6 = v6, .seq = 1000, .ack = 2000, .payload = "Q"}.build()), 1U);
    EXPECT_EQ(
        looked_at(
            Segment{.v6 = v6, .reversed = true, .seq = 2000, .ack = 1001, .payload = "Z"}.build()),
        1U);
  }
}

}  // namespace
}  // namespace cutpoint::prog

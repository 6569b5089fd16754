// SPDX-License-Identifier: Apache-2.0
#include "tests/prog/program_test.h"

#include <algorithm>
#include <bpf/bpf.h>
#include <cerrno>
#include <cstring>
#include <unistd.h>

#include "controller/kernel/counted.h"
#include "controller/kernel/injector.h"
#include "controller/kernel/libbpf_log.h"
#include "tests/prog/flow_state.h"

namespace cutpoint::prog {
namespace {

constexpr std::size_t longest_reply = 4096;

}  // namespace

void ProgramTest::SetUp() {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  capture_libbpf_log();
  skeleton_.reset(cutpoint_bpf__open());
  ASSERT_TRUE(skeleton_);
  // Else every packet, which has mark 0, would be ours.
  skeleton_->rodata->own_mark = own_mark;
  skeleton_->rodata->held_mark = held_mark;
  skeleton_->rodata->plaintext = 0;
  configure(*skeleton_);
  const auto wanted = programs(*skeleton_);
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton_->obj) {
    bpf_program__set_autoload(program,
                              std::find(wanted.begin(), wanted.end(), program) != wanted.end());
  }
  ASSERT_EQ(cutpoint_bpf__load(skeleton_.get()), 0) << take_libbpf_log();
}

std::vector<bpf_program*> ProgramTest::programs(const cutpoint_bpf& skeleton) const {
  return {skeleton.progs.tc_egress, skeleton.progs.tc_ingress};
}

Outcome ProgramTest::run(const bpf_program* program, const Bytes& packet) {
  Outcome outcome{.packet = Bytes(longest_reply)};
  bpf_test_run_opts options{};
  options.sz = sizeof options;
  options.data_in = packet.data();
  options.data_out = outcome.packet.data();
  options.data_size_in = static_cast<__u32>(packet.size());
  options.data_size_out = static_cast<__u32>(outcome.packet.size());
  options.repeat = 1;
  const int error = bpf_prog_test_run_opts(bpf_program__fd(program), &options);
  EXPECT_EQ(error, 0) << std::strerror(-error);
  outcome.verdict = static_cast<int>(options.retval);
  outcome.packet.resize(options.data_size_out);
  return outcome;
}

void ProgramTest::enrol(bool v6, std::uint32_t up, std::uint32_t down) {
  enrol_flow(*skeleton_, v6, up, down);
}

void ProgramTest::carry(const test::Connection& connection, const test::Delivery& delivery,
                        std::uint32_t up, std::uint32_t down) const {
  for (const test::Piece& piece : delivery) {
    const bool answer = piece.direction == CUT_DOWNSTREAM;
    const auto start = (answer ? down : up) + static_cast<std::uint32_t>(piece.begin);
    const Segment segment{
        .reversed = answer, .seq = start, .payload = std::string(connection.carried_by(piece))};
    const bpf_program* program = answer ? skeleton_->progs.tc_ingress : skeleton_->progs.tc_egress;
    EXPECT_EQ(run(program, segment.build()).verdict, tcx_next);
  }
}

std::uint64_t ProgramTest::count_of(cut_counter counter) const {
  const auto sums = counters_of(*skeleton_);
  EXPECT_TRUE(sums) << std::strerror(errno);
  return sums ? sums->at(counter) : 0;
}

}  // namespace cutpoint::prog

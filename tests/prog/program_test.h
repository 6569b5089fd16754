// SPDX-License-Identifier: Apache-2.0
// The programs, loaded and attached nowhere: run on packets by BPF_PROG_TEST_RUN.
#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "bpf/abi/control.h"
#include "bpf/abi/counters.h"
#include "bpf/abi/endpoint.h"
#include "bpf/abi/peer.h"
#include "generated/cutpoint.skel.h"
#include "tests/prog/packet.h"
#include "tests/proto/delivery.h"

namespace cutpoint::prog {

// What a program returned, and the packet that it left.
struct Outcome {
  int verdict = 0;
  Bytes packet;
};

inline constexpr int tcx_next = -1;
inline constexpr int tcx_drop = 2;
inline constexpr int tc_redirect = 7;
inline constexpr int tc_stolen = 4;

class ProgramTest : public testing::Test {
 protected:
  void SetUp() override;
  // Other load-time constants than the usual ones.
  virtual void configure(cutpoint_bpf&) {}
  // Those that are loaded: no others can be run.
  virtual std::vector<bpf_program*> programs(const cutpoint_bpf& skeleton) const;

  static Outcome run(const bpf_program* program, const Bytes& packet);
  // A flow of segments as packet.h makes them, which has just been connected: the next byte of the
  // target has sequence number `up`, that of the service `down`.
  void enrol(bool v6, std::uint32_t up, std::uint32_t down);
  // The segments of an enrolled connection, in the order of `delivery`, which all pass.
  void carry(const test::Connection& connection, const test::Delivery& delivery, std::uint32_t up,
             std::uint32_t down) const;
  // What the programs have counted so far, on all processors.
  std::uint64_t count_of(cut_counter counter) const;

  struct Closer {
    void operator()(cutpoint_bpf* skeleton) const { cutpoint_bpf__destroy(skeleton); }
  };
  std::unique_ptr<cutpoint_bpf, Closer> skeleton_;
};

}  // namespace cutpoint::prog

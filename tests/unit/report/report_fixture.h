// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "controller/report/report.h"
#include "tests/unit/verify/run_builder.h"

namespace cutpoint::testing {

// The default scenario: cut after COMMIT, the client gives up at 10 s and retries blindly.
inline void run_split_brain(RunBuilder& run) {
  using namespace std::chrono_literals;
  FlowBuilder flow = orders_up_to_the_cut(run);
  flow.cut_request(RunBuilder::request_bytes).committed();
  for (int i = 0; i < 4; ++i) flow.event(CUT_EVENT_RETRANSMIT, 1266, 1267);
  for (int i = 0; i < 6; ++i) flow.event(CUT_EVENT_RETRANSMIT_PEER, 5241, 5253);
  flow.event(CUT_EVENT_RTO, 6, 13056);
  run.wait(10s);
  flow.close().says("info");
  run.wait(20s).heal();
  FlowBuilder retry = run.connect(4712);
  retry.event(CUT_EVENT_RETRANSMIT, 1, 2);  // after the heal: no evidence of the cut
  retry.commit(20, 2).close();
  remaining_orders(run);
  run.rule().moments = run.rule().matches = 51;
  run.rule().segments_swallowed = 17;
  run.rule().bytes_swallowed = 86;
  run.rule().segments_truncated = 1;
}

inline HostFacts host() {
  HostFacts facts;
  facts.kernel = "6.18.0";
  facts.hooks = {"tcx/egress lo", "tcx/ingress lo"};
  facts.started_unix_ms = 1'700'000'000'000;
  facts.finished_unix_ms = 1'700'000'031'000;
  facts.started_ns = std::chrono::nanoseconds(std::chrono::seconds(99)).count();
  facts.start_to_armed_ms = 120.5;
  return facts;
}

inline nlohmann::json report_of(const RunBuilder& run) {
  return build_report(run.facts, run.verify(), host());
}

}  // namespace cutpoint::testing

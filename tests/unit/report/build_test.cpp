// SPDX-License-Identifier: Apache-2.0
// report.json: the fields that other tools rely on.
#include <gtest/gtest.h>

#include "tests/unit/report/report_fixture.h"

namespace cutpoint {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::FlowBuilder;
using testing::RunBuilder;

TEST(Report, of_the_default_scenario) {
  RunBuilder run;
  testing::run_split_brain(run);
  const json report = testing::report_of(run);
  EXPECT_EQ(report.at("schema_version"), 3);
  EXPECT_FALSE(report.at("cutpoint").at("version").get<std::string>().empty());
  EXPECT_FALSE(report.at("cutpoint").at("revision").get<std::string>().empty());
  EXPECT_EQ(report.at("scenario"), "split-brain");
  EXPECT_EQ(report.at("seed"), 1);
  EXPECT_EQ(report.at("outcome"), "violated");
  EXPECT_EQ(report.at("exit_code"), 1);
  EXPECT_EQ(
      report.at("readiness"),
      (json{{"verdict", "not ready"},
            {"because",
             {"[critical] Order 20 was committed twice",
              "[high] In-doubt COMMIT: order 20 was committed, and the client was not told"}}}));
  EXPECT_EQ(report.at("host").at("clock"), "CLOCK_MONOTONIC");
  EXPECT_EQ(report.at("host").at("kernel"), "6.18.0");
  EXPECT_EQ(report.at("belief_vs_truth"), (json{{"committed_acked", 50},
                                                {"committed_unacked", 1},
                                                {"ghost", 0},
                                                {"resolved", 0},
                                                {"duplicate", 1},
                                                {"aborted_unacked", 0},
                                                {"aborted_acked", 0},
                                                {"unknown", 0}}));
  EXPECT_EQ(report.at("invariants").size(), 6U);
  EXPECT_EQ(report.at("findings").size(), 2U);
  EXPECT_EQ(report.at("commit_latency").at("count"), 50);
  EXPECT_EQ(report.at("inconclusive_because"), json::array());
}

TEST(Report, counts_what_was_held) {
  RunBuilder run;
  testing::run_split_brain(run);
  EXPECT_EQ(testing::report_of(run).at("held"), nullptr);
  run.facts.held = {.taken = 9, .sent = 7, .lost = 2, .dropped = 1};
  EXPECT_EQ(testing::report_of(run).at("held"),
            (json{{"segments", 9}, {"sent_on", 7}, {"lost", 2}, {"not_taken", 1}}));
}

TEST(Report, says_where_a_fault_cut_and_what_tcp_did) {
  RunBuilder run;
  testing::run_split_brain(run);
  const json fault = testing::report_of(run).at("faults").at(0);
  EXPECT_EQ(fault.at("name"), "partition-at-commit");
  EXPECT_EQ(fault.at("armed"), 1000.0);
  EXPECT_EQ(fault.at("fired"), 1042.0);
  EXPECT_EQ(fault.at("healed"), 31055.0);
  EXPECT_EQ(fault.at("fired_count"), 1);
  EXPECT_EQ(fault.at("segments_swallowed"), 17);
  EXPECT_EQ(fault.at("bytes_swallowed"), 86);
  EXPECT_EQ(fault.at("segments_truncated"), 1);
  EXPECT_EQ(fault.at("retransmits"), 10);
  EXPECT_EQ(fault.at("retransmits_target"), 4);
  EXPECT_EQ(fault.at("retransmits_peer"), 6);
  EXPECT_EQ(fault.at("longest_rto_ms"), 13056);
  EXPECT_EQ(fault.at("do"), (json{{"kind", "blackhole"},
                                  {"value", "both"},
                                  {"directions", "both"},
                                  {"scope", "service"},
                                  {"for_ms", 30000.0},
                                  {"heal", "release"},
                                  {"acks", "drop"},
                                  {"mode", "enforce"}}));
  const json& cut = fault.at("cut");
  EXPECT_EQ(cut.at("flow"), "127.0.0.1:40001 -> 127.0.0.1:5432");
  EXPECT_EQ(cut.at("seq"), 1280);
  EXPECT_EQ(cut.at("moment"), "commit.request");
  EXPECT_EQ(cut.at("position"), "after");
  EXPECT_EQ(cut.at("offset_in_message"), 14);
  EXPECT_EQ(cut.at("late_by"), 0);
}

TEST(Report, counts_the_retransmissions_of_the_cut_alone) {
  RunBuilder run;
  FlowBuilder flow = run.connect(1);
  flow.event(CUT_EVENT_RETRANSMIT);  // before it
  flow.invoke(1).cut_request(0).event(CUT_EVENT_RETRANSMIT);
  run.connect(2).event(CUT_EVENT_RETRANSMIT);
  run.heal();
  flow.event(CUT_EVENT_RETRANSMIT);  // after it
  EXPECT_EQ(testing::report_of(run).at("faults").at(0).at("retransmits"), 2);
  run.fault().scope = CUT_SCOPE_FLOW;
  EXPECT_EQ(testing::report_of(run).at("faults").at(0).at("retransmits"), 1);
}

TEST(Report, lists_the_attempts_that_did_not_go_as_usual) {
  RunBuilder run;
  testing::run_split_brain(run);
  const json attempts = testing::report_of(run).at("attempts");
  ASSERT_EQ(attempts.size(), 1U);
  EXPECT_EQ(attempts[0].at("id"), "20");
  EXPECT_EQ(attempts[0].at("attempt"), 1);
  EXPECT_EQ(attempts[0].at("xid"), "740");
  EXPECT_EQ(attempts[0].at("pid"), 4711);
  EXPECT_EQ(attempts[0].at("belief"), "unacked");
  EXPECT_EQ(attempts[0].at("truth"), "committed");
  EXPECT_EQ(attempts[0].at("acked"), nullptr);
  EXPECT_EQ(attempts[0].at("flow"), "127.0.0.1:40001 -> 127.0.0.1:5432");
}

TEST(Report, says_by_how_much_a_cut_was_late) {
  RunBuilder run;
  run.fault().position = CUT_BYTE;
  run.fault().byte = 5;
  FlowBuilder flow = run.connect(1);
  flow.invoke(1).cut_request(5);
  cut_event late = *run.timeline.entries().back().event();
  late.cut = late.begin + 8;
  late.flags |= CUT_FACT_LATE | CUT_FACT_COLLATERAL;
  Timeline timeline;
  timeline.add(late);
  run.facts.timeline = &timeline;
  const json cut = testing::report_of(run).at("faults").at(0).at("cut");
  EXPECT_EQ(cut.at("position"), "byte:5");
  EXPECT_EQ(cut.at("offset_in_message"), 8);
  EXPECT_EQ(cut.at("late_by"), 3);
  EXPECT_EQ(cut.at("collateral"), true);
}

TEST(Report, has_no_offset_where_the_messages_direction_is_not_cut) {
  RunBuilder run;
  run.fault().directions = CUT_DOWN;
  run.connect(1).invoke(1).cut_request(14);
  EXPECT_EQ(testing::report_of(run).at("faults").at(0).at("cut").at("offset_in_message"), nullptr);
}

TEST(Report, of_a_fault_that_never_fired) {
  RunBuilder run;
  run.connect(1).commit(1);
  run.rule().moments = run.rule().matches = 1;
  const json report = testing::report_of(run);
  EXPECT_EQ(report.at("exit_code"), 4);
  EXPECT_EQ(report.at("readiness").at("verdict"), "not proven");
  EXPECT_EQ(report.at("readiness").at("because").at(0), "partition-at-commit never fired");
  EXPECT_EQ(report.at("faults").at(0).at("fired"), nullptr);
  EXPECT_EQ(report.at("faults").at(0).at("healed"), nullptr);
  EXPECT_EQ(report.at("faults").at(0).at("cut"), nullptr);
  EXPECT_EQ(
      report.at("why_not_fired"),
      json::array({{{"fault", "partition-at-commit"},
                    {"why", "commit.request was seen once on db, the rule waits for the 20th."}}}));
}

TEST(Report, in_observe_mode_shows_where_it_would_have_cut) {
  RunBuilder run;
  run.fault().mode = CUT_OBSERVE;
  FlowBuilder flow = run.connect(1);
  flow.commit(1);
  cut_event would{};
  would.kind = CUT_EVENT_WOULD_FIRE;
  would.moments = 1ULL << CUT_PG_COMMIT_REQUEST;
  run.timeline.add(would);
  run.rule().would_fire = 1;
  const json report = testing::report_of(run);
  const json fault = report.at("faults").at(0);
  EXPECT_EQ(report.at("readiness").at("verdict"), "not proven");
  EXPECT_EQ(report.at("readiness").at("because").back(), "nothing was done to the target");
  EXPECT_EQ(fault.at("would_fire"), 1);
  EXPECT_EQ(fault.at("fired"), nullptr);
  EXPECT_EQ(fault.at("cut").at("moment"), "commit.request");
}

TEST(Report, counts_events_and_what_went_wrong_with_them) {
  RunBuilder run;
  run.connect(1).commit(1);
  run.facts.events_lost = 2;
  run.facts.counters[CUT_COUNT_DESYNC_GAP] = 3;
  run.facts.counters[CUT_COUNT_DESYNC_BUDGET] = 1;
  const json events = testing::report_of(run).at("events");
  EXPECT_EQ(events.at("seen"), run.facts.events_seen);
  EXPECT_EQ(events.at("lost"), 2);
  EXPECT_EQ(events.at("desynchronised"), 4);
  EXPECT_EQ(events.at("counters").at("desync.gap"), 3);
  EXPECT_EQ(events.at("counters").size(), static_cast<std::size_t>(CUT_COUNTERS_TOTAL));
}

TEST(Report, says_how_often_a_fault_was_to_fire) {
  RunBuilder run;
  testing::run_split_brain(run);
  Fault& fault = run.scenario.faults.front();
  fault.times = 0;
  fault.every = 3;
  fault.probability = 0.25;
  fault.once_per_flow = true;
  const json at = testing::report_of(run).at("faults").at(0).at("at");
  EXPECT_EQ(at.at("times"), 0);
  EXPECT_EQ(at.at("every"), 3);
  EXPECT_EQ(at.at("probability"), 0.25);
  EXPECT_EQ(at.at("once_per"), "flow");
}

TEST(Report, never_holds_a_password) {
  RunBuilder run;
  run.scenario.target = Target{};
  run.scenario.target->command = {"app", "--password=secret"};
  testing::run_split_brain(run);
  EXPECT_EQ(testing::report_of(run).dump().find("secret"), std::string::npos);
}

}  // namespace
}  // namespace cutpoint

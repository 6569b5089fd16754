// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/unit/verify/run_builder.h"

namespace cutpoint {
namespace {

using testing::RunBuilder;

std::string why(const RunBuilder& run) {
  const Verdict verdict = run.verify();
  if (verdict.not_fired.size() != 1) return "fired";
  EXPECT_EQ(verdict.not_fired.front().fault, "partition-at-commit");
  return verdict.not_fired.front().why;
}

void wait_for_inserts(Fault& fault) {
  fault.moment = "statement";
  fault.moment_bit = CUT_PG_STATEMENT;
  Filter filter;
  filter.name = "command";
  filter.text = "INSERT";
  filter.abi.attribute = CUT_PG_ATTR_COMMAND;
  filter.abi.kind = CUT_ATTR_COMMANDS;
  filter.abi.value = 1U << CUT_SQL_INSERT;
  filter.abi.used = 1;
  fault.filters = {filter};
}

TEST(WhyNotFired, is_silent_about_a_fault_that_fired) {
  RunBuilder run;
  run.rule().fired = 1;
  EXPECT_EQ(why(run), "fired");
}

TEST(WhyNotFired, never_armed) {
  RunBuilder run;
  run.facts.rules.front().armed_ns.reset();
  EXPECT_EQ(why(run), "The rule was never armed.");
  run.facts.rules.clear();
  EXPECT_EQ(why(run), "The rule was never armed.");
}

TEST(WhyNotFired, too_few_occurrences) {
  RunBuilder run;
  run.rule().moments = run.rule().matches = 12;
  EXPECT_EQ(why(run), "commit.request was seen 12 times on db, the rule waits for the 20th.");
}

TEST(WhyNotFired, too_long_to_be_searched) {
  RunBuilder run;
  run.rule().moments = run.rule().unreachable = 3;
  run.rule().unsearched = 2;
  EXPECT_EQ(why(run),
            "commit.request was seen 3 times on db; twice it was too long to look for the pattern "
            "in all of it: the search ends after 16,384 bytes.");
}

TEST(WhyNotFired, no_connection) {
  RunBuilder run;
  EXPECT_EQ(why(run), "The target opened no connection to db.");
}

TEST(WhyNotFired, connections_without_messages) {
  RunBuilder run;
  run.connect(1);
  EXPECT_EQ(why(run), "commit.request was never seen on db, nor any other message.");
}

TEST(WhyNotFired, other_moments_instead) {
  RunBuilder run;
  run.facts.moment_counts[0][CUT_PG_QUERY] = 40;
  run.facts.moment_counts[0][CUT_PG_READY] = 41;
  run.facts.moment_counts[0][CUT_PG_ERROR] = 1;
  EXPECT_EQ(why(run),
            "commit.request was never seen on db; seen there instead: ready 41 times, query 40 "
            "times and error once.");
}

TEST(WhyNotFired, only_before_it_was_armed) {
  RunBuilder run;
  run.facts.moment_counts[0][CUT_PG_COMMIT_REQUEST] = 3;
  EXPECT_EQ(why(run), "commit.request was seen 3 times on db, but never while the rule was armed.");
}

TEST(WhyNotFired, only_on_a_flow_that_had_lost_its_answers) {
  RunBuilder run;
  run.facts.moment_counts[0][CUT_PG_COMMIT_REQUEST] = 3;
  run.connect(1).event(CUT_EVENT_FLOW_DESYNC);
  EXPECT_EQ(
      why(run),
      "commit.request was seen 3 times on db, but never where the armed rule could act. 1 flow "
      "to db lost the message boundaries; such a flow never fires.");
}

TEST(WhyNotFired, filter_refused_everything) {
  RunBuilder run;
  wait_for_inserts(run.fault());
  run.rule().moments = 40;
  run.rule().missed[0] = 40;
  run.rule().missed_value[0] = 1U << CUT_SQL_SELECT;
  EXPECT_EQ(why(run),
            "statement was seen 40 times on db, but none passed the filters: `command: INSERT` "
            "refused 40, the newest was SELECT.");
}

TEST(WhyNotFired, filter_asks_for_what_is_not_told) {
  RunBuilder run;
  wait_for_inserts(run.fault());
  run.rule().moments = 3;
  run.rule().untold = 3;
  EXPECT_EQ(why(run),
            "statement was seen 3 times on db, but none passed the filters. What a filter asks for "
            "could not be read 3 times, for HTTP/2 compresses it: remove the filter, or make the "
            "client speak HTTP/1.1.");
}

TEST(WhyNotFired, filter_left_too_few) {
  RunBuilder run;
  wait_for_inserts(run.fault());
  run.rule().moments = 40;
  run.rule().matches = 12;
  run.rule().missed[0] = 28;
  run.rule().missed_value[0] = (1U << CUT_SQL_BEGIN) | (1U << CUT_SQL_UPDATE);
  EXPECT_EQ(why(run),
            "statement was seen 40 times on db, 12 of them passed the filters, the rule waits for "
            "the 20th. `command: INSERT` refused 28, the newest was BEGIN+UPDATE.");
}

TEST(WhyNotFired, probability_chose_none) {
  RunBuilder run;
  run.fault().nth = 1;
  run.fault().probability = 0.01;
  run.rule().moments = run.rule().matches = 30;
  EXPECT_EQ(
      why(run),
      "commit.request matched 30 times on db, but a probability of 0.01 chose none (seed 1).");
}

TEST(WhyNotFired, controller_was_silent_when_it_was_due) {
  RunBuilder run;
  run.fault().nth = 1;
  run.fault().probability = 0.5;
  run.rule().moments = run.rule().matches = 2;
  run.facts.counters[CUT_COUNT_LEASE_LAPSED] = 1;
  EXPECT_EQ(why(run),
            "commit.request matched twice on db, but cutpoint itself was stopped for longer than "
            "its lease: what was due then was not done.");
}

TEST(WhyNotFired, matched_but_not_applied) {
  RunBuilder run;
  run.fault().nth = 1;
  run.rule().moments = run.rule().matches = 1;
  EXPECT_EQ(why(run), "commit.request matched once on db, but the rule was not applied.");
}

TEST(WhyNotFired, flows_that_could_not_be_read) {
  RunBuilder run;
  run.connect(1).event(CUT_EVENT_FLOW_DESYNC);
  run.facts.counters[CUT_COUNT_FLOWS_ENCRYPTED] = 2;
  run.facts.counters[CUT_COUNT_FLOWS_EXCLUDED] = 1;
  run.facts.counters[CUT_COUNT_FLOWS_MULTIPATH] = 3;
  run.facts.counters[CUT_COUNT_FLOWS_FOREIGN] = 1;
  EXPECT_EQ(
      why(run),
      "commit.request was never seen on db, nor any other message. 1 flow to db lost the "
      "message boundaries; such a flow never fires. 2 flows spoke TLS or GSSAPI and could not "
      "be read: with `tls: true` at the service what OpenSSL is given is read, but not Go's "
      "own TLS, rustls, GnuTLS or GSSAPI. 1 flow asked for replication, a tunnel or an "
      "upgrade and was not read. 3 flows used Multipath TCP and could not be read. 1 flow "
      "came from another network namespace and could not be seen.");
}

// Under TLS the service's answer is known once it was read.
TEST(WhyNotFired, an_answer_that_had_passed_as_a_whole) {
  RunBuilder run;
  run.connect(1);
  run.facts.rules[0].state.moments = 2;
  run.facts.rules[0].state.unreachable = 2;
  EXPECT_NE(
      why(run).find("inside of TLS, twice: of what the service sends `position: after` alone"),
      std::string::npos)
      << why(run);
}

TEST(WhyNotFired, observe_mode_that_would_never_have_fired) {
  RunBuilder run;
  run.fault().mode = CUT_OBSERVE;
  run.rule().moments = run.rule().matches = 2;
  EXPECT_EQ(why(run), "commit.request was seen twice on db, the rule waits for the 20th.");
  run.rule().would_fire = 1;
  EXPECT_EQ(why(run), "fired");
}

}  // namespace
}  // namespace cutpoint

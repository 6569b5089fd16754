// SPDX-License-Identifier: Apache-2.0
// What a verdict tells people: summary and findings.
#include <gtest/gtest.h>

#include "tests/unit/verify/run_builder.h"

namespace cutpoint {
namespace {

using namespace std::chrono_literals;
using testing::FlowBuilder;
using testing::RunBuilder;
using Lines = std::vector<std::string>;

constexpr std::uint32_t whole = RunBuilder::request_bytes;

TEST(Summary, all_as_usual) {
  RunBuilder run;
  run.connect(1).commit(1).commit(2);
  EXPECT_EQ(run.verify().summary, Lines{"The client was told that 2 of its 2 COMMITs succeeded; "
                                        "PostgreSQL has committed 2. They agree."});
}

TEST(Summary, in_doubt_and_retried) {
  RunBuilder run;
  run.connect(1).invoke(1).cut_request(whole).close().says("info").committed();
  run.wait(30s).heal();
  run.connect(2).commit(1, 2);
  EXPECT_EQ(run.verify().summary,
            (Lines{"Order 1: the client was never told. PostgreSQL received its COMMIT 30 s before "
                   "the heal and committed it (xid 721). A retry was committed too: order 1 is in "
                   "the database more than once.",
                   "The client was told that 1 of its 2 COMMITs succeeded; PostgreSQL has "
                   "committed 2. They disagree about 1 attempt."}));
}

TEST(Summary, ghost) {
  RunBuilder run;
  FlowBuilder flow = run.connect(1);
  flow.invoke(1).cut_request(0);
  run.wait(10s);
  flow.close().says("info");
  run.wait(20s).heal().wait(23s);
  flow.release_request().committed();
  EXPECT_EQ(run.verify().summary.front(),
            "Order 1: the client gave up 10 s after it sent COMMIT and was gone. PostgreSQL "
            "received its COMMIT 23 s after the heal and executed it all the same (xid 721): a "
            "ghost commit.");
}

TEST(Summary, resolved) {
  RunBuilder run;
  run.connect(1).invoke(1).request().close().says("info").committed().found_out(true);
  EXPECT_EQ(run.verify().summary,
            (Lines{"Order 1: the client was not told, asked afterwards and learnt that PostgreSQL "
                   "had committed it (xid 721).",
                   "The client was told that 0 of its 1 COMMIT succeeded; PostgreSQL has "
                   "committed 1. In the end they agree."}));
}

TEST(Summary, aborted_refused_unknown_and_believed) {
  RunBuilder run;
  run.connect(1).invoke(1).request().close().says("info").aborted();
  run.connect(2).invoke(2).request().mismatch().says("fail").aborted();
  run.connect(3).invoke(3).request().close().says("info");
  run.connect(4).invoke(4).request().mismatch().says("ok").aborted();
  run.facts.rows[0].clear();
  const Lines lines = run.verify().summary;
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[0],
            "Order 1: the client was not told. PostgreSQL aborted it and holds nothing of it (xid "
            "721).");
  EXPECT_EQ(lines[1],
            "Order 2: PostgreSQL refused the COMMIT and said so; it holds nothing of it (xid "
            "722).");
  EXPECT_EQ(lines[2],
            "Order 3: the client was not told; what PostgreSQL holds of it is not known.");
  EXPECT_EQ(lines[3],
            "Order 4: the client holds it for committed. PostgreSQL aborted it (xid 724).");
}

TEST(Summary, waited) {
  RunBuilder run;
  FlowBuilder flow = run.connect(1);
  flow.invoke(1).cut_request(0);
  run.wait(30s).heal().wait(23s);
  flow.release_request().ack().says("ok").committed();
  EXPECT_EQ(run.verify().summary.front(),
            "Order 1: the client waited 53 s for its answer, which came 23 s after the heal; it is "
            "committed (xid 721).");
}

TEST(Summary, tells_the_first_five) {
  RunBuilder run;
  for (int id = 1; id <= 8; ++id) run.connect(id).invoke(id).request().close().aborted();
  const Lines lines = run.verify().summary;
  ASSERT_EQ(lines.size(), 7U);
  EXPECT_EQ(lines[5], "The report lists 3 more.");
}

TEST(Findings, in_doubt_and_duplicate) {
  RunBuilder run;
  run.connect(1).invoke(1).cut_request(whole).close().says("info").committed();
  run.heal();
  run.connect(2).commit(1, 2);
  const Verdict verdict = run.verify();
  ASSERT_EQ(verdict.findings.size(), 2U);
  const Finding& duplicate = verdict.findings[0];
  EXPECT_EQ(duplicate.title, "Order 1 was committed twice");
  EXPECT_EQ(duplicate.invariant, "postgres.exactly_once");
  EXPECT_EQ(duplicate.severity, Severity::critical);
  EXPECT_EQ(duplicate.component, "application: retry of COMMIT");
  EXPECT_NE(duplicate.remedy.find("pg_xact_status()"), std::string::npos);
  EXPECT_NE(duplicate.remedy.find("idempotency key"), std::string::npos);
  EXPECT_FALSE(duplicate.evidence.empty());
  const Finding& in_doubt = verdict.findings[1];
  EXPECT_EQ(in_doubt.title, "In-doubt COMMIT: order 1 was committed, and the client was not told");
  EXPECT_EQ(in_doubt.severity, Severity::high);
}

TEST(Findings, ghost) {
  RunBuilder run;
  run.connect(1).invoke(1).cut_request(0).close().says("info").release_request().committed();
  run.only("postgres.belief_agrees");
  EXPECT_EQ(run.verify().findings.at(0).title,
            "Ghost commit: order 1 was executed after the client had gone");
}

TEST(Findings, wrongly_believed) {
  RunBuilder run;
  run.connect(1).invoke(1).request().mismatch().says("ok").aborted();
  run.only("postgres.belief_agrees");
  EXPECT_EQ(run.verify().findings.at(0).title,
            "Order 1 was aborted, and the client holds that for committed");
}

TEST(Findings, torn_and_lost) {
  RunBuilder run;
  run.connect(1).commit(1);
  run.without_xids();
  run.facts.rows[0]["variants"].clear();
  const Verdict verdict = run.verify();
  ASSERT_EQ(verdict.findings.size(), 2U);
  EXPECT_EQ(verdict.findings[0].title,
            "Torn transaction: order_id 1 has 1 row in products and 0 rows in variants");
  EXPECT_EQ(verdict.findings[1].title,
            "Acknowledged COMMIT lost: 1 of 1 acknowledged: order 1 has no row in variants");
}

TEST(Findings, orphans_name_the_servers_settings) {
  RunBuilder run;
  FlowBuilder flow = run.connect(4711);
  flow.commit(1);
  run.facts.orphans.push_back({{4711, "", "idle in transaction", "740", 4}, flow.cookie(), true});
  run.only("postgres.no_orphans");
  const Finding backend = run.verify().findings.at(0);
  EXPECT_EQ(backend.title,
            "Orphaned backend: backend 4711 is idle in transaction, xid 740, 4 locks, ended by "
            "cutpoint afterwards");
  EXPECT_NE(backend.remedy.find("tcp_user_timeout"), std::string::npos);
  EXPECT_NE(backend.remedy.find("idle_in_transaction_session_timeout"), std::string::npos);
  run.facts.orphans.clear();
  run.facts.prepared_transactions = {"g7"};
  EXPECT_EQ(run.verify().findings.at(0).title,
            "Orphaned prepared transaction: prepared transaction g7 is left");
}

TEST(Findings, slow_recovery) {
  RunBuilder run;
  run.connect(1).invoke(1).cut_request(0).close().aborted();
  run.heal().wait(60s);
  run.connect(2).commit(1, 2);
  EXPECT_EQ(run.verify().findings.at(0).title,
            "No recovery within 45 s of the heal: the first acknowledged COMMIT came 60 s after "
            "the heal: order 1 (attempt 2)");
}

}  // namespace
}  // namespace cutpoint

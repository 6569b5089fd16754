// SPDX-License-Identifier: Apache-2.0
// Several rules, of which one waits for another; faults that end or stop a process.
#include <csignal>
#include <fmt/format.h>

#include "tests/scenarios/scenario_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;

class SeveralRules : public ScenarioTest {
 protected:
  // 50 orders, whose faults are these; the client asks again until it succeeds.
  [[nodiscard]] Words orders(const std::string& faults, const std::string& workload = "") const {
    return scenario(fmt::format(R"(scenario: sequence
services:
  db: {{ protocol: postgres, dsn: "${{CUTPOINT_PG_DSN}}" }}
workload: {{ kind: postgres.orders, orders: 50, patience: 1s, retry: resolve{} }}
faults:
{}
expect:
  - {{ invariant: postgres.atomic, tables: [products, variants], by: order_id }}
  - {{ invariant: postgres.exactly_once, by: order_id }}
)",
                                workload, faults));
  }
  json fault(const std::string& name) {
    const json all = report();
    for (const json& each : all["faults"]) {
      if (each["name"] == name) return each;
    }
    return {};
  }
};

// The connection is reset at a commit; its next attempt is refused, for no connection before was.
TEST_F(SeveralRules, a_rule_waits_for_another) {
  const auto ended = cutpoint(orders(R"(  - name: torn
    at: { service: db, moment: commit.request, nth: 20 }
    do: { reset: both }
  - name: refused
    after: torn
    at: { service: db, moment: connect }
    do: { refuse: syn })"));
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  EXPECT_EQ(fault("torn")["fired_count"], 1);
  EXPECT_EQ(fault("refused")["fired_count"], 1);
  EXPECT_EQ(fault("refused")["refused"], 1);
  EXPECT_GT(fault("refused")["fired"], fault("torn")["fired"]);
  EXPECT_EQ(report()["problems"], json::array());
}

// As long as the first fault is on, every attempt to connect is refused; after it none is.
TEST_F(SeveralRules, a_rule_acts_while_another_is_on) {
  const auto ended = cutpoint(orders(R"(  - name: cut
    at: { service: db, moment: commit.request, nth: 20 }
    do: { blackhole: both, for: 3s }
  - name: refused
    while: cut
    at: { service: db, moment: connect, times: 0 }
    do: { refuse: syn })"));
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  EXPECT_EQ(fault("cut")["fired_count"], 1);
  EXPECT_GE(fault("refused")["fired_count"], 1);
  EXPECT_GE(fault("refused")["fired"], fault("cut")["fired"]);
  EXPECT_EQ(fault("refused")["refused"], fault("refused")["fired_count"]);
}

// It never fired, and why is said.
TEST_F(SeveralRules, a_rule_that_waited_in_vain_is_told_of) {
  const auto ended = cutpoint(orders(R"(  - name: never
    at: { service: db, moment: commit.request, nth: 2000 }
    do: { reset: both }
  - name: waits
    after: never
    at: { service: db, moment: commit.request }
    do: { blackhole: both, for: 1s })"));
  EXPECT_EQ(ended.code, 4) << ended.out << ended.err;
  EXPECT_EQ(fault("waits")["fired_count"], 0);
  EXPECT_NE(ended.out.find("after never had fired"), std::string::npos) << ended.out;
}

TEST_F(SeveralRules, a_killed_client_had_sent_its_commit) {
  const auto ended = cutpoint(orders(R"(  - name: killed
    at: { service: db, moment: commit.request, nth: 20 }
    do: { kill: SIGKILL })"));
  EXPECT_EQ(fault("killed")["signalled"], 1) << ended.out << ended.err;
  const json result = report();
  EXPECT_EQ(result["target"]["signal"], SIGKILL) << result["target"];
  // The answer may have reached its socket, though nobody was there to read it.
  const json& counts = result["belief_vs_truth"];
  EXPECT_EQ(counts["committed_acked"].get<int>() + counts["committed_unacked"].get<int>(), 20);
  EXPECT_EQ(Lab::psql("SELECT count(*) FROM products"), "20");
}

// The pattern is in no message: the rule has nothing to change, and the run proves nothing.
TEST_F(SeveralRules, a_change_without_its_pattern_is_inconclusive) {
  const auto ended = cutpoint(orders(R"(  - name: changed
    at: { service: db, moment: commit.request, times: 0 }
    do: { corrupt: zero, pattern: nowhere })"));
  EXPECT_EQ(ended.code, 4) << ended.out << ended.err;
  EXPECT_NE(ended.out.find("not in reach 50 times"), std::string::npos) << ended.out;
}

}  // namespace
}  // namespace cutpoint

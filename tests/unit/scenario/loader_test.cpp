// SPDX-License-Identifier: Apache-2.0
// What a good scenario becomes.
#include "controller/scenario/loader.h"

#include <csignal>
#include <gtest/gtest.h>

#include "generated/protocols.h"
#include "tests/unit/scenario/scenario_fixture.h"

namespace cutpoint::test {
namespace {

using namespace std::chrono_literals;
using LoadScenario = ScenarioTest;

TEST_F(LoadScenario, ReadsWhatEachFaultMayBeTold) {
  const auto fault = [this](const std::string& act) {
    return load_good(replaced(smallest, "{ blackhole: both, for: 3s }", act)).faults.at(0);
  };
  EXPECT_EQ(fault("{ blackhole: down, acks: pass, for: 3s }").acks, CUT_ACKS_PASS);
  EXPECT_EQ(fault("{ reset: server }").ends, CUT_END_SERVER);
  EXPECT_EQ(fault("{ reset: both }").duration, Duration(0));
  EXPECT_EQ(fault("{ stall: up, for: 3s }").directions, CUT_UP);
  EXPECT_EQ(fault("{ delay: 150ms }").duration, std::chrono::milliseconds(150));
  EXPECT_EQ(fault("{ delay: 150ms }").position, CUT_BEFORE) << "the message itself is late";
  EXPECT_EQ(fault("{ delay: 150ms, jitter: 20ms }").jitter, std::chrono::milliseconds(20));
  EXPECT_EQ(fault("{ truncate: 7, then: fin, for: 3s }").byte, 7U);
  EXPECT_EQ(fault("{ truncate: 7, then: fin, for: 3s }").position, CUT_BYTE);
  EXPECT_EQ(fault("{ truncate: 7, then: rst, for: 3s }").then, CUT_THEN_RST);
}

TEST_F(LoadScenario, ReadsFaultsThatCutNothing) {
  const auto fault = [this](const std::string& act) {
    return load_good(replaced(smallest, "{ blackhole: both, for: 3s }", act)).faults.at(0);
  };
  EXPECT_EQ(fault("{ throttle: 64KiB/s, for: 3s }").rate, 65'536U);
  EXPECT_EQ(fault("{ throttle: 64KiB/s, for: 3s }").directions, CUT_BOTH);
  EXPECT_EQ(fault("{ throttle: 64KiB/s, for: 3s, direction: down }").directions, CUT_DOWN);
  EXPECT_EQ(fault("{ corrupt: flip }").changed, 1U);
  EXPECT_EQ(fault("{ corrupt: zero, offset: 3, bytes: 7 }").offset, 3U);
  EXPECT_EQ(fault("{ corrupt: zero, offset: 3, bytes: 7 }").changed, 7U);
  EXPECT_EQ(fault("{ corrupt: flip, pattern: COMMIT }").changed, 6U) << "all of the pattern";
  EXPECT_EQ(fault("{ corrupt: replace, pattern: COMMIT, with: ROLLBACK }").changed, 8U);
  EXPECT_EQ(fault("{ corrupt: replace, offset: 1, with: abc }").with, "abc");
  EXPECT_EQ(fault("{ duplicate: segment }").duration, Duration(0));
  EXPECT_EQ(fault("{ pause: process, for: 3s }").signal, SIGSTOP);
  EXPECT_TRUE(fault("{ pause: cgroup, for: 3s, cgroup: x.slice }").freezes);
  EXPECT_EQ(fault("{ pause: cgroup, for: 3s, cgroup: x.slice }").signal, 0);
  EXPECT_EQ(fault("{ kill: SIGTERM }").signal, SIGTERM);
}

TEST_F(LoadScenario, ReadsMomentsOfEveryFlow) {
  const auto fault = [this](const std::string& at) {
    return load_good(replaced(smallest, "moment: commit.request", at)).faults.at(0);
  };
  EXPECT_EQ(fault("moment: connect").moment_bit, CUT_TRANSPORT_CONNECT);
  EXPECT_EQ(fault("moment: accept").moment_direction, CUT_DOWNSTREAM);
  EXPECT_EQ(fault("moment: first_byte").moment_bit, CUT_TRANSPORT_FIRST_BYTE_UP);
  EXPECT_EQ(fault("moment: first_byte, direction: down").moment_bit, CUT_TRANSPORT_FIRST_BYTE_DOWN);
  EXPECT_EQ(fault("moment: bytes:1000").byte_number, 1000U);
  EXPECT_EQ(fault("moment: bytes:1000, direction: down").moment_bit, CUT_TRANSPORT_BYTES_DOWN);
  EXPECT_EQ(fault("moment: close, position: before").moment_bit, CUT_TRANSPORT_CLOSE_UP);
}

TEST_F(LoadScenario, ReadsWhichRuleWaitsForWhich) {
  const Scenario scenario = load_good(replaced(smallest, "expect:", R"(  - name: second
    after: cut
    while: cut
    at: { service: db, moment: connect }
    do: { refuse: syn }
expect:)"));
  EXPECT_EQ(scenario.faults.at(1).after, "cut");
  EXPECT_EQ(scenario.faults.at(1).during, "cut");
}

TEST_F(LoadScenario, FillsInTheDefaults) {
  const Scenario scenario = load_good(smallest);
  EXPECT_EQ(scenario.name, "test");
  EXPECT_EQ(scenario.title, "");
  EXPECT_EQ(scenario.seed, 1U);
  EXPECT_FALSE(scenario.target);
  ASSERT_TRUE(scenario.workload);
  EXPECT_EQ(scenario.workload->service, "db");
  EXPECT_EQ(scenario.workload->orders, 50);
  EXPECT_EQ(scenario.workload->patience, 10s);
  const Fault& fault = scenario.faults.at(0);
  EXPECT_EQ(fault.position, CUT_AFTER);
  EXPECT_EQ(fault.nth, 1U);
  EXPECT_EQ(fault.every, 1U);
  EXPECT_EQ(fault.times, 1U);
  EXPECT_EQ(fault.probability, 1.0);
  EXPECT_FALSE(fault.once_per_flow);
  EXPECT_EQ(fault.scope, CUT_SCOPE_FLOW);
  EXPECT_EQ(fault.heal, CUT_HEAL_RELEASE);
  EXPECT_EQ(fault.mode, CUT_ENFORCE);
  EXPECT_TRUE(fault.filters.empty());
  EXPECT_EQ(scenario.expect.at(0).service, "db");
  EXPECT_EQ(scenario.expect.at(0).severity, Severity::critical);
}

TEST_F(LoadScenario, ReadsEveryKeyOfAFault) {
  const Scenario scenario = load_good(
      replaced(replaced(smallest, "{ service: db, moment: commit.request }",
                        "{ service: db, moment: statement, position: byte:5, nth: 3, every: 2, "
                        "times: 0, probability: 0.25, once_per: flow, command: rollback to }"),
               "{ blackhole: both, for: 3s }",
               "{ blackhole: down, for: 1.5s, scope: service, heal: reset }\n    mode: observe"));
  const Fault& fault = scenario.faults.at(0);
  EXPECT_EQ(fault.name, "cut");
  EXPECT_EQ(fault.service, "db");
  EXPECT_EQ(fault.moment, "statement");
  EXPECT_EQ(fault.moment_bit, CUT_PG_STATEMENT);
  EXPECT_EQ(fault.moment_direction, CUT_UPSTREAM);
  EXPECT_EQ(fault.position, CUT_BYTE);
  EXPECT_EQ(fault.byte, 5U);
  EXPECT_EQ(fault.nth, 3U);
  EXPECT_EQ(fault.every, 2U);
  EXPECT_EQ(fault.times, 0U);
  EXPECT_EQ(fault.probability, 0.25);
  EXPECT_TRUE(fault.once_per_flow);
  EXPECT_EQ(fault.kind, "blackhole");
  EXPECT_EQ(fault.directions, CUT_DOWN);
  EXPECT_EQ(fault.duration, 1500ms);
  EXPECT_EQ(fault.scope, CUT_SCOPE_SERVICE);
  EXPECT_EQ(fault.heal, CUT_HEAL_RESET);
  EXPECT_EQ(fault.mode, CUT_OBSERVE);
}

struct FilterCase {
  std::string at;
  std::uint8_t attribute;
  std::uint8_t kind;
  std::uint32_t value;
};

TEST_F(LoadScenario, ReadsFiltersByTheKindOfTheirAttribute) {
  const std::vector<FilterCase> cases{
      {"statement, command: INSERT", CUT_PG_ATTR_COMMAND, CUT_ATTR_COMMANDS, 1U << CUT_SQL_INSERT},
      {"query, command: Rollback To", CUT_PG_ATTR_COMMAND, CUT_ATTR_COMMANDS,
       1U << CUT_SQL_ROLLBACK_TO},
      {"error, sqlstate: 40001", CUT_PG_ATTR_SQLSTATE, CUT_ATTR_SQLSTATE,
       4U * 36 * 36 * 36 * 36 + 1},
      {"error, sqlstate: 42P01", CUT_PG_ATTR_SQLSTATE, CUT_ATTR_SQLSTATE,
       4U * 36 * 36 * 36 * 36 + 2U * 36 * 36 * 36 + 25U * 36 * 36 + 1},
      {"ready, status: T", CUT_PG_ATTR_STATUS, CUT_ATTR_CHARACTER, 'T'},
      {"backend.key, pid: 4711", CUT_PG_ATTR_PID, CUT_ATTR_NUMBER, 4711},
  };
  for (const FilterCase& expected : cases) {
    const Scenario scenario = load_good(replaced(smallest, "commit.request", expected.at));
    ASSERT_EQ(scenario.faults.at(0).filters.size(), 1U) << expected.at;
    const cut_filter& filter = scenario.faults.at(0).filters.at(0).abi;
    EXPECT_EQ(filter.attribute, expected.attribute) << expected.at;
    EXPECT_EQ(filter.kind, expected.kind) << expected.at;
    EXPECT_EQ(filter.value, expected.value) << expected.at;
    EXPECT_EQ(filter.used, 1) << expected.at;
  }
}

TEST_F(LoadScenario, NumbersTheTextsThatFiltersAskFor) {
  const std::string service = "db: { protocol: http, address: \"127.0.0.1:80\" }";
  const std::string text =
      "scenario: a\nservices:\n  " + service +
      "\ntarget: { command: [curl] }\nfaults:\n  - name: cut\n"
      "    at: { service: db, moment: request.end, method: post, path: /v1/models }\n"
      "    do: { blackhole: down, for: 1s }\nexpect: []\n";
  const Scenario scenario = load_good(text);
  ASSERT_EQ(scenario.faults.at(0).filters.size(), 2U);
  const Filter& path = scenario.faults.at(0).filters.at(1);
  EXPECT_EQ(path.text, "/v1/models");
  EXPECT_EQ(path.abi.kind, CUT_ATTR_PREFIX);
  EXPECT_EQ(path.abi.value, 0U);
}

TEST_F(LoadScenario, KeepsAFilterAsItWasWritten) {
  const Scenario scenario =
      load_good(replaced(smallest, "commit.request", "statement, command: insert"));
  EXPECT_EQ(scenario.faults.at(0).filters.at(0).name, "command");
  EXPECT_EQ(scenario.faults.at(0).filters.at(0).text, "insert");
}

TEST_F(LoadScenario, ReadsEveryWayToNameATarget) {
  const auto target = [&](const std::string& text) {
    return load_good(replaced(smallest, "workload: { kind: postgres.orders }", "target: " + text))
        .target.value_or(Target{});
  };
  const Target command = target("{ command: [app, \"\", \"50\"], user: nobody, timeout: 2m }");
  EXPECT_EQ(command.command, (std::vector<std::string>{"app", "", "50"}));
  EXPECT_EQ(command.user, "nobody");
  EXPECT_EQ(command.timeout, 120s);
  EXPECT_EQ(target("{ pid: 4711 }").pid, 4711);
  EXPECT_EQ(target("{ cgroup: /system.slice/a.service }").cgroup, "/system.slice/a.service");
  EXPECT_EQ(target("{ unit: shop }").unit, "shop.service");
  EXPECT_EQ(target("{ unit: shop.slice }").unit, "shop.slice");
}

// Of a service that is only heard nothing can be asked; what its answers tell can be judged.
TEST_F(LoadScenario, TakesAnAddressInPlaceOfADsn) {
  const std::string text =
      replaced(replaced(smallest, R"(dsn: "host=h")", R"(address: "[::1]:5432")"),
               "workload: { kind: postgres.orders }", "target: { pid: 4711 }");
  const Scenario scenario =
      load_good(replaced(text, "postgres.acked_is_durable", "postgres.recovers_within, time: 3s"));
  EXPECT_EQ(scenario.services.at(0).address, "[::1]:5432");
  EXPECT_TRUE(scenario.services.at(0).is_only_heard());
  EXPECT_FALSE(load_good(smallest).services.at(0).is_only_heard());
}

TEST_F(LoadScenario, MayExpectNothing) {
  EXPECT_TRUE(load_good(replaced(smallest, "expect:\n  - { invariant: postgres.acked_is_durable }",
                                 "expect: []"))
                  .expect.empty());
}

TEST_F(LoadScenario, ReadsTheParametersOfInvariants) {
  const Scenario scenario =
      load_good(smallest +
                "  - { invariant: postgres.atomic, tables: [a, s.b], by: id, severity: medium }\n"
                "  - { invariant: postgres.exactly_once, by: id, tables: [a] }\n"
                "  - { invariant: postgres.recovers_within, time: 45s }\n"
                "  - { invariant: postgres.no_orphans, after: 0s, service: db }\n");
  EXPECT_EQ(scenario.expect.at(1).tables, (std::vector<std::string>{"a", "s.b"}));
  EXPECT_EQ(scenario.expect.at(1).by, "id");
  EXPECT_EQ(scenario.expect.at(1).severity, Severity::medium);
  EXPECT_EQ(scenario.expect.at(2).tables, std::vector<std::string>{"a"});
  EXPECT_EQ(scenario.expect.at(3).time, 45s);
  EXPECT_EQ(scenario.expect.at(3).severity, Severity::high);
  EXPECT_EQ(scenario.expect.at(4).after, 0s);
}

TEST_F(LoadScenario, TakesAsManyServicesAndFaultsAsTheKernelSideDoes) {
  std::string text = smallest;
  for (int i = 1; i < CUT_MAX_SERVICES; ++i) {
    text = replaced(text, "  db: ",
                    "  s" + std::to_string(i) + ": { protocol: postgres, dsn: host=h }\n  db: ");
  }
  for (int i = 1; i < CUT_MAX_RULES; ++i) {
    text = replaced(text, "faults:\n",
                    "faults:\n  - { name: f" + std::to_string(i) +
                        ", at: { service: db, moment: query }, do: { blackhole: "
                        "up, for: 1s } }\n");
  }
  const Scenario scenario =
      load_good(text, {{"workload.service", "db"}, {"expect.0.service", "db"}});
  EXPECT_EQ(scenario.services.size(), static_cast<std::size_t>(CUT_MAX_SERVICES));
  EXPECT_EQ(scenario.faults.size(), static_cast<std::size_t>(CUT_MAX_RULES));
}

TEST_F(LoadScenario, FollowsAliases) {
  const Scenario scenario = load_good(replaced(
      replaced(smallest, "{ blackhole: both, for: 3s }", "&do { blackhole: both, for: 3s }"),
      "expect:", "  - { name: other, at: { service: db, moment: query }, do: *do }\nexpect:"));
  EXPECT_EQ(scenario.faults.at(1).duration, 3s);
}

TEST_F(LoadScenario, ResolvesToAFileThatLoadsTheSame) {
  environment_["DSN"] = "postgresql://u:secret@h/d?sslpassword=x&sslmode=require";
  const Scenario scenario =
      load_good(replaced(replaced(smallest, "host=h", "${DSN}"), "scenario: test",
                         "scenario: test\ntitle: \"a $${B} # \\\"c\\\"\""),
                {{"faults.cut.do.for", "7s"}});
  EXPECT_EQ(scenario.services.at(0).dsn, environment_["DSN"]);
  EXPECT_EQ(scenario.resolved_yaml, R"(scenario: test
title: "a $${B} # \"c\""
services:
  db: {protocol: postgres, dsn: "postgresql://u@h/d?sslmode=require"}
workload: {kind: postgres.orders}
faults:
  - name: cut
    at: {service: db, moment: commit.request}
    do: {blackhole: both, for: 7s}
expect:
  - {invariant: postgres.acked_is_durable}
)");
  const Scenario again = load_good(scenario.resolved_yaml);
  EXPECT_EQ(again.title, "a ${B} # \"c\"");
  EXPECT_EQ(again.resolved_yaml, scenario.resolved_yaml);
}

TEST_F(LoadScenario, ResolvesToAFileWithoutThePasswordsOfACommand) {
  const Scenario scenario =
      load_good(smallest, {}, {"app", "--dsn=postgresql://u:secret@h/d", "--password=secret", "a"});
  EXPECT_EQ(scenario.resolved_yaml.find("secret"), std::string::npos);
  EXPECT_EQ(scenario.target->command.at(2), "--password=secret");
}

TEST_F(LoadScenario, NeverThrowsWhateverTheEnvironmentDoes) {
  load(replaced(smallest, "host=h", "${DSN}"));
  const LoadedScenario loaded = load_scenario("test.yaml", {}, {}, Environment());
  EXPECT_EQ(complaints(loaded), "test.yaml: cannot be loaded: bad_function_call");
}

TEST_F(LoadScenario, LoadsTheShippedSplitBrain) {
  environment_["CUTPOINT_PG_DSN"] = "host=127.0.0.1 port=5433 dbname=cutpoint";
  const LoadedScenario loaded = load_file(std::string(SHIPPED_SCENARIOS) + "/split-brain.yaml");
  ASSERT_EQ(complaints(loaded), "");
  const Scenario& scenario = *loaded.scenario;
  EXPECT_EQ(scenario.name, "split-brain");
  EXPECT_EQ(scenario.services.at(0).dsn, environment_["CUTPOINT_PG_DSN"]);
  EXPECT_EQ(scenario.workload->orders, 50);
  EXPECT_EQ(scenario.workload->retry, Retry::naive);
  EXPECT_EQ(scenario.workload->retry_until, 120s);
  const Fault& fault = scenario.faults.at(0);
  EXPECT_EQ(fault.name, "partition-at-commit");
  EXPECT_EQ(fault.nth, 20U);
  EXPECT_EQ(fault.position, CUT_AFTER);
  EXPECT_EQ(fault.scope, CUT_SCOPE_SERVICE);
  EXPECT_EQ(fault.duration, 30s);
  EXPECT_EQ(scenario.expect.size(), 6U);
}

}  // namespace
}  // namespace cutpoint::test

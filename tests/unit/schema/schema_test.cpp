// SPDX-License-Identifier: Apache-2.0
// Debian's python3-jsonschema, with the schema, on scenario files: good ones pass, and what a
// schema can know to be wrong is refused where it stands.
#include "controller/scenario/schema.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <stdlib.h>

#include "tests/scenarios/program.h"
#include "tests/unit/scenario/amqp_fixture.h"

namespace cutpoint::test {
namespace {

constexpr const char* python = "/usr/bin/python3";  // Debian's, with Debian's jsonschema

class Schema : public ::testing::Test {
 protected:
  void SetUp() override {
    if (Program::run({python, "-c", "import jsonschema, yaml"}).code != 0) {
      GTEST_SKIP() << "needs Debian's python3-jsonschema and python3-yaml";
    }
    std::string name = (std::filesystem::temp_directory_path() / "cutpoint-test-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
    std::ofstream(path("schema.json")) << scenario_schema().dump(2);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string path(const std::string& name) const { return directory_ + "/" + name; }

  // A line per file.
  [[nodiscard]] std::vector<std::string> judge(const std::vector<std::string>& files) const {
    std::vector<std::string> command{python, VALIDATOR, path("schema.json")};
    command.insert(command.end(), files.begin(), files.end());
    const auto ended = Program::run(command);
    EXPECT_EQ(ended.code, 0) << ended.err;
    std::istringstream lines(ended.out);
    std::vector<std::string> result;
    for (std::string line; std::getline(lines, line);) result.push_back(line);
    EXPECT_EQ(result.size(), files.size());
    return result;
  }

  [[nodiscard]] static std::vector<std::string> yaml_files(const std::string& directory) {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
      if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    }
    return files;
  }

  void expect_all_pass(const std::vector<std::string>& files) const {
    ASSERT_FALSE(files.empty());
    for (const std::string& line : judge(files)) {
      if (line.starts_with("ok ")) continue;
      std::ifstream text(line.substr(8, line.find(": ") - 8));
      ADD_FAILURE() << line << "\n" << std::string(std::istreambuf_iterator<char>(text), {});
    }
  }

 private:
  std::string directory_;
};

TEST_F(Schema, TakesEveryShippedScenario) {
  expect_all_pass(yaml_files(SHIPPED_SCENARIOS));
}

TEST_F(Schema, TakesWhatTheLoaderTakesInItsTests) {
  std::filesystem::create_directory(path("accepted"));
  Program::Options options;
  options.environment = {{"CUTPOINT_TEST_ACCEPTED", path("accepted")}};
  ASSERT_EQ(Program::run({LOADER_TEST}, options).code, 0);
  expect_all_pass(yaml_files(path("accepted")));
}

// A way to spoil the smallest scenario, and what the validator says of it.
struct Spoilt {
  const char* from;
  const char* to;
  const char* place;
};

const Spoilt spoilt[] = {
    {"scenario: test", "scenario: Test", "scenario"},
    {"scenario: test", "scenario: test\nservces: {}", ""},
    {"expect:\n  - { invariant: postgres.acked_is_durable }", "", ""},
    {"protocol: postgres", "protocol: postgre", "services.db.protocol"},
    {R"(dsn: "host=h")", R"(dns: "host=h")", "services.db"},
    {R"(, dsn: "host=h")", "", "services.db"},
    {R"(dsn: "host=h")", R"(dsn: "host=h", address: "h:1")", "services.db"},
    {R"(dsn: "host=h")", "address: h", "services.db.address"},
    {"workload:", "target: { pid: 7 }\nworkload:", ""},
    {"workload: { kind: postgres.orders }", "target: { timeout: 3s }", "target"},
    {"workload: { kind: postgres.orders }", "target: { pid: 0 }", "target.pid"},
    {"workload: { kind: postgres.orders }", "target: { pid: 7, unit: shop }", "target"},
    {"workload: { kind: postgres.orders }", "target: { pid: 7, user: me }", "target"},
    {"workload: { kind: postgres.orders }", "target: { command: app }", "target.command"},
    {"postgres.orders", "postgres.order", "workload.kind"},
    {"postgres.orders", "postgres.orders, patience: 10", "workload.patience"},
    {"postgres.orders", "postgres.orders, retry: naiv", "workload.retry"},
    {"moment: commit.request", "moment: commit.requst", "faults.0.at.moment"},
    {"moment: commit.request", "momnt: commit.request", "faults.0.at"},
    {"commit.request", "commit.request, position: behind", "faults.0.at.position"},
    {"commit.request", "commit.request, nth: 0", "faults.0.at.nth"},
    {"commit.request", "commit.request, probability: 2", "faults.0.at.probability"},
    {"commit.request", "query, sqlstate: 40001", "faults.0.at.moment"},
    {"commit.request", "query, command: INSRT", "faults.0.at.command"},
    {"commit.request", "ready, status: X", "faults.0.at.status"},
    {"for: 3s", "for: 3sec", "faults.0.do.for"},
    {"for: 3s", "for: 0s", "faults.0.do.for"},
    {"for: 3s", "for: 30", "faults.0.do.for"},
    {", for: 3s", "", "faults.0.do"},
    {"blackhole: both", "blackhole: bot", "faults.0.do.blackhole"},
    {"blackhole: both", "blackhol: both", "faults.0.do"},
    {"for: 3s", "for: 3s, ack: pass", "faults.0.do"},
    {"for: 3s", "for: 3s, jitter: 1s", "faults.0.do"},
    {"for: 3s", "for: 3s, reset: both", "faults.0.do"},
    {"commit.request }\n    do: { blackhole: both",
     "query, position: after }\n    do: { truncate: 5", "faults.0.at"},
    {"postgres.acked_is_durable", "postgres.acked", "expect.0.invariant"},
    {"postgres.acked_is_durable", "postgres.acked_is_durable, by: id", "expect.0"},
    {"postgres.acked_is_durable", "postgres.recovers_within", "expect.0"},
    {"postgres.acked_is_durable", "postgres.atomic, tables: [a], by: id", "expect.0.tables"},
    {"postgres.acked_is_durable", "postgres.acked_is_durable, severity: hgh", "expect.0.severity"},
    {"expect:", "claims: []\nexpect:", "claims"},
    {"expect:", "claims: [ { id: a, claim: b } ]\nexpect:", "claims.0"},
    {"expect:", "claims: [ { id: a b, claim: b, not_tested: c } ]\nexpect:", "claims.0.id"},
    {"expect:", "claims: [ { id: a, claim: b, true_if: { readiness: redy } } ]\nexpect:",
     "claims.0.true_if.readiness"},
    {"expect:",
     "claims: [ { id: a, claim: b, true_if: { figure: postgres.in_dubt, at_least: 1 } } ]\nexpect:",
     "claims.0.true_if.figure"},
    {"expect:",
     "claims: [ { id: a, claim: b, true_if: { figure: postgres.in_doubt, at_least: 1s } } "
     "]\nexpect:",
     "claims.0.true_if.at_least"},
    {"expect:",
     "claims: [ { id: a, claim: b, given: [], true_if: { readiness: ready } } ]\nexpect:",
     "claims.0.given"},
    {"expect:",
     "claims: [ { id: a, claim: b, given: { readiness: redy }, true_if: { readiness: ready } } "
     "]\nexpect:",
     "claims.0.given.readiness"},
    {"expect:",
     "claims: [ { id: a, claim: b, given: [ { readiness: ready }, { readiness: redy } ], true_if: "
     "{ readiness: ready } } ]\nexpect:",
     "claims.0.given.1.readiness"},
};

// The same of a scenario with a publisher.
const Spoilt spoilt_poison[] = {
    {"target: { command: [app] }\nworkload:\n  kind: amqp.publish",
     "workload:\n  kind: amqp.publsh", "workload.kind"},
    {"  queue: work\n", "", "workload"},
    {"  queue: work\n", "  queue: work\n  orders: 7\n", "workload"},
    {"  broker: \"amqp://app:hunter2@h/\"", "  broker: redis://h", "workload.broker"},
    {"messages: 30, rate: 10 }", "messages: 0, rate: 10 }", "workload.phases.0.messages"},
    {"messages: 30, rate: 10 }", "messages: 30, rate: 0 }", "workload.phases.0.rate"},
    {"messages: 30, rate: 10 }", "messages: 30 }", "workload.phases.0"},
    {"poison_every: 1s", "poison_every: 1", "workload.phases.1.poison_every"},
    {"poison_every: 1s", "poison_evry: 1s", "workload.phases.1"},
    {"  queue: work\n", "  queue: work\n  drain: 30\n", "workload.drain"},
    {"  queue: work\n", "  queue: work\n  patience: 0s\n", "workload.patience"},
    {"management: \"http://", "management: \"https://", "observe.work.management"},
    {"queue: work }", "queue: work, workers: 2 }", "observe.work"},
    {", queue: work }", " }", "observe.work"},
    {"kind: amqp, ", "kind: rabbitmq, ", "observe.work.kind"},
    {"amqp.conserved", "amqp.conserve", "expect.0.invariant"},
    {"amqp.conserved", "amqp.dead_lettered", "expect.0"},
    {"amqp.conserved", "amqp.dead_lettered, within: 1s, deliveries: 0", "expect.0.deliveries"},
    {"amqp.conserved", "amqp.all_processed, by: id", "expect.0"},
    {"amqp.conserved", "amqp.throughput_retained, at_least: 2", "expect.0.at_least"},
    {"amqp.conserved", "amqp.consumer_restarts, at_most: 0.5", "expect.0.at_most"},
    {"amqp.conserved", "amqp.redeliveries", "expect.0"},
    {"amqp.conserved", "amqp.topology, require: []", "expect.0.require"},
    {"amqp.conserved", "amqp.topology, require: [max_lenght]", "expect.0.require.0"},
    {"amqp.conserved", "amqp.topology, within: 1s", "expect.0"},
};

struct SpoiltScenario {
  const std::string& text;
  Spoilt by;
};

std::vector<SpoiltScenario> all_spoilt() {
  std::vector<SpoiltScenario> list;
  for (const Spoilt& row : spoilt) list.push_back({smallest, row});
  for (const Spoilt& row : spoilt_poison) list.push_back({poison, row});
  return list;
}

TEST_F(Schema, RefusesWhatItCanKnowToBeWrongWhereItStands) {
  const auto rows = all_spoilt();
  std::vector<std::string> files;
  for (const auto& [text, by] : rows) {
    files.push_back(path(fmt::format("{}.yaml", files.size())));
    std::ofstream(files.back()) << replaced(text, by.from, by.to);
  }
  const auto lines = judge(files);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string expected = fmt::format("refused {}: {}: ", files[i], rows[i].by.place);
    EXPECT_EQ(lines[i].substr(0, expected.size()), expected) << rows[i].by.to << ": " << lines[i];
  }
}

// The loader refuses each of them as well, so that the table is about mistakes.
using SchemaRows = ScenarioTest;
TEST_F(SchemaRows, AreMistakesToTheLoader) {
  for (const auto& [text, by] : all_spoilt()) {
    EXPECT_NE(complaints(load(replaced(text, by.from, by.to))), "") << by.to;
  }
}

TEST_F(Schema, TakesAVariableWhereverAWordMayStand) {
  const std::string text = replaced(
      replaced(replaced(replaced(smallest, "for: 3s", "for: \"${FOR}\""), "both", "\"${WAY}\""),
               "moment: commit.request", "moment: \"${MOMENT}\", nth: \"${NTH}\""),
      "postgres.orders", "postgres.orders, orders: \"${ORDERS}\"");
  std::ofstream(path("variables.yaml")) << text;
  expect_all_pass({path("variables.yaml")});
}

}  // namespace
}  // namespace cutpoint::test

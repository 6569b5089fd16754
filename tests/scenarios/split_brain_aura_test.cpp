// SPDX-License-Identifier: Apache-2.0
// The shipped scenario of the reference application: the file is the same for both variants, what
// it finds is not.
#include <map>
#include <tuple>

#include "tests/scenarios/scenario_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;

const std::string shipped = CUTPOINT_SOURCE_DIR "/scripts/scenarios/split-brain-aura.yaml";
const std::string python_path = "PYTHONPATH=" CUTPOINT_SOURCE_DIR "/tests";

class SplitBrainAura : public ScenarioTest,
                       public testing::WithParamInterface<std::tuple<std::string, std::string>> {
 protected:
  // The workloads of other tests have tables of the same names, and drop none that is not theirs.
  void TearDown() override {
    if (!IsSkipped()) Lab::psql("DROP TABLE IF EXISTS products, variants, idempotency_keys");
    ScenarioTest::TearDown();
  }

  // The application waits 1 s, and the cut is not a multiple of that.
  [[nodiscard]] Program::Ended run() {
    const auto& [variant, driver] = GetParam();
    Program::Options options;
    options.environment = {
        {"AURA_VARIANT", variant}, {"AURA_TIME_SCALE", "0.1"}, {"PYTHONDONTWRITEBYTECODE", "1"}};
    const Words checkout{"env", python_path, "/usr/bin/python3", "-m", "aura.checkout"};
    const auto created = start_words(checkout + Words{"--create-tables"}, options).wait();
    EXPECT_EQ(created.code, 0) << created.err;
    const Words scenario{"run", shipped, "--out", out(), "--set", fault_key + ".do.for=2500ms",
                         "--"};
    return start(scenario + checkout + Words{"--driver", driver}, options).wait();
  }

  [[nodiscard]] std::map<std::string, std::string> outcomes() const {
    std::map<std::string, std::string> found;
    const json invariants = report()["invariants"];
    for (const json& invariant : invariants) {
      found[invariant["name"]] = invariant["outcome"];
    }
    return found;
  }
};

TEST_P(SplitBrainAura, is_survived_by_the_hardened_variant_alone) {
  const bool hardened = std::get<0>(GetParam()) == "hardened";
  const auto ended = run();
  EXPECT_EQ(ended.code, hardened ? 0 : 1) << ended.out << ended.err;
  const std::string judged = hardened ? "held" : "violated";
  const std::map<std::string, std::string> expected{
      {"postgres.atomic", "held"},          {"postgres.acked_is_durable", "held"},
      {"postgres.exactly_once", judged},    {"postgres.belief_agrees", judged},
      {"postgres.recovers_within", "held"}, {"postgres.no_orphans", "held"}};
  EXPECT_EQ(outcomes(), expected);
  EXPECT_EQ(report()["belief_vs_truth"]["resolved"], hardened ? 1 : 0);
  EXPECT_EQ(Lab::psql("SELECT count(*), count(DISTINCT order_id) FROM products"),
            hardened ? "50|50" : "51|50");
}

INSTANTIATE_TEST_SUITE_P(each, SplitBrainAura,
                         testing::Combine(testing::Values("fragile", "hardened"),
                                          testing::Values("psycopg2", "asyncpg")),
                         [](const auto& both) {
                           return std::get<0>(both.param) + "_" + std::get<1>(both.param);
                         });

}  // namespace
}  // namespace cutpoint

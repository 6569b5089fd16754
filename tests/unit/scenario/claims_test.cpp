// SPDX-License-Identifier: Apache-2.0
// `claims:` — what they rest on is there, and is named as it should be.
#include <gtest/gtest.h>

#include "controller/scenario/figures.h"
#include "tests/unit/scenario/scenario_fixture.h"

namespace cutpoint::test {
namespace {

// The smallest scenario with one claim, whose condition is `condition`.
std::string with_claim(const std::string& condition) {
  return smallest + "claims:\n  - id: S1.1\n    claim: it is lost\n    true_if: " + condition +
         "\n";
}

class Claims : public InOwnDirectory<::testing::Test> {};

TEST_F(Claims, AreRead) {
  const LoadedScenario loaded = load(smallest + R"(claims:
  - id: S1.1
    claim: it is lost
    source: the runbook
    given: { figure: postgres.longest_commit, at_least: 1500ms, at_most: 2s }
    true_if: { invariant: postgres.acked_is_durable, outcome: violated }
  - { id: R.1, claim: it is not ready, true_if: { readiness: not ready } }
  - { id: x, claim: it is slow, not_tested: nobody looks }
)");
  ASSERT_TRUE(loaded.scenario) << complaints(loaded);
  const auto& claims = loaded.scenario->claims;
  ASSERT_EQ(claims.size(), 3U);
  EXPECT_EQ(claims[0].id, "S1.1");
  EXPECT_EQ(claims[0].statement, "it is lost");
  EXPECT_EQ(claims[0].source, "the runbook");
  EXPECT_EQ(claims[0].given.at(0).figure, "postgres.longest_commit");
  EXPECT_EQ(claims[0].given.at(0).of, "db") << "the only one that has it";
  EXPECT_EQ(claims[0].given.at(0).at_least, 1500.0);
  EXPECT_EQ(claims[0].given.at(0).at_most, 2000.0);
  EXPECT_EQ(claims[0].true_if->invariant, "postgres.acked_is_durable");
  EXPECT_EQ(claims[0].true_if->of, "db");
  EXPECT_FALSE(claims[0].true_if->is_held);
  EXPECT_EQ(claims[1].true_if->readiness, "not ready");
  EXPECT_EQ(claims[2].not_tested, "nobody looks");
  EXPECT_FALSE(claims[2].true_if);
}

TEST_F(Claims, MayBeGivenSeveralConditions) {
  const std::string text = smallest + R"(claims:
  - id: S1.1
    claim: it is lost
    given:
      - { figure: postgres.in_doubt, at_least: 1 }
      - { invariant: postgres.acked_is_durable, outcome: held }
    true_if: { readiness: ready }
)";
  const LoadedScenario loaded = load(text, {{"claims.S1.1.given.0.at_least", "3"}});
  ASSERT_TRUE(loaded.scenario) << complaints(loaded);
  const auto& given = loaded.scenario->claims.at(0).given;
  ASSERT_EQ(given.size(), 2U);
  EXPECT_EQ(given[0].figure, "postgres.in_doubt");
  EXPECT_EQ(given[0].at_least, 3.0);
  EXPECT_EQ(given[1].invariant, "postgres.acked_is_durable");
  EXPECT_TRUE(given[1].is_held);
}

TEST_F(Claims, AreOverriddenByTheirId) {
  const LoadedScenario loaded = load(with_claim("{ figure: postgres.in_doubt, at_least: 1 }"),
                                     {{"claims.S1.1.true_if.at_least", "7"}});
  ASSERT_TRUE(loaded.scenario) << complaints(loaded);
  EXPECT_EQ(loaded.scenario->claims[0].true_if->at_least, 7.0);
}

TEST_F(Claims, OfEveryFigureAreUnderstood) {
  const std::string http = R"(scenario: test
services:
  db: { protocol: postgres, dsn: "host=h" }
  llm: { protocol: http, address: "h:1" }
  mq: { protocol: amqp, address: "h:2" }
target: { command: [app] }
observe:
  workers: { kind: celery, broker: "amqp://h/", workers: 4 }
  work: { kind: amqp, broker: "amqp://h/", queue: work }
faults:
  - name: cut
    at: { service: db, moment: commit.request }
    do: { blackhole: both, for: 3s }
expect: []
claims:
)";
  for (const FigureInfo& figure : figures()) {
    const std::string value = figure.unit == FigureUnit::milliseconds ? "1s" : "1";
    const std::string of = figure.of == FigureOf::waiting ? ", of: work" : "";
    const LoadedScenario loaded =
        load(fmt::format("{}  - {{ id: a, claim: b, true_if: {{ figure: {}{}, at_least: {} }} }}\n",
                         http, figure.name, of, value));
    EXPECT_TRUE(loaded.scenario) << complaints(loaded);
    EXPECT_FALSE(figure.description.empty());
  }
}

using BadClaims = BadInputTest;

TEST_P(BadClaims, AreExplainedInPlace) {
  const BadInput& bad = GetParam();
  const std::string good = with_claim("{ figure: postgres.in_doubt, at_least: 1 }");
  EXPECT_EQ(complaints(load(replaced(good, bad.from, bad.to))), bad.complaints);
}

const std::vector<BadInput> inputs{
    {"unknown_figure", "postgres.in_doubt", "postgres.in_dubt",
     R"(test.yaml:14:24: unknown figure `postgres.in_dubt`; did you mean `postgres.in_doubt`?
   14 |     true_if: { figure: postgres.in_dubt, at_least: 1 }
      |                        ^)"},
    {"figure_of_nobody", "postgres.in_doubt", "http.requests",
     R"(test.yaml:14:14: nothing in this scenario has a figure `http.requests`
   14 |     true_if: { figure: http.requests, at_least: 1 }
      |              ^)"},
    {"wrong_unit", "at_least: 1", "at_least: 1s",
     R"(test.yaml:14:53: `at_least` must be a whole number from 0 to 1000000000, not `1s`
   14 |     true_if: { figure: postgres.in_doubt, at_least: 1s }
      |                                                     ^)"},
    {"no_bound", ", at_least: 1", "",
     R"(test.yaml:14:14: what must `postgres.in_doubt` be? add `at_least`, `at_most`, or both
   14 |     true_if: { figure: postgres.in_doubt }
      |              ^)"},
    {"unknown_key", "at_least: 1", "at_lest: 1, at_most: 2",
     R"(test.yaml:14:43: unknown key `at_lest` in `true_if`; did you mean `at_least`?
   14 |     true_if: { figure: postgres.in_doubt, at_lest: 1, at_most: 2 }
      |                                           ^)"},
    {"invariant_that_is_not_expected", "figure: postgres.in_doubt, at_least: 1",
     "invariant: postgres.atomic, outcome: held",
     R"(test.yaml:14:27: unknown invariant `postgres.atomic` of this scenario's `expect`; valid: postgres.acked_is_durable
   14 |     true_if: { invariant: postgres.atomic, outcome: held }
      |                           ^)"},
    {"given_nothing", "    true_if:", "    given: []\n    true_if:",
     R"(test.yaml:14:12: `given` is an empty list
   14 |     given: []
      |            ^)"},
    {"given_one_good_and_one_bad",
     "    true_if:", "    given: [{ readiness: ready }, { readiness: redy }]\n    true_if:",
     R"(test.yaml:14:48: unknown readiness `redy`; did you mean `ready`?
   14 |     given: [{ readiness: ready }, { readiness: redy }]
      |                                                ^)"},
    {"given_of_no_kind", "    true_if:", "    given: [{ at_least: 1 }]\n    true_if:",
     R"(test.yaml:14:13: `given[0]` takes exactly one of invariant, figure, readiness
   14 |     given: [{ at_least: 1 }]
      |             ^)"},
    {"neither_nor", "    true_if: { figure: postgres.in_doubt, at_least: 1 }\n", "",
     R"(test.yaml:12:5: a claim takes either `true_if`, which decides it, or `not_tested`, which says why nothing here can
   12 |   - id: S1.1
      |     ^)"},
};

INSTANTIATE_TEST_SUITE_P(Inputs, BadClaims, ::testing::ValuesIn(inputs), name_of);

}  // namespace
}  // namespace cutpoint::test

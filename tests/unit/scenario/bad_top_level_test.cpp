// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/unit/scenario/scenario_fixture.h"

namespace cutpoint::test {
namespace {

using BadTopLevel = BadInputTest;

TEST_P(BadTopLevel, IsExplainedInPlace) {
  const BadInput& bad = GetParam();
  EXPECT_EQ(complaints(load(replaced(smallest, bad.from, bad.to))), bad.complaints);
}

const std::vector<BadInput> inputs{
    {"unknown_key", "scenario: test",
     R"(scenario: test
expects: [])",
     R"(test.yaml:2:1: unknown key `expects` in the scenario; did you mean `expect`?
    2 | expects: []
      | ^)"},
    {"unknown_key_near_to_none", "scenario: test",
     R"(scenario: test
xyzzy: 1)",
     R"(test.yaml:2:1: unknown key `xyzzy` in the scenario; valid: scenario, title, seed, services, target, workload, observe, faults, expect, claims
    2 | xyzzy: 1
      | ^)"},
    {"missing_name", R"(scenario: test
)",
     "",
     R"(test.yaml:1:1: missing key `scenario` in the scenario; it is the scenario's name
    1 | services:
      | ^)"},
    {"name_with_a_blank", "scenario: test", "scenario: split brain",
     R"(test.yaml:1:11: `split brain` is no name: it starts with a-z or 0-9 and holds only a-z, 0-9, `.`, `_`, `-`
    1 | scenario: split brain
      |           ^)"},
    {"name_with_a_slash", "scenario: test", "scenario: ../x",
     R"(test.yaml:1:11: `../x` is no name: it starts with a-z or 0-9 and holds only a-z, 0-9, `.`, `_`, `-`
    1 | scenario: ../x
      |           ^)"},
    {"empty_title", "scenario: test",
     R"(scenario: test
title: "")",
     R"(test.yaml:2:8: `title` is empty
    2 | title: ""
      |        ^)"},
    {"title_is_null", "scenario: test",
     R"(scenario: test
title:)",
     R"(test.yaml:2:1: `title` is empty: it must be a text
    2 | title:
      | ^)"},
    {"title_is_a_list", "scenario: test",
     R"(scenario: test
title: [a])",
     R"(test.yaml:2:8: `title` must be a text, not a list
    2 | title: [a]
      |        ^)"},
    {"negative_seed", "scenario: test",
     R"(scenario: test
seed: -1)",
     R"(test.yaml:2:7: `seed` must be a whole number from 0 to 18446744073709551615, not `-1`
    2 | seed: -1
      |       ^)"},
    {"seed_beyond_64_bits", "scenario: test",
     R"(scenario: test
seed: 18446744073709551616)",
     R"(test.yaml:2:7: `seed` must be a whole number from 0 to 18446744073709551615, not `18446744073709551616`
    2 | seed: 18446744073709551616
      |       ^)"},
    {"neither_target_nor_workload", R"(workload: { kind: postgres.orders }
)",
     "",
     R"(test.yaml:1:1: a scenario needs `target` (your application) or `workload` (cutpoint's own)
    1 | scenario: test
      | ^)"},
    {"target_and_workload", "workload: { kind: postgres.orders }",
     R"(workload: { kind: postgres.orders }
target: { pid: 7 })",
     R"(test.yaml:5:9: a scenario takes either `target` or `workload`, not both
    5 | target: { pid: 7 }
      |         ^)"},
    {"workload_and_target", "workload: { kind: postgres.orders }",
     R"(target: { pid: 7 }
workload: { kind: postgres.orders })",
     R"(test.yaml:5:11: a scenario takes either `target` or `workload`, not both
    5 | workload: { kind: postgres.orders }
      |           ^)"},
    {"misspelt_workload", "workload: { kind: postgres.orders }",
     "worklaod: { kind: postgres.orders }",
     R"(test.yaml:4:1: unknown key `worklaod` in the scenario; did you mean `workload`?
    4 | worklaod: { kind: postgres.orders }
      | ^)"},
    {"misspelt_required_key", "expect:", "expct:",
     R"(test.yaml:9:1: unknown key `expct` in the scenario; did you mean `expect`?
    9 | expct:
      | ^)"},
    {"duplicate_key", "scenario: test",
     R"(scenario: test
scenario: other)",
     R"(test.yaml:2:1: duplicate key `scenario`; the first is on line 1
    2 | scenario: other
      | ^)"},
    {"missing_expectations", R"(expect:
  - { invariant: postgres.acked_is_durable }
)",
     "",
     R"(test.yaml:1:1: missing key `expect` in the scenario; without it, nothing is proven (`expect: []` says so)
    1 | scenario: test
      | ^)"},
    {"expectations_are_null", R"(expect:
  - { invariant: postgres.acked_is_durable })",
     "expect:",
     R"(test.yaml:9:1: `expect` is empty: it must be a list
    9 | expect:
      | ^)"},
    {"expectations_are_a_map", "  - { invariant: postgres.acked_is_durable }",
     "  invariant: postgres.acked_is_durable",
     R"(test.yaml:10:3: `expect` must be a list, not a map
   10 |   invariant: postgres.acked_is_durable
      |   ^)"},
    {"faults_are_null", R"(faults:
  - name: cut
    at: { service: db, moment: commit.request }
    do: { blackhole: both, for: 3s })",
     "faults:",
     R"(test.yaml:5:1: `faults` is empty: it must be a list
    5 | faults:
      | ^)"},
    {"several_mistakes_come_in_file_order", "scenario: test",
     R"(seed: x
scenarios: test
title: {})",
     R"(test.yaml:1:7: `seed` must be a whole number from 0 to 18446744073709551615, not `x`
    1 | seed: x
      |       ^
test.yaml:2:1: unknown key `scenarios` in the scenario; did you mean `scenario`?
    2 | scenarios: test
      | ^
test.yaml:3:8: `title` must be a text, not a map
    3 | title: {}
      |        ^)"},
};

INSTANTIATE_TEST_SUITE_P(Inputs, BadTopLevel, ::testing::ValuesIn(inputs), name_of);

}  // namespace
}  // namespace cutpoint::test

// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/unit/scenario/scenario_fixture.h"

namespace cutpoint::test {
namespace {

using BadExpectations = BadInputTest;

TEST_P(BadExpectations, IsExplainedInPlace) {
  const BadInput& bad = GetParam();
  EXPECT_EQ(complaints(load(replaced(smallest, bad.from, bad.to))), bad.complaints);
}

const std::vector<BadInput> inputs{
    {"missing_invariant", "{ invariant: postgres.acked_is_durable }", "{ severity: high }",
     R"(test.yaml:10:5: missing key `invariant` in an expectation
   10 |   - { severity: high }
      |     ^)"},
    {"unknown_invariant", "{ invariant: postgres.acked_is_durable }",
     "{ invariant: postgres.atomc, tables: [a, b], by: id }",
     R"(test.yaml:10:18: unknown invariant `postgres.atomc`; did you mean `postgres.atomic`?
   10 |   - { invariant: postgres.atomc, tables: [a, b], by: id }
      |                  ^)"},
    {"unknown_severity", "{ invariant: postgres.acked_is_durable }",
     "{ invariant: postgres.acked_is_durable, severity: severe }",
     R"(test.yaml:10:55: unknown value `severe` of `severity`; valid: low, medium, high, critical
   10 |   - { invariant: postgres.acked_is_durable, severity: severe }
      |                                                       ^)"},
    {"parameter_of_another_invariant", "{ invariant: postgres.acked_is_durable }",
     "{ invariant: postgres.acked_is_durable, by: id }",
     R"(test.yaml:10:45: unknown key `by` in `postgres.acked_is_durable`; valid: invariant, service, severity
   10 |   - { invariant: postgres.acked_is_durable, by: id }
      |                                             ^)"},
    {"atomic_without_parameters", "{ invariant: postgres.acked_is_durable }",
     "{ invariant: postgres.atomic }",
     R"(test.yaml:10:5: missing key `tables` in `postgres.atomic`
   10 |   - { invariant: postgres.atomic }
      |     ^
test.yaml:10:5: missing key `by` in `postgres.atomic`
   10 |   - { invariant: postgres.atomic }
      |     ^)"},
    {"atomic_with_one_table", "{ invariant: postgres.acked_is_durable }",
     "{ invariant: postgres.atomic, tables: [a], by: id }",
     R"(test.yaml:10:43: `postgres.atomic` compares tables: name at least two
   10 |   - { invariant: postgres.atomic, tables: [a], by: id }
      |                                           ^)"},
    {"a_table_twice", "{ invariant: postgres.acked_is_durable }",
     "{ invariant: postgres.atomic, tables: [a, b, a], by: id }",
     R"(test.yaml:10:43: `tables` names a table twice
   10 |   - { invariant: postgres.atomic, tables: [a, b, a], by: id }
      |                                           ^)"},
    {"a_table_by_two_columns", "{ invariant: postgres.acked_is_durable }",
     "{ invariant: postgres.atomic, tables: [a, b], by: id }\n"
     "  - { invariant: postgres.exactly_once, tables: [b], by: customer }",
     R"(test.yaml:11:58: `postgres.atomic` counts rows of the same table by `id` already; one column must do for both
   11 |   - { invariant: postgres.exactly_once, tables: [b], by: customer }
      |                                                          ^)"},
    {"tables_are_a_text", "{ invariant: postgres.acked_is_durable }",
     "{ invariant: postgres.atomic, tables: a, by: id }",
     R"(test.yaml:10:43: `tables` must be a list, not `a`
   10 |   - { invariant: postgres.atomic, tables: a, by: id }
      |                                           ^)"},
    {"an_empty_table", "{ invariant: postgres.acked_is_durable }",
     R"({ invariant: postgres.atomic, tables: [a, ""], by: id })",
     R"(test.yaml:10:47: `tables[1]` is empty
   10 |   - { invariant: postgres.atomic, tables: [a, ""], by: id }
      |                                               ^)"},
    {"exactly_once_without_by", "{ invariant: postgres.acked_is_durable }",
     "{ invariant: postgres.exactly_once }",
     R"(test.yaml:10:5: missing key `by` in `postgres.exactly_once`
   10 |   - { invariant: postgres.exactly_once }
      |     ^)"},
    {"recovers_within_without_time", "{ invariant: postgres.acked_is_durable }",
     "{ invariant: postgres.recovers_within }",
     R"(test.yaml:10:5: missing key `time` in `postgres.recovers_within`
   10 |   - { invariant: postgres.recovers_within }
      |     ^)"},
    {"recovers_within_no_time", "{ invariant: postgres.acked_is_durable }",
     "{ invariant: postgres.recovers_within, time: 0s }",
     R"(test.yaml:10:50: `time` must be longer than 0
   10 |   - { invariant: postgres.recovers_within, time: 0s }
      |                                                  ^)"},
    {"no_orphans_with_time", "{ invariant: postgres.acked_is_durable }",
     "{ invariant: postgres.no_orphans, time: 10s }",
     R"(test.yaml:10:5: missing key `after` in `postgres.no_orphans`
   10 |   - { invariant: postgres.no_orphans, time: 10s }
      |     ^
test.yaml:10:39: unknown key `time` in `postgres.no_orphans`; valid: invariant, service, severity, after
   10 |   - { invariant: postgres.no_orphans, time: 10s }
      |                                       ^)"},
    {"unknown_service", "{ invariant: postgres.acked_is_durable }",
     "{ invariant: postgres.acked_is_durable, service: bd }",
     R"(test.yaml:10:54: unknown service `bd`; did you mean `db`?
   10 |   - { invariant: postgres.acked_is_durable, service: bd }
      |                                                      ^)"},
    {"expectation_is_a_text", "{ invariant: postgres.acked_is_durable }",
     "postgres.acked_is_durable",
     R"(test.yaml:10:5: `expect[0]` must be a map, not `postgres.acked_is_durable`
   10 |   - postgres.acked_is_durable
      |     ^)"},
};

INSTANTIATE_TEST_SUITE_P(Inputs, BadExpectations, ::testing::ValuesIn(inputs), name_of);

}  // namespace
}  // namespace cutpoint::test

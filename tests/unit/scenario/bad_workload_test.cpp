// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/unit/scenario/scenario_fixture.h"

namespace cutpoint::test {
namespace {

using BadWorkload = BadInputTest;

TEST_P(BadWorkload, IsExplainedInPlace) {
  const BadInput& bad = GetParam();
  EXPECT_EQ(complaints(load(replaced(smallest, bad.from, bad.to))), bad.complaints);
}

const std::vector<BadInput> inputs{
    {"missing_kind", "kind: postgres.orders", "",
     R"(test.yaml:4:11: missing key `kind` in `workload`; valid: postgres.orders, amqp.publish
    4 | workload: {  }
      |           ^)"},
    {"unknown_kind", "kind: postgres.orders", "kind: postgres.order",
     R"(test.yaml:4:19: unknown workload `postgres.order`; did you mean `postgres.orders`?
    4 | workload: { kind: postgres.order }
      |                   ^)"},
    {"unknown_key", "workload: { kind: postgres.orders }",
     "workload: { kind: postgres.orders, patence: 3s }",
     R"(test.yaml:4:36: unknown key `patence` in `workload`; did you mean `patience`?
    4 | workload: { kind: postgres.orders, patence: 3s }
      |                                    ^)"},
    {"no_orders", "workload: { kind: postgres.orders }",
     "workload: { kind: postgres.orders, orders: 0 }",
     R"(test.yaml:4:44: `orders` must be a whole number from 1 to 1000000, not `0`
    4 | workload: { kind: postgres.orders, orders: 0 }
      |                                            ^)"},
    {"orders_are_a_word", "workload: { kind: postgres.orders }",
     "workload: { kind: postgres.orders, orders: many }",
     R"(test.yaml:4:44: `orders` must be a whole number from 1 to 1000000, not `many`
    4 | workload: { kind: postgres.orders, orders: many }
      |                                            ^)"},
    {"orders_with_a_fraction", "workload: { kind: postgres.orders }",
     "workload: { kind: postgres.orders, orders: 1.5 }",
     R"(test.yaml:4:44: `orders` must be a whole number from 1 to 1000000, not `1.5`
    4 | workload: { kind: postgres.orders, orders: 1.5 }
      |                                            ^)"},
    {"too_many_connections", "workload: { kind: postgres.orders }",
     "workload: { kind: postgres.orders, connections: 1001 }",
     R"(test.yaml:4:49: `connections` must be a whole number from 1 to 1000, not `1001`
    4 | workload: { kind: postgres.orders, connections: 1001 }
      |                                                 ^)"},
    {"patience_without_unit", "workload: { kind: postgres.orders }",
     "workload: { kind: postgres.orders, patience: 10 }",
     R"(test.yaml:4:46: `patience` must be a duration or `never`: `10` has no unit; write e.g. `10s`
    4 | workload: { kind: postgres.orders, patience: 10 }
      |                                              ^)"},
    {"patience_is_another_word", "workload: { kind: postgres.orders }",
     "workload: { kind: postgres.orders, patience: forever }",
     R"(test.yaml:4:46: `patience` must be a duration or `never`: `forever` is none; write e.g. `30s`
    4 | workload: { kind: postgres.orders, patience: forever }
      |                                              ^)"},
    {"unknown_way_to_give_up", "workload: { kind: postgres.orders }",
     "workload: { kind: postgres.orders, give_up: tcp-user-timeout }",
     R"(test.yaml:4:45: unknown value `tcp-user-timeout` of `give_up`; did you mean `tcp_user_timeout`?
    4 | workload: { kind: postgres.orders, give_up: tcp-user-timeout }
      |                                             ^)"},
    {"unknown_retry", "workload: { kind: postgres.orders }",
     "workload: { kind: postgres.orders, retry: naiv }",
     R"(test.yaml:4:43: unknown value `naiv` of `retry`; did you mean `naive`?
    4 | workload: { kind: postgres.orders, retry: naiv }
      |                                           ^)"},
    {"unknown_schema", "workload: { kind: postgres.orders }",
     "workload: { kind: postgres.orders, schema: drop }",
     R"(test.yaml:4:44: unknown value `drop` of `schema`; valid: create, expect
    4 | workload: { kind: postgres.orders, schema: drop }
      |                                            ^)"},
    {"negative_duration", "workload: { kind: postgres.orders }",
     "workload: { kind: postgres.orders, retry_until: -1s }",
     R"(test.yaml:4:49: `retry_until` must be a duration: `-1s` is none; write e.g. `30s`
    4 | workload: { kind: postgres.orders, retry_until: -1s }
      |                                                 ^)"},
    {"unknown_service", "workload: { kind: postgres.orders }",
     "workload: { kind: postgres.orders, service: database }",
     R"(test.yaml:4:45: unknown service `database`; valid: db
    4 | workload: { kind: postgres.orders, service: database }
      |                                             ^)"},
    {"several_services_could_be_meant", R"(  db: { protocol: postgres, dsn: "host=h" })",
     R"(  db: { protocol: postgres, dsn: "host=h" }
  other: { protocol: postgres, dsn: "host=h" })",
     R"(test.yaml:5:11: `workload` could mean several services; add `service:` with one of db, other
    5 | workload: { kind: postgres.orders }
      |           ^
test.yaml:11:5: `postgres.acked_is_durable` could mean several services; add `service:` with one of db, other
   11 |   - { invariant: postgres.acked_is_durable }
      |     ^)"},
};

INSTANTIATE_TEST_SUITE_P(Inputs, BadWorkload, ::testing::ValuesIn(inputs), name_of);

}  // namespace
}  // namespace cutpoint::test

// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "controller/scenario/registry.h"
#include "tests/unit/scenario/scenario_fixture.h"

namespace cutpoint::test {
namespace {

using BadServices = BadInputTest;

TEST_P(BadServices, IsExplainedInPlace) {
  const BadInput& bad = GetParam();
  EXPECT_EQ(complaints(load(replaced(smallest, bad.from, bad.to))), bad.complaints);
}

const std::vector<BadInput> inputs{
    {"unknown_protocol", "protocol: postgres", "protocol: postgers",
     R"(test.yaml:3:19: unknown protocol `postgers`; did you mean `postgres`?
    3 |   db: { protocol: postgers, dsn: "host=h" }
      |                   ^)"},
    {"missing_protocol", "protocol: postgres, ", "",
     fmt::format(R"(test.yaml:3:7: missing key `protocol` in service `db`; valid: {}
    3 |   db: {{ dsn: "host=h" }}
      |       ^)",
                 fmt::join(names_of(protocols()), ", "))},
    {"missing_dsn", R"(, dsn: "host=h")", "",
     R"(test.yaml:3:7: missing key `dsn` in service `db`; it is `postgresql://user@host:port/database` or `host=... port=... dbname=...`; or give an `address`, `host:port`, where the database is not to be asked
    3 |   db: { protocol: postgres }
      |       ^)"},
    {"address_where_the_service_is_asked", R"(dsn: "host=h")", R"(address: "h:5432")",
     R"(test.yaml:4:11: `workload` asks the service itself: give `db` a `dsn`, not an `address`
    4 | workload: { kind: postgres.orders }
      |           ^
test.yaml:10:5: `postgres.acked_is_durable` asks the service itself: give `db` a `dsn`, not an `address`
   10 |   - { invariant: postgres.acked_is_durable }
      |     ^)"},
    {"address_and_dsn", R"(dsn: "host=h")", R"(dsn: "host=h", address: "h:5432")",
     R"(test.yaml:3:53: a service takes either `dsn` or `address`, not both
    3 |   db: { protocol: postgres, dsn: "host=h", address: "h:5432" }
      |                                                     ^)"},
    {"address_without_port", R"(dsn: "host=h")", R"(address: "::1")",
     R"(test.yaml:3:38: `::1` is no address; write `host:port`, e.g. 127.0.0.1:5432 or [::1]:5432
    3 |   db: { protocol: postgres, address: "::1" }
      |                                      ^
test.yaml:4:11: `workload` asks the service itself: give `db` a `dsn`, not an `address`
    4 | workload: { kind: postgres.orders }
      |           ^
test.yaml:10:5: `postgres.acked_is_durable` asks the service itself: give `db` a `dsn`, not an `address`
   10 |   - { invariant: postgres.acked_is_durable }
      |     ^)"},
    {"dsn_is_none", R"(dsn: "host=h")", R"(dsn: "secret")",
     R"(test.yaml:3:34: `dsn` is no connection string: it is `postgresql://user@host:port/database` or `host=... port=... dbname=...`
    3 |   db: { protocol: postgres, dsn: "secret" }
      |                                  ^)"},
    {"empty_dsn", R"(dsn: "host=h")", R"(dsn: "")",
     R"(test.yaml:3:34: `dsn` is empty
    3 |   db: { protocol: postgres, dsn: "" }
      |                                  ^)"},
    {"dsn_is_a_list", R"(dsn: "host=h")", "dsn: [h]",
     R"(test.yaml:3:34: `dsn` must be a text, not a list
    3 |   db: { protocol: postgres, dsn: [h] }
      |                                  ^)"},
    {"unknown_key", R"(dsn: "host=h")", R"(dsn: "host=h", dns: x)",
     R"(test.yaml:3:44: unknown key `dns` in service `db`; did you mean `dsn`?
    3 |   db: { protocol: postgres, dsn: "host=h", dns: x }
      |                                            ^)"},
    {"password_on_the_line_is_masked", R"(protocol: postgres, dsn: "host=h")",
     R"(protocol: postgre, dsn: "postgresql://u:secret@h/d")",
     R"(test.yaml:3:19: unknown protocol `postgre`; did you mean `postgres`?
    3 |   db: { protocol: postgre, dsn: "postgresql://u:******@h/d" }
      |                   ^)"},
    {"service_is_a_text", R"({ protocol: postgres, dsn: "host=h" })", "host=h",
     R"(test.yaml:3:7: `db` must be a map, not `host=h`
    3 |   db: host=h
      |       ^)"},
    {"no_services", R"(
  db: { protocol: postgres, dsn: "host=h" })",
     " {}",
     R"(test.yaml:2:11: `services` is an empty map
    2 | services: {}
      |           ^)"},
    {"services_are_a_list", R"(  db: { protocol: postgres, dsn: "host=h" })",
     R"(  - { protocol: postgres, dsn: "host=h" })",
     R"(test.yaml:3:3: `services` must be a map, not a list
    3 |   - { protocol: postgres, dsn: "host=h" }
      |   ^)"},
    {"name_in_capitals", "  db: ",
     R"(  DB: { protocol: postgres, dsn: "host=h" }
  db: )",
     R"(test.yaml:3:3: `DB` is no name: it starts with a-z or 0-9 and holds only a-z, 0-9, `.`, `_`, `-`
    3 |   DB: { protocol: postgres, dsn: "host=h" }
      |   ^
test.yaml:5:11: `workload` could mean several services; add `service:` with one of DB, db
    5 | workload: { kind: postgres.orders }
      |           ^
test.yaml:11:5: `postgres.acked_is_durable` could mean several services; add `service:` with one of DB, db
   11 |   - { invariant: postgres.acked_is_durable }
      |     ^)"},
    {"duplicate_name", "  db: ",
     R"(  db: { protocol: postgres, dsn: "host=h" }
  db: )",
     R"(test.yaml:4:3: duplicate key `db`; the first is on line 3
    4 |   db: { protocol: postgres, dsn: "host=h" }
      |   ^)"},
    {"too_many", R"(  db: { protocol: postgres, dsn: "host=h" })",
     R"(  db: { protocol: postgres, dsn: "host=h" }
  db2: { protocol: postgres, dsn: "host=h" }
  db3: { protocol: postgres, dsn: "host=h" }
  db4: { protocol: postgres, dsn: "host=h" }
  db5: { protocol: postgres, dsn: "host=h" }
  db6: { protocol: postgres, dsn: "host=h" }
  db7: { protocol: postgres, dsn: "host=h" }
  db8: { protocol: postgres, dsn: "host=h" }
  db9: { protocol: postgres, dsn: "host=h" })",
     R"(test.yaml:11:3: too many services: at most 8
   11 |   db9: { protocol: postgres, dsn: "host=h" }
      |   ^
test.yaml:12:11: `workload` could mean several services; add `service:` with one of db, db2, db3, db4, db5, db6, db7, db8, db9
   12 | workload: { kind: postgres.orders }
      |           ^
test.yaml:18:5: `postgres.acked_is_durable` could mean several services; add `service:` with one of db, db2, db3, db4, db5, db6, db7, db8, db9
   18 |   - { invariant: postgres.acked_is_durable }
      |     ^)"},
};

INSTANTIATE_TEST_SUITE_P(Inputs, BadServices, ::testing::ValuesIn(inputs), name_of);

}  // namespace
}  // namespace cutpoint::test

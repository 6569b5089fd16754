// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/unit/scenario/scenario_fixture.h"

namespace cutpoint::test {
namespace {

using BadTriggers = BadInputTest;

TEST_P(BadTriggers, IsExplainedInPlace) {
  const BadInput& bad = GetParam();
  EXPECT_EQ(complaints(load(replaced(smallest, bad.from, bad.to))), bad.complaints);
}

const std::vector<BadInput> inputs{
    {"missing_service", "service: db, ", "",
     R"(test.yaml:7:9: missing key `service` in `at`
    7 |     at: { moment: commit.request }
      |         ^)"},
    {"unknown_service", "service: db", "service: dbx",
     R"(test.yaml:7:20: unknown service `dbx`; did you mean `db`?
    7 |     at: { service: dbx, moment: commit.request }
      |                    ^)"},
    {"missing_moment", ", moment: commit.request", "",
     R"(test.yaml:7:9: missing key `moment` in `at`; it says at which message, e.g. commit.request
    7 |     at: { service: db }
      |         ^)"},
    {"unknown_moment", "commit.request", "commit.requst",
     R"(test.yaml:7:32: unknown moment `commit.requst` of protocol `postgres`; did you mean `commit.request`?
    7 |     at: { service: db, moment: commit.requst }
      |                                ^)"},
    {"unknown_moment_near_to_none", "commit.request", "xyzzy",
     R"(test.yaml:7:32: unknown moment `xyzzy` of protocol `postgres`; valid: startup, auth.ok, backend.key, query, begin, statement, parse, bind, execute, commit.request, commit.ack, commit.implicit, rollback.request, rollback.ack, prepare.request, commit-prepared.request, rollback-prepared.request, error, ready, copy.data, cancel, terminate, connect, accept, first_byte, bytes:N, close
    7 |     at: { service: db, moment: xyzzy }
      |                                ^)"},
    {"moment_is_a_list", "commit.request", "[commit.request]",
     R"(test.yaml:7:32: `moment` must be a text, not a list
    7 |     at: { service: db, moment: [commit.request] }
      |                                ^)"},
    {"unknown_position", "at: { service: db, moment: commit.request }",
     "at: { service: db, moment: commit.request, position: befor }",
     R"(test.yaml:7:58: unknown position `befor`; did you mean `before`?
    7 |     at: { service: db, moment: commit.request, position: befor }
      |                                                          ^)"},
    {"position_byte_without_number", "at: { service: db, moment: commit.request }",
     R"(at: { service: db, moment: commit.request, position: "byte:" })",
     R"(test.yaml:7:58: `byte:N` must be a whole number from 1 to 4294967295, not ``
    7 |     at: { service: db, moment: commit.request, position: "byte:" }
      |                                                          ^)"},
    {"position_byte_zero", "at: { service: db, moment: commit.request }",
     "at: { service: db, moment: commit.request, position: byte:0 }",
     R"(test.yaml:7:58: `byte:N` must be a whole number from 1 to 4294967295, not `0`
    7 |     at: { service: db, moment: commit.request, position: byte:0 }
      |                                                          ^)"},
    {"position_byte_negative", "at: { service: db, moment: commit.request }",
     "at: { service: db, moment: commit.request, position: byte:-5 }",
     R"(test.yaml:7:58: `byte:N` must be a whole number from 1 to 4294967295, not `-5`
    7 |     at: { service: db, moment: commit.request, position: byte:-5 }
      |                                                          ^)"},
    {"nth_zero", "at: { service: db, moment: commit.request }",
     "at: { service: db, moment: commit.request, nth: 0 }",
     R"(test.yaml:7:53: `nth` must be a whole number from 1 to 4294967295, not `0`
    7 |     at: { service: db, moment: commit.request, nth: 0 }
      |                                                     ^)"},
    {"nth_beyond_32_bits", "at: { service: db, moment: commit.request }",
     "at: { service: db, moment: commit.request, nth: 4294967296 }",
     R"(test.yaml:7:53: `nth` must be a whole number from 1 to 4294967295, not `4294967296`
    7 |     at: { service: db, moment: commit.request, nth: 4294967296 }
      |                                                     ^)"},
    {"every_zero", "at: { service: db, moment: commit.request }",
     "at: { service: db, moment: commit.request, every: 0 }",
     R"(test.yaml:7:55: `every` must be a whole number from 1 to 4294967295, not `0`
    7 |     at: { service: db, moment: commit.request, every: 0 }
      |                                                       ^)"},
    {"times_negative", "at: { service: db, moment: commit.request }",
     "at: { service: db, moment: commit.request, times: -1 }",
     R"(test.yaml:7:55: `times` must be a whole number from 0 to 4294967295, not `-1`
    7 |     at: { service: db, moment: commit.request, times: -1 }
      |                                                       ^)"},
    {"probability_above_one", "at: { service: db, moment: commit.request }",
     "at: { service: db, moment: commit.request, probability: 1.01 }",
     R"(test.yaml:7:61: `probability` must be a number from 0 to 1, not `1.01`
    7 |     at: { service: db, moment: commit.request, probability: 1.01 }
      |                                                             ^)"},
    {"probability_is_not_a_number", "at: { service: db, moment: commit.request }",
     "at: { service: db, moment: commit.request, probability: nan }",
     R"(test.yaml:7:61: `probability` must be a number from 0 to 1, not `nan`
    7 |     at: { service: db, moment: commit.request, probability: nan }
      |                                                             ^)"},
    {"once_per_something_else", "at: { service: db, moment: commit.request }",
     "at: { service: db, moment: commit.request, once_per: connection }",
     R"(test.yaml:7:58: unknown value `connection` of `once_per`; valid: flow
    7 |     at: { service: db, moment: commit.request, once_per: connection }
      |                                                          ^)"},
    {"unknown_filter", "at: { service: db, moment: commit.request }",
     "at: { service: db, moment: commit.request, sqlstat: 40001 }",
     R"(test.yaml:7:48: unknown key `sqlstat` in `at`; did you mean `sqlstate`?
    7 |     at: { service: db, moment: commit.request, sqlstat: 40001 }
      |                                                ^)"},
    {"filter_that_the_moment_lacks", "at: { service: db, moment: commit.request }",
     R"(at: { service: db, moment: commit.request, sqlstate: "40001" })",
     R"(test.yaml:7:58: filter `sqlstate` never matches at `commit.request`; it goes with: error
    7 |     at: { service: db, moment: commit.request, sqlstate: "40001" }
      |                                                          ^)"},
    {"status_that_the_moment_lacks", "at: { service: db, moment: commit.request }",
     "at: { service: db, moment: commit.request, status: T }",
     R"(test.yaml:7:56: filter `status` never matches at `commit.request`; it goes with: ready, commit.implicit
    7 |     at: { service: db, moment: commit.request, status: T }
      |                                                        ^)"},
    {"unknown_command", "moment: commit.request", "moment: statement, command: INSRT",
     R"(test.yaml:7:52: unknown command `INSRT`; did you mean `INSERT`?
    7 |     at: { service: db, moment: statement, command: INSRT }
      |                                                    ^)"},
    {"sqlstate_too_short", "moment: commit.request", "moment: error, sqlstate: 4000",
     R"(test.yaml:7:49: `sqlstate` must be five characters of 0-9 and A-Z, e.g. 40001, not `4000`
    7 |     at: { service: db, moment: error, sqlstate: 4000 }
      |                                                 ^)"},
    {"sqlstate_in_small_letters", "moment: commit.request", "moment: error, sqlstate: 42p01",
     R"(test.yaml:7:49: `sqlstate` must be five characters of 0-9 and A-Z, e.g. 40001, not `42p01`
    7 |     at: { service: db, moment: error, sqlstate: 42p01 }
      |                                                 ^)"},
    {"unknown_status", "moment: commit.request", "moment: ready, status: X",
     R"(test.yaml:7:47: unknown value `X` of `status`; valid: I, T, E
    7 |     at: { service: db, moment: ready, status: X }
      |                                               ^)"},
    {"pid_is_a_word", "moment: commit.request", "moment: backend.key, pid: x",
     R"(test.yaml:7:50: `pid` must be a whole number from 0 to 4294967295, not `x`
    7 |     at: { service: db, moment: backend.key, pid: x }
      |                                                  ^)"},
};

INSTANTIATE_TEST_SUITE_P(Inputs, BadTriggers, ::testing::ValuesIn(inputs), name_of);

}  // namespace
}  // namespace cutpoint::test

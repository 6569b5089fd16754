// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/unit/scenario/scenario_fixture.h"

namespace cutpoint::test {
namespace {

using BadFaults = BadInputTest;

TEST_P(BadFaults, IsExplainedInPlace) {
  const BadInput& bad = GetParam();
  EXPECT_EQ(complaints(load(replaced(smallest, bad.from, bad.to))), bad.complaints);
}

const std::vector<BadInput> inputs{
    {"missing_name", R"(- name: cut
    at)",
     "- at",
     R"(test.yaml:6:5: missing key `name` in a fault; the report and `--set` call it by that
    6 |   - at: { service: db, moment: commit.request }
      |     ^)"},
    {"name_with_a_colon", "name: cut", R"(name: "a:b")",
     R"(test.yaml:6:11: `a:b` is no name: it starts with a-z or 0-9 and holds only a-z, 0-9, `.`, `_`, `-`
    6 |   - name: "a:b"
      |           ^)"},
    {"duplicate_name", "expect:",
     R"(  - name: cut
    at: { service: db, moment: commit.request }
    do: { blackhole: both, for: 3s }
expect:)",
     R"(test.yaml:9:11: duplicate fault `cut`: the name is its key in the report
    9 |   - name: cut
      |           ^)"},
    {"unknown_key", "name: cut",
     R"(name: cut
    moed: observe)",
     R"(test.yaml:7:5: unknown key `moed` in a fault; did you mean `mode`?
    7 |     moed: observe
      |     ^)"},
    {"unknown_mode", "name: cut",
     R"(name: cut
    mode: observ)",
     R"(test.yaml:7:11: unknown value `observ` of `mode`; did you mean `observe`?
    7 |     mode: observ
      |           ^)"},
    {"missing_at", R"(    at: { service: db, moment: commit.request }
)",
     "",
     R"(test.yaml:6:5: missing key `at` in a fault; e.g. `at: { service: db, moment: commit.request }`
    6 |   - name: cut
      |     ^)"},
    {"missing_do", R"(
    do: { blackhole: both, for: 3s })",
     "",
     R"(test.yaml:6:5: missing key `do` in a fault; e.g. `do: { blackhole: both, for: 30s }`
    6 |   - name: cut
      |     ^)"},
    {"fault_is_a_text", "expect:",
     R"(  - cut
expect:)",
     R"(test.yaml:9:5: `faults[1]` must be a map, not `cut`
    9 |   - cut
      |     ^)"},
    {"too_many", "expect:",
     R"(  - { name: f2, at: { service: db, moment: commit.request }, do: { blackhole: both, for: 3s } }
  - { name: f3, at: { service: db, moment: commit.request }, do: { blackhole: both, for: 3s } }
  - { name: f4, at: { service: db, moment: commit.request }, do: { blackhole: both, for: 3s } }
  - { name: f5, at: { service: db, moment: commit.request }, do: { blackhole: both, for: 3s } }
  - { name: f6, at: { service: db, moment: commit.request }, do: { blackhole: both, for: 3s } }
  - { name: f7, at: { service: db, moment: commit.request }, do: { blackhole: both, for: 3s } }
  - { name: f8, at: { service: db, moment: commit.request }, do: { blackhole: both, for: 3s } }
  - { name: f9, at: { service: db, moment: commit.request }, do: { blackhole: both, for: 3s } }
  - { name: f10, at: { service: db, moment: commit.request }, do: { blackhole: both, for: 3s } }
  - { name: f11, at: { service: db, moment: commit.request }, do: { blackhole: both, for: 3s } }
  - { name: f12, at: { service: db, moment: commit.request }, do: { blackhole: both, for: 3s } }
  - { name: f13, at: { service: db, moment: commit.request }, do: { blackhole: both, for: 3s } }
  - { name: f14, at: { service: db, moment: commit.request }, do: { blackhole: both, for: 3s } }
  - { name: f15, at: { service: db, moment: commit.request }, do: { blackhole: both, for: 3s } }
  - { name: f16, at: { service: db, moment: commit.request }, do: { blackhole: both, for: 3s } }
  - { name: f17, at: { service: db, moment: commit.request }, do: { blackhole: both, for: 3s } }
expect:)",
     R"(test.yaml:24:5: too many faults: at most 16
   24 |   - { name: f17, at: { service: db, moment: commit.request }, do: { blackhole: both, for: 3s } }
      |     ^)"},
    {"no_fault", "do: { blackhole: both, for: 3s }", "do: { for: 3s }",
     R"(test.yaml:8:9: `do` names no fault; valid: blackhole, stall, delay, throttle, reset, truncate, corrupt, duplicate, refuse, pause, kill
    8 |     do: { for: 3s }
      |         ^)"},
    {"unknown_fault", "do: { blackhole: both, for: 3s }", "do: { blackhol: both, for: 3s }",
     R"(test.yaml:8:11: unknown key `blackhol` in `do`; did you mean `blackhole`?
    8 |     do: { blackhol: both, for: 3s }
      |           ^)"},
    {"unknown_direction", "do: { blackhole: both, for: 3s }", "do: { blackhole: upp, for: 3s }",
     R"(test.yaml:8:22: unknown value `upp` of `blackhole`; did you mean `up`?
    8 |     do: { blackhole: upp, for: 3s }
      |                      ^)"},
    {"direction_is_null", "do: { blackhole: both, for: 3s }", "do: { blackhole:, for: 3s }",
     R"(test.yaml:8:21: `blackhole` is empty: it must be a text
    8 |     do: { blackhole:, for: 3s }
      |                     ^)"},
    {"unknown_scope", "do: { blackhole: both, for: 3s }",
     "do: { blackhole: both, for: 3s, scope: services }",
     R"(test.yaml:8:44: unknown value `services` of `scope`; did you mean `service`?
    8 |     do: { blackhole: both, for: 3s, scope: services }
      |                                            ^)"},
    {"unknown_heal", "do: { blackhole: both, for: 3s }",
     "do: { blackhole: both, for: 3s, heal: relase }",
     R"(test.yaml:8:43: unknown value `relase` of `heal`; did you mean `release`?
    8 |     do: { blackhole: both, for: 3s, heal: relase }
      |                                           ^)"},
    {"key_of_another_fault", "do: { blackhole: both, for: 3s }", "do: { reset: both, heal: reset }",
     R"(test.yaml:8:30: `heal` does not apply to `reset`
    8 |     do: { reset: both, heal: reset }
      |                              ^)"},
    {"position_of_truncate",
     "at: { service: db, moment: commit.request }\n    do: { blackhole: both, for: 3s }",
     "at: { service: db, moment: commit.request, position: after }\n"
     "    do: { truncate: 5, for: 3s }",
     R"(test.yaml:7:58: `position` does not apply to `truncate`, which says how many bytes of the message arrive
    7 |     at: { service: db, moment: commit.request, position: after }
      |                                                          ^)"},
    {"jitter_longer_than_the_delay", "do: { blackhole: both, for: 3s }",
     "do: { delay: 50ms, jitter: 51ms }",
     R"(test.yaml:8:32: `jitter` is longer than what it is of: a message cannot come before its time
    8 |     do: { delay: 50ms, jitter: 51ms }
      |                                ^)"},
    {"unknown_end", "do: { blackhole: both, for: 3s }", "do: { reset: clent }",
     R"(test.yaml:8:18: unknown value `clent` of `reset`; did you mean `client`?
    8 |     do: { reset: clent }
      |                  ^)"},
    {"missing_duration", "do: { blackhole: both, for: 3s }", "do: { blackhole: both }",
     R"(test.yaml:8:9: missing key `for` in `do`; a fault always ends by itself, e.g. `for: 30s`
    8 |     do: { blackhole: both }
      |         ^)"},
    {"duration_zero", "do: { blackhole: both, for: 3s }", "do: { blackhole: both, for: 0s }",
     R"(test.yaml:8:33: `for` must be longer than 0
    8 |     do: { blackhole: both, for: 0s }
      |                                 ^)"},
    {"duration_without_unit", "do: { blackhole: both, for: 3s }",
     "do: { blackhole: both, for: 30 }",
     R"(test.yaml:8:33: `for` must be a duration: `30` has no unit; write e.g. `30s`
    8 |     do: { blackhole: both, for: 30 }
      |                                 ^)"},
    {"duration_of_unknown_unit", "do: { blackhole: both, for: 3s }",
     "do: { blackhole: both, for: 30x }",
     R"(test.yaml:8:33: `for` must be a duration: unknown unit `x` in `30x`; valid: ns, us, ms, s, m, h
    8 |     do: { blackhole: both, for: 30x }
      |                                 ^)"},
    {"duration_of_spoken_unit", "do: { blackhole: both, for: 3s }",
     "do: { blackhole: both, for: 2minutes }",
     R"(test.yaml:8:33: `for` must be a duration: unknown unit `minutes` in `2minutes`; did you mean `m`?
    8 |     do: { blackhole: both, for: 2minutes }
      |                                 ^)"},
    {"duration_with_a_blank", "do: { blackhole: both, for: 3s }",
     "do: { blackhole: both, for: 30 s }",
     R"(test.yaml:8:33: `for` must be a duration: `30 s` has a blank before its unit
    8 |     do: { blackhole: both, for: 30 s }
      |                                 ^)"},
    {"duration_too_long", "do: { blackhole: both, for: 3s }",
     "do: { blackhole: both, for: 9999999999h }",
     R"(test.yaml:8:33: `for` must be a duration: `9999999999h` is too long, or no whole number of nanoseconds
    8 |     do: { blackhole: both, for: 9999999999h }
      |                                 ^)"},
    {"duration_is_a_word", "do: { blackhole: both, for: 3s }", "do: { blackhole: both, for: ever }",
     R"(test.yaml:8:33: `for` must be a duration: `ever` is none; write e.g. `30s`
    8 |     do: { blackhole: both, for: ever }
      |                                 ^)"},
    {"rate_without_unit", "do: { blackhole: both, for: 3s }", "do: { throttle: 64, for: 3s }",
     R"(test.yaml:8:21: `throttle` must be a rate of 1 B/s to 1 TB/s in B, kB, MB, GB, KiB, MiB or GiB, e.g. 64KiB/s; got `64`
    8 |     do: { throttle: 64, for: 3s }
      |                     ^)"},
    {"signal_that_ends_nothing", "do: { blackhole: both, for: 3s }", "do: { kill: SIGSTOP }",
     R"(test.yaml:8:17: unknown value `SIGSTOP` of `kill`; valid: SIGKILL, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGABRT, SIGSEGV
    8 |     do: { kill: SIGSTOP }
      |                 ^)"},
    {"reset_of_no_connection",
     R"(    at: { service: db, moment: commit.request }
    do: { blackhole: both, for: 3s })",
     R"(    at: { service: db, moment: accept }
    do: { reset: both })",
     R"(test.yaml:7:32: `reset` needs a connection that is made, and at `accept` there is none yet; `refuse: syn` at `connect` makes connect() fail
    7 |     at: { service: db, moment: accept }
      |                                ^)"},
    {"change_of_more_than_the_moment",
     R"(    at: { service: db, moment: commit.request }
    do: { blackhole: both, for: 3s })",
     R"(    at: { service: db, moment: first_byte }
    do: { corrupt: zero, bytes: 4 })",
     R"(test.yaml:7:32: `first_byte` is one byte: `corrupt` can change no other there, nor look for a pattern
    7 |     at: { service: db, moment: first_byte }
      |                                ^)"},
    {"change_behind_the_moment",
     R"(    at: { service: db, moment: commit.request }
    do: { blackhole: both, for: 3s })",
     R"(    at: { service: db, moment: "bytes:5" }
    do: { corrupt: zero, offset: 3 })",
     R"(test.yaml:7:32: `bytes` is one byte: `corrupt` can change no other there, nor look for a pattern
    7 |     at: { service: db, moment: "bytes:5" }
      |                                ^)"},
    {"for_of_the_other_rule", R"(    do: { blackhole: both, for: 3s })",
     R"(    do: { blackhole: both, for: 3x }
  - name: other
    while: cut
    at: { service: db, moment: connect }
    do: { refuse: syn })",
     R"(test.yaml:8:33: `for` must be a duration: unknown unit `x` in `3x`; valid: ns, us, ms, s, m, h
    8 |     do: { blackhole: both, for: 3x }
      |                                 ^)"},
    {"replace_without_with", "do: { blackhole: both, for: 3s }", "do: { corrupt: replace }",
     R"(test.yaml:8:9: missing key `with` in `do`; what is there instead, of the same length, e.g. `with: "0"`
    8 |     do: { corrupt: replace }
      |         ^)"},
    {"replace_with_bytes", "do: { blackhole: both, for: 3s }",
     "do: { corrupt: replace, bytes: 3, with: abc }",
     R"(test.yaml:8:36: `bytes` does not apply to `replace`: `with` says how many
    8 |     do: { corrupt: replace, bytes: 3, with: abc }
      |                                    ^)"},
    {"with_of_flip", "do: { blackhole: both, for: 3s }", "do: { corrupt: flip, with: abc }",
     R"(test.yaml:8:32: `with` applies to `corrupt: replace` alone
    8 |     do: { corrupt: flip, with: abc }
      |                                ^)"},
    {"too_many_bytes", "do: { blackhole: both, for: 3s }", "do: { corrupt: flip, bytes: 121 }",
     R"(test.yaml:8:33: `bytes` must be a whole number from 1 to 120, not `121`
    8 |     do: { corrupt: flip, bytes: 121 }
      |                                 ^)"},
    {"cgroup_of_a_process", "do: { blackhole: both, for: 3s }",
     "do: { pause: process, for: 3s, cgroup: x }",
     R"(test.yaml:8:44: `cgroup` applies to `pause: cgroup` alone
    8 |     do: { pause: process, for: 3s, cgroup: x }
      |                                            ^)"},
    {"refusal_of_a_message", "do: { blackhole: both, for: 3s }", "do: { refuse: syn }",
     R"(test.yaml:7:32: `refuse` acts at the moment `connect` alone
    7 |     at: { service: db, moment: commit.request }
      |                                ^)"},
    {"kill_at_connect",
     "at: { service: db, moment: commit.request }\n    do: { blackhole: both, for: 3s }",
     "at: { service: db, moment: connect }\n"
     "    do: { kill: SIGKILL }",
     R"(test.yaml:7:32: `kill` needs a moment with bytes of its own; `connect` has none
    7 |     at: { service: db, moment: connect }
      |                                ^)"},
    {"direction_of_a_message",
     "at: { service: db, moment: commit.request }\n    do: { blackhole: both, for: 3s }",
     "at: { service: db, moment: commit.request, direction: up }\n"
     "    do: { blackhole: both, for: 3s }",
     R"(test.yaml:7:59: `direction` applies to first_byte, bytes:N and close alone
    7 |     at: { service: db, moment: commit.request, direction: up }
      |                                                           ^)"},
    {"bytes_without_a_number",
     "at: { service: db, moment: commit.request }\n    do: { blackhole: both, for: 3s }",
     "at: { service: db, moment: bytes }\n"
     "    do: { blackhole: both, for: 3s }",
     R"(test.yaml:7:32: unknown moment `bytes` of protocol `postgres`; valid: startup, auth.ok, backend.key, query, begin, statement, parse, bind, execute, commit.request, commit.ack, commit.implicit, rollback.request, rollback.ack, prepare.request, commit-prepared.request, rollback-prepared.request, error, ready, copy.data, cancel, terminate, connect, accept, first_byte, bytes:N, close
    7 |     at: { service: db, moment: bytes }
      |                                ^)"},
    {"bytes_of_zero",
     "at: { service: db, moment: commit.request }\n    do: { blackhole: both, for: 3s }",
     "at: { service: db, moment: \"bytes:0\" }\n"
     "    do: { blackhole: both, for: 3s }",
     R"(test.yaml:7:32: `bytes:N` must be a whole number from 1 to 1073741824, not `0`
    7 |     at: { service: db, moment: "bytes:0" }
      |                                ^)"},
    {"position_of_corrupt",
     "at: { service: db, moment: commit.request }\n    do: { blackhole: both, for: 3s }",
     "at: { service: db, moment: commit.request, position: after }\n"
     "    do: { corrupt: flip }",
     R"(test.yaml:7:58: `position` does not apply to `corrupt`: it cuts nothing
    7 |     at: { service: db, moment: commit.request, position: after }
      |                                                          ^)"},
    {"after_itself", "name: cut", "name: cut\n    after: cut",
     R"(test.yaml:7:12: `after` must name a fault that stands before this one; there is none
    7 |     after: cut
      |            ^)"},
    {"while_of_what_is_over_at_once", "expect:",
     R"(  - name: torn
    at: { service: db, moment: connect }
    do: { refuse: syn }
  - name: second
    while: torn
    at: { service: db, moment: connect }
    do: { refuse: syn }
expect:)",
     R"(test.yaml:13:12: `while`: `torn` is over at once; say `after: torn`
   13 |     while: torn
      |            ^)"},
};

INSTANTIATE_TEST_SUITE_P(Inputs, BadFaults, ::testing::ValuesIn(inputs), name_of);

}  // namespace
}  // namespace cutpoint::test

// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/unit/scenario/scenario_fixture.h"

namespace cutpoint::test {
namespace {

using BadTarget = BadInputTest;

TEST_P(BadTarget, IsExplainedInPlace) {
  const BadInput& bad = GetParam();
  EXPECT_EQ(complaints(load(replaced(smallest, bad.from, bad.to))), bad.complaints);
}

const std::vector<BadInput> inputs{
    {"unknown_key", "workload: { kind: postgres.orders }", "target: { comand: [x] }",
     R"(test.yaml:4:11: unknown key `comand` in `target`; did you mean `command`?
    4 | target: { comand: [x] }
      |           ^)"},
    {"no_way_to_find_it", "workload: { kind: postgres.orders }", "target: { timeout: 3s }",
     R"(test.yaml:4:9: `target` needs one of `command`, `pid`, `cgroup`, `unit`, `container`
    4 | target: { timeout: 3s }
      |         ^)"},
    {"command_and_pid", "workload: { kind: postgres.orders }", "target: { command: [x], pid: 7 }",
     R"(test.yaml:4:30: `target` takes only one of `command`, `pid`, `cgroup`, `unit`, `container`; `command` is given
    4 | target: { command: [x], pid: 7 }
      |                              ^)"},
    {"all_three_ways", "workload: { kind: postgres.orders }",
     "target: { cgroup: c, pid: 7, command: [x] }",
     R"(test.yaml:4:19: `target` takes only one of `command`, `pid`, `cgroup`, `unit`, `container`; `command` is given
    4 | target: { cgroup: c, pid: 7, command: [x] }
      |                   ^
test.yaml:4:27: `target` takes only one of `command`, `pid`, `cgroup`, `unit`, `container`; `command` is given
    4 | target: { cgroup: c, pid: 7, command: [x] }
      |                           ^)"},
    {"command_is_a_text", "workload: { kind: postgres.orders }", R"(target: { command: "x y" })",
     R"(test.yaml:4:20: `command` must be a list of words, e.g. [python3, app.py], with no shell
    4 | target: { command: "x y" }
      |                    ^)"},
    {"empty_command", "workload: { kind: postgres.orders }", "target: { command: [] }",
     R"(test.yaml:4:20: `command` is an empty list
    4 | target: { command: [] }
      |                    ^)"},
    {"empty_program", "workload: { kind: postgres.orders }", R"(target: { command: [""] })",
     R"(test.yaml:4:21: `command[0]` is empty
    4 | target: { command: [""] }
      |                     ^)"},
    {"command_holds_a_map", "workload: { kind: postgres.orders }",
     "target: { command: [x, { a: b }] }",
     R"(test.yaml:4:24: `command[1]` must be a text, not a map
    4 | target: { command: [x, { a: b }] }
      |                        ^)"},
    {"pid_zero", "workload: { kind: postgres.orders }", "target: { pid: 0 }",
     R"(test.yaml:4:16: `pid` must be a whole number from 1 to 2147483647, not `0`
    4 | target: { pid: 0 }
      |                ^)"},
    {"pid_too_large", "workload: { kind: postgres.orders }", "target: { pid: 2147483648 }",
     R"(test.yaml:4:16: `pid` must be a whole number from 1 to 2147483647, not `2147483648`
    4 | target: { pid: 2147483648 }
      |                ^)"},
    {"unit_is_a_path", "workload: { kind: postgres.orders }",
     "target: { unit: system.slice/shop.service }",
     R"(test.yaml:4:17: `system.slice/shop.service` is no unit's name; a path is given as `cgroup`
    4 | target: { unit: system.slice/shop.service }
      |                 ^)"},
    {"user_with_a_pid", "workload: { kind: postgres.orders }", "target: { pid: 7, user: nobody }",
     R"(test.yaml:4:25: `user` goes with `command` only: a running process keeps its user
    4 | target: { pid: 7, user: nobody }
      |                         ^)"},
    {"container_is_a_name", "workload: { kind: postgres.orders }",
     "target: { container: shop-database-1 }",
     R"(test.yaml:4:22: `shop-database-1` is no container's id: write at least 12 of its 64 hexadecimal digits, as `docker ps`, `crictl ps` or `podman ps` show them; names are the runtime's own
    4 | target: { container: shop-database-1 }
      |                      ^)"},
    {"timeout_without_unit", "workload: { kind: postgres.orders }",
     "target: { pid: 7, timeout: 30 }",
     R"(test.yaml:4:28: `timeout` must be a duration: `30` has no unit; write e.g. `30s`
    4 | target: { pid: 7, timeout: 30 }
      |                            ^)"},
    {"timeout_zero", "workload: { kind: postgres.orders }", "target: { pid: 7, timeout: 0s }",
     R"(test.yaml:4:28: `timeout` must be longer than 0
    4 | target: { pid: 7, timeout: 0s }
      |                            ^)"},
    {"target_is_null", "workload: { kind: postgres.orders }", "target:",
     R"(test.yaml:4:1: `target` is empty: it must be a map
    4 | target:
      | ^)"},
};

INSTANTIATE_TEST_SUITE_P(Inputs, BadTarget, ::testing::ValuesIn(inputs), name_of);

}  // namespace
}  // namespace cutpoint::test

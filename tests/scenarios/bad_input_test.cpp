// SPDX-License-Identifier: Apache-2.0
// Every bad input ends in the exit code of its kind and a message that names the cause and the
// remedy; and leaves nothing, not even an empty output directory.
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/util/cgroup.h"
#include "controller/util/file.h"
#include "tests/scenarios/scenario_fixture.h"

namespace cutpoint {
namespace {

const std::string address = std::string("127.0.0.1:") + CUTPOINT_TEST_LAB_PORT;

class BadInput : public ScenarioTest {
 protected:
  // `message` is all of stderr but the lines of progress, which begin with a time.
  void expect_refused(const Program::Ended& ended, int code, const std::string& message) const {
    EXPECT_EQ(ended.code, code) << ended.out;
    EXPECT_EQ(without_progress(ended.err), message);
    EXPECT_EQ(ended.out, "");
    EXPECT_FALSE(std::filesystem::exists(out()));
  }

  static std::string without_progress(const std::string& text) {
    const std::size_t at = text.rfind("phase: steady state\n");
    return at == std::string::npos ? text : text.substr(text.find('\n', at) + 1);
  }

  // The shipped scenario, where everyone may read it.
  [[nodiscard]] std::string readable_scenario() const {
    const auto text = read_file(CUTPOINT_SOURCE_DIR "/scripts/scenarios/split-brain.yaml");
    write_text(path("split-brain.yaml"), text.value());
    return path("split-brain.yaml");
  }
};

TEST_F(BadInput, all_errors_of_a_file_are_listed) {
  const auto ended = cutpoint(scenario(R"(scenario: bad
servces: {}
services:
  db: { protocol: postgres, dsn: "${CUTPOINT_TEST_NOT_SET}" }
workload: { kind: postgres.orders, patience: 10 }
faults:
  - name: cut
    at: { service: db, moment: commit.requests, comand: INSERT }
    do: { blackhole: both, for: 3sec }
)"));
  const auto expected = fmt::format(
      R"({0}:1:1: missing key `expect` in the scenario; without it, nothing is proven (`expect: []` says so)
    1 | scenario: bad
      | ^
{0}:2:1: unknown key `servces` in the scenario; did you mean `services`?
    2 | servces: {{}}
      | ^
{0}:4:35: environment variable `CUTPOINT_TEST_NOT_SET` is not set; set it with `export CUTPOINT_TEST_NOT_SET=...`, and keep it with `sudo --preserve-env=CUTPOINT_TEST_NOT_SET`
    4 |   db: {{ protocol: postgres, dsn: "${{CUTPOINT_TEST_NOT_SET}}" }}
      |                                   ^
{0}:5:46: `patience` must be a duration or `never`: `10` has no unit; write e.g. `10s`
    5 | workload: {{ kind: postgres.orders, patience: 10 }}
      |                                              ^
{0}:8:32: unknown moment `commit.requests` of protocol `postgres`; did you mean `commit.request`?
    8 |     at: {{ service: db, moment: commit.requests, comand: INSERT }}
      |                                ^
{0}:8:49: unknown key `comand` in `at`; did you mean `command`?
    8 |     at: {{ service: db, moment: commit.requests, comand: INSERT }}
      |                                                 ^
{0}:9:33: `for` must be a duration: unknown unit `sec` in `3sec`; did you mean `s`?
    9 |     do: {{ blackhole: both, for: 3sec }}
      |                                 ^
)",
      path("scenario.yaml"));
  expect_refused(ended, 2, expected);
}

struct Override {
  const char* name;
  const char* set;
  const char* message;
};

class BadOverride : public BadInput, public testing::WithParamInterface<Override> {};

TEST_P(BadOverride, is_shown_with_a_caret) {
  expect_refused(cutpoint(split_brain({GetParam().set})), 2, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    each, BadOverride,
    testing::Values(
        Override{"unknown_key", "faults.partition-at-commit.at.momnt=x",
                 "--set: unknown key `momnt` in `at`; did you mean `moment`?\n"
                 "      | --set faults.partition-at-commit.at.momnt=x\n"
                 "      |                                     ^\n"},
        Override{"unknown_moment", "faults.partition-at-commit.at.moment=commit.requst",
                 "--set: unknown moment `commit.requst` of protocol `postgres`; did you mean "
                 "`commit.request`?\n"
                 "      | --set faults.partition-at-commit.at.moment=commit.requst\n"
                 "      |                                            ^\n"},
        Override{"unknown_filter", "faults.partition-at-commit.at.comand=INSERT",
                 "--set: unknown key `comand` in `at`; did you mean `command`?\n"
                 "      | --set faults.partition-at-commit.at.comand=INSERT\n"
                 "      |                                     ^\n"},
        Override{"unknown_unit", "faults.partition-at-commit.do.for=3sec",
                 "--set: `for` must be a duration: unknown unit `sec` in `3sec`; did you mean "
                 "`s`?\n"
                 "      | --set faults.partition-at-commit.do.for=3sec\n"
                 "      |                                         ^\n"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST_F(BadInput, unset_variable) {
  const std::string file = readable_scenario();
  const auto ended = start_words({"env", "-u", "CUTPOINT_PG_DSN", CUTPOINT_TEST_BINARY, "run", file,
                                  "--out", out()})
                         .wait();
  expect_refused(ended, 2,
                 file +
                     ":21:35: environment variable `CUTPOINT_PG_DSN` is not set; set it with "
                     "`export CUTPOINT_PG_DSN=...`, and keep it with `sudo "
                     "--preserve-env=CUTPOINT_PG_DSN`\n"
                     "   21 |   db: { protocol: postgres, dsn: \"${CUTPOINT_PG_DSN}\" }\n"
                     "      |                                   ^\n");
}

TEST_F(BadInput, no_such_file) {
  expect_refused(cutpoint({"run", path("none.yaml"), "--out", out()}), 2,
                 path("none.yaml") + ": cannot be read: No such file or directory\n");
}

// Whoever has no privileges is told so first, not that a directory cannot be written to.
TEST_F(BadInput, no_privilege) {
  const UniqueFd program(::open(CUTPOINT_TEST_BINARY, O_PATH | O_CLOEXEC));
  Program::Options options;
  options.program_fd = program.get();
  options.user = find_account("nobody").value();
  const auto ended = start({"run", readable_scenario(), "--out", out()}, options).wait();
  expect_refused(ended, 3,
                 "cutpoint: cutpoint needs root to load BPF programs\n"
                 "  → run it with sudo; `cutpoint check` says what else this host needs\n");
  EXPECT_EQ(start({"check"}, options).wait().code, 3);
  const auto clear = start({"clear"}, options).wait();
  EXPECT_EQ(clear.code, 3);
  EXPECT_EQ(clear.err, "cutpoint: cutpoint clear needs root\n  → run it with sudo\n");
}

TEST_F(BadInput, kernel_without_btf) {
  const Words hidden{"unshare", "--mount", "sh", "-c",
                     R"(mount -t tmpfs none /sys/kernel/btf && exec "$0" "$@")"};
  const auto ended = start_words(hidden + Words{CUTPOINT_TEST_BINARY} + split_brain({})).wait();
  expect_refused(
      ended, 3,
      "cutpoint: this kernel has no BTF (/sys/kernel/btf/vmlinux is missing)\n"
      "  → use a kernel built with CONFIG_DEBUG_INFO_BTF=y, as the distributions' are\n");
}

// As `ip netns exec` leaves it.
TEST_F(BadInput, no_cgroup_v2_in_its_mount_namespace) {
  const Words hidden{
      "unshare", "--mount", "sh", "-c",
      R"(while d=$(findmnt -nt cgroup2 -o TARGET | head -n 1) && [ "$d" ]; do umount -l "$d"; done
         exec "$0" "$@")"};
  const auto ended = start_words(hidden + Words{CUTPOINT_TEST_BINARY} + split_brain({})).wait();
  expect_refused(ended, 3,
                 "cutpoint: no cgroup v2 hierarchy is mounted in this mount namespace, though the "
                 "host has one\n"
                 "  → enter the network namespace alone, not with `ip netns exec NS`: `nsenter "
                 "--net=/run/netns/NS cutpoint …`\n");
}

TEST_F(BadInput, postgres_that_is_not_there) {
  dsn_ = "postgresql://cutpoint:secret@127.0.0.1:1/cutpoint";
  expect_refused(cutpoint(split_brain({})), 3,
                 "cutpoint: service `db`: connection to server at \"127.0.0.1\", port 1 failed: "
                 "Connection refused; Is the server running on that host and accepting TCP/IP "
                 "connections?\n"
                 "  → is PostgreSQL running there? Check host and port of the connection string; "
                 "for the private one: scripts/lab up\n");
}

TEST_F(BadInput, wrong_password) {
  dsn_ = fmt::format("postgresql://cutpoint:wrong@{}/cutpoint", address);
  expect_refused(cutpoint(split_brain({})), 3,
                 fmt::format("cutpoint: service `db`: connection to server at \"127.0.0.1\", port "
                             "{} failed: FATAL:  password authentication failed for user "
                             "\"cutpoint\"\n"
                             "  → check user and password of the connection string\n",
                             CUTPOINT_TEST_LAB_PORT));
}

TEST_F(BadInput, unix_socket) {
  dsn_ = fmt::format("host={} dbname=cutpoint user=cutpoint", Lab::socket_directory());
  expect_refused(cutpoint(split_brain({})), 3,
                 "cutpoint: service `db`: its dsn leads to a Unix-domain socket, which carries no "
                 "segments: not covered\n"
                 "  → name a TCP address in the dsn, for example host=127.0.0.1\n");
}

TEST_F(BadInput, missing_tables) {
  Lab::psql("DROP TABLE IF EXISTS products, variants");
  expect_refused(cutpoint(split_brain({"workload.schema=expect"})), 3,
                 "cutpoint: service `db`: no such table: products, variants\n"
                 "  → create what is missing in the database of the connection string, correct "
                 "tables: and by:, or use schema: create for the workload's own tables\n");
}

// Whatever the spelling: as a URI or by keywords, IPv4 or mapped into IPv6.
TEST_F(BadInput, two_services_at_one_address) {
  for (const char* other : {"postgresql://u:p@127.0.0.1:1/b", "host=::ffff:127.0.0.1 port=1",
                            "host=127.0.0.9,127.0.0.1 port=2,1"}) {
    const std::string at = std::string(other).find("ffff") == std::string::npos
                               ? "127.0.0.1:1"
                               : "[::ffff:127.0.0.1]:1";
    for (const Words& extra : {Words{}, Words{"--dry-run"}}) {
      expect_refused(
          cutpoint(scenario(fmt::format(R"(scenario: two
services:
  a: {{ protocol: postgres, dsn: "postgresql://u:p@127.0.0.1:1/a" }}
  b: {{ protocol: postgres, dsn: "{}" }}
target: {{ command: ["true"] }}
faults:
  - name: cut
    at: {{ service: a, moment: commit.request }}
    do: {{ blackhole: both, for: 1s }}
expect:
  - {{ invariant: postgres.belief_agrees, service: a }}
)",
                                        other)) +
                   extra),
          2,
          fmt::format("cutpoint: services `a` and `b` are both at {}: by its address, a connection "
                      "can belong to one service only\n"
                      "  → name one service for that address, or give each an address, or a "
                      "`server_name`, of its own\n",
                      at));
    }
  }
}

TEST_F(BadInput, output_directory_that_cannot_be) {
  write_text(path("file"), "");
  for (const char* name : {"theirs", "shared", "target"}) {
    std::filesystem::create_directory(path(name));
  }
  ASSERT_EQ(::chown(path("theirs").c_str(), 12345, 0), 0);
  ASSERT_EQ(::chmod(path("shared").c_str(), 0770), 0);
  std::filesystem::create_directory_symlink(path("target"), path("link"));
  for (const auto& [directory, why] :
       {std::pair(std::string("/proc/x"), "No such file or directory"),
        std::pair(path("file/out"), "Not a directory"),
        std::pair(path("theirs"), "it belongs to user 12345, not to 0"),
        std::pair(path("shared"), "others may write to it, too"),
        std::pair(path("link"), "it is a symbolic link")}) {
    const auto ended = cutpoint(
        {"run", CUTPOINT_SOURCE_DIR "/scripts/scenarios/split-brain.yaml", "--out", directory});
    expect_refused(ended, 2,
                   fmt::format("cutpoint: cannot write to output directory {}: {}\n"
                               "  → choose another with --out DIR; one that does not exist yet "
                               "is made\n",
                               directory, why));
  }
}

TEST_F(BadInput, root_cgroup) {
  expect_refused(cutpoint(scenario(of_target("cgroup: /"))), 2,
                 "cutpoint: target: the root cgroup holds every process of this host, yours "
                 "included\n"
                 "  → name a smaller cgroup, or say --yes-really\n");
}

TEST_F(BadInput, thread_of_the_kernel) {
  // kthreadd, which has made all the others.
  expect_refused(cutpoint(scenario(of_target("pid: 2"))), 2,
                 "cutpoint: target: process 2 is a thread of the kernel\n"
                 "  → name a process of the application\n");
}

TEST_F(BadInput, process_that_is_not_there) {
  expect_refused(cutpoint(scenario(of_target("pid: 4194304"))), 2,
                 "cutpoint: target: no process 4194304\n  → name a running process\n");
}

TEST_F(BadInput, command_that_is_not_there) {
  const auto ended = cutpoint(scenario(of_target("command: [/no/such/program]")));
  EXPECT_EQ(ended.code, 2) << ended.out;
  EXPECT_NE(ended.err.find("cannot run '/no/such/program': no such file"), std::string::npos)
      << ended.err;
  EXPECT_EQ(ended.err.find("armed: "), std::string::npos) << ended.err;
  EXPECT_FALSE(std::filesystem::exists(out()));
}

TEST_F(BadInput, service_that_another_run_works_on) {
  Program first = start(split_brain({}, "60s"));
  ASSERT_NE(first.err_line("armed: "), "");
  auto arguments = split_brain({});
  arguments[3] = path("second");
  const auto second = cutpoint(arguments);
  EXPECT_EQ(second.code, 3);
  EXPECT_EQ(second.err, fmt::format("cutpoint: another cutpoint (pid {0}) is already working on "
                                    "service db at {1}\n"
                                    "  → wait for it to end, or end it: kill -INT {0}\n",
                                    first.pid(), address));
  EXPECT_FALSE(std::filesystem::exists(path("second")));
  first.signal(SIGINT);
  EXPECT_EQ(first.wait().code, 130);
}

TEST_F(BadInput, service_that_another_run_works_on_by_another_address) {
  Program first = start(split_brain({}, "60s"));
  ASSERT_NE(first.err_line("armed: "), "");
  use_host("[::1]");
  auto arguments = split_brain({});
  arguments[3] = path("second");
  const auto second = cutpoint(arguments);
  EXPECT_EQ(second.code, 3);
  const auto refusal = fmt::format(
      "cutpoint: service `db`: another cutpoint (pid {0}) is already working on the PostgreSQL "
      "database system {1}\n"
      "  → wait for it to end, or end it: kill -INT {0}\n",
      first.pid(), Lab::psql("SELECT system_identifier FROM pg_control_system()"));
  EXPECT_TRUE(second.err.ends_with(refusal)) << second.err;
  EXPECT_FALSE(std::filesystem::exists(path("second")));
  first.signal(SIGINT);
  EXPECT_EQ(first.wait().code, 130);
}

TEST_F(BadInput, target_that_another_run_works_on) {
  const Program sleeper({"sleep", "1000"});
  const auto arguments = scenario(of_target(fmt::format("pid: {}", sleeper.pid())));
  Program first = start(arguments);
  ASSERT_NE(first.err_line("phase: workload"), "");
  // By its other address the service is another one.
  use_host("[::1]");
  const auto second = cutpoint(arguments);
  EXPECT_EQ(second.code, 3);
  EXPECT_EQ(second.err, fmt::format("cutpoint: another cutpoint (pid {0}) is already working on "
                                    "the target's cgroup\n"
                                    "  → wait for it to end, or end it: kill -INT {0}\n",
                                    first.pid()));
  first.signal(SIGINT);
  EXPECT_EQ(first.wait().code, 130);
}

TEST_F(BadInput, options_that_are_none_say_where_to_read_on) {
  expect_refused(cutpoint({"run", "--fo", "x.yaml"}), 2,
                 "cutpoint: The following argument was not expected: --fo\n"
                 "  → see cutpoint run --help\n");
  expect_refused(cutpoint({"report"}), 2,
                 "cutpoint: DIR is required\n  → see cutpoint report --help\n");
  expect_refused(cutpoint({}), 2, "cutpoint: A subcommand is required\n  → see cutpoint --help\n");
}

TEST_F(BadInput, what_a_trace_lacks_is_said_of_a_trace) {
  expect_refused(cutpoint({"trace"}), 2,
                 "trace: no service; give one, e.g. --service db=postgres@127.0.0.1:5432\n");
  expect_refused(cutpoint({"inject"}), 2,
                 "inject: no service; give one, e.g. --service db=postgres@127.0.0.1:5432\n");
}

}  // namespace
}  // namespace cutpoint

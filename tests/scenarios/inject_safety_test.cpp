// SPDX-License-Identifier: Apache-2.0
// `cutpoint inject` where it could harm itself, or believe that it did something: each is refused,
// or told.
#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>

#include "controller/util/cgroup.h"
#include "tests/scenarios/shop.h"

namespace cutpoint {
namespace {

using nlohmann::json;

class InjectSafety : public ShopTest {
 protected:
  void SetUp() override {
    ShopTest::SetUp();
    if (IsSkipped()) return;
    const auto mount = find_cgroup_mount();
    group_ = mount->point + fmt::format("/scenario-test-{}", ::getpid());
    std::filesystem::create_directories(group_);
    cgroup_.emplace(Cgroup::open(mount.value(), group_).value());
    cgroup_->adopt();
  }
  // cutpoint itself in the cgroup.
  Program::Ended inside(const Words& arguments) {
    Program::Options options;
    options.cgroup_fd = cgroup_->fd();
    return start(arguments, options).wait();
  }

  std::string group_;
  std::optional<Cgroup> cgroup_;
};

TEST_F(InjectSafety, does_not_freeze_itself) {
  const auto ended = inside(inject(
      by_address + Words{"--at", "commit.request", "--do", "pause cgroup 1s", "--cgroup", group_}));
  EXPECT_EQ(ended.code, 2) << ended.out;
  EXPECT_EQ(ended.err,
            fmt::format("cutpoint: pause-at-commit.request: cutpoint itself is in cgroup {}: it "
                        "would freeze with it, and nobody would thaw them\n"
                        "  → run cutpoint from another cgroup, e.g. `systemd-run --scope cutpoint "
                        "…`\n",
                        group_));
}

TEST_F(InjectSafety, does_not_take_its_own_connections_for_the_targets) {
  const Words cut{"--at", "commit.request", "--do", "blackhole both 1s", "--cgroup", group_};
  const auto ended = inside(inject(by_dsn + cut));
  EXPECT_EQ(ended.code, 2) << ended.out;
  EXPECT_EQ(ended.err,
            fmt::format("cutpoint: target: cutpoint itself is in cgroup {}: its own connections to "
                        "the services would be the target's\n"
                        "  → run cutpoint from another cgroup, e.g. `systemd-run --scope cutpoint "
                        "…`, or give the services by their addresses\n",
                        group_));
  const auto heard = inside(inject(by_address + cut + Words{"--dry-run"}));
  EXPECT_EQ(heard.code, 0) << heard.err << ": it has no connection to that service";
}

TEST_F(InjectSafety, finds_what_it_cannot_freeze_before_the_target_starts) {
  for (const char* dry_run : {"", "--dry-run"}) {
    Words arguments = inject(
        by_address + Words{"--at", "commit.request", "--do", "pause cgroup 1s cgroup=/nope"});
    if (*dry_run != '\0') arguments.emplace_back(dry_run);
    const auto ended = cutpoint(arguments + Words{"--", "touch", path("started")});
    EXPECT_EQ(ended.code, 2) << ended.out << ended.err;
    EXPECT_NE(ended.err.find("pause-at-commit.request: "), std::string::npos) << ended.err;
    EXPECT_NE(ended.err.find("/nope"), std::string::npos) << ended.err;
    EXPECT_FALSE(std::filesystem::exists(path("started")));
  }
  const auto root = cutpoint(inject(by_address + Words{"--at", "commit.request", "--do",
                                                       "pause cgroup 1s cgroup=/", "--", "true"}));
  EXPECT_EQ(root.code, 2) << root.err;
  EXPECT_NE(root.err.find("cannot be frozen"), std::string::npos) << root.err;
}

// The kernel's programs see the host's numbers of processes, cutpoint those of its namespace.
TEST_F(InjectSafety, resumes_what_it_paused_in_a_namespace_of_processes) {
  const auto ended =
      start_words(
          Words{"unshare", "--pid", "--fork", "--mount-proc", CUTPOINT_TEST_BINARY} +
              inject(by_address + Words{"--at", "commit.request,nth=3", "--do",
                                        "pause process 300ms", "--user", "nobody", "--",
                                        "/usr/bin/python3", path("shop.py"), "--orders", "5"}),
          with_environment())
          .wait();
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  EXPECT_EQ(report()["problems"], json::array());
  EXPECT_EQ(report()["faults"][0]["signalled"], 1);
  EXPECT_EQ(report()["target"]["exit_code"], 0);
}

// As with a service on another host, which tells nobody that it has accepted its RST: every one is
// sent in time all the same, and what is not known is said.
TEST_F(InjectSafety, many_resets_of_a_service_that_does_not_tell) {
  const std::string table = fmt::format("cutpoint-test-{}", ::getpid());
  struct Filter {
    std::string table;
    ~Filter() { Program::run({"nft", "delete", "table", "inet", table}); }
  } filter{table};
  const auto filtered = Program::run(
      {"nft", fmt::format("add table inet {0}; add chain inet {0} in {{ type filter hook input "
                          "priority 0; }}; add rule inet {0} in tcp dport {1} tcp flags & rst == "
                          "rst drop",
                          table, CUTPOINT_TEST_LAB_PORT)});
  ASSERT_EQ(filtered.code, 0) << filtered.err;
  const auto ended = cutpoint(inject(
      by_address +
      Words{
          "--at", "commit.request:after,times=32", "--do", "reset both", "--", "/bin/sh", "-c",
          R"(for i in $(seq 32); do psql "$CUTPOINT_PG_DSN" -c BEGIN -c COMMIT & done; wait; exit 0)"}));
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  const json fault = report()["faults"][0];
  EXPECT_EQ(fault["fired_count"], 32) << fault;
  EXPECT_EQ(fault["resets_sent"], 32) << fault;
  EXPECT_EQ(fault["resets_unconfirmed"], 32) << fault;
  EXPECT_EQ(fault["resets_failed"], 0) << fault;
  EXPECT_NE(ended.out.find("32 connections; not confirmed by the service: 32"), std::string::npos)
      << ended.out;
}

}  // namespace
}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
// `cutpoint trace`: cgroup, unit and container of who speaks, and the container as a target. There
// is no runtime: its cgroups are made by hand, as it would call them.
#include <filesystem>
#include <fmt/format.h>

#include "controller/util/cgroup.h"
#include "tests/scenarios/shop.h"
#include "tests/scenarios/trace_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;

class TraceNames : public Traces<ShopTest> {
 protected:
  // Of a container that no other run has: our pid is in front.
  static std::string id_of(char first) {
    return fmt::format("{}{:08x}{:0>55}", first, ::getpid(), "");
  }
  static std::string scope_of(const std::string& id) { return "docker-" + id + ".scope"; }
  static Cgroup make(const std::string& name) {
    const auto mount = find_cgroup_mount().value();
    std::filesystem::create_directories(mount.point + "/" + name);
    Cgroup cgroup = Cgroup::open(mount, name).value();
    cgroup.adopt();
    return cgroup;
  }

  Program start_trace(const Words& options) {
    return start(Words{"trace", "--summary"} + to_file() + by_address + options);
  }
  void ask_in(const Cgroup& cgroup) const {
    Program::Options options = with_environment();
    options.cgroup_fd = cgroup.fd();
    const auto ended = Program::run({"psql", "-Xq", dsn_, "-c", "SELECT 1"}, options);
    ASSERT_EQ(ended.code, 0) << ended.err;
  }
};

TEST_F(TraceNames, process_that_has_gone_with_its_container_is_named) {
  Program trace = start_trace({"--moment", "query"});
  ASSERT_NE(trace.err_line("tracing"), "");
  const std::string id = id_of('a');
  {
    const Cgroup container = make(scope_of(id));
    ask_in(container);
  }
  const std::vector<json> all = end(trace);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0]["cgroup"], "/" + scope_of(id));
  EXPECT_EQ(all[0]["unit"], scope_of(id));
  EXPECT_EQ(all[0]["container"], id);
  EXPECT_EQ(all[0]["comm"], "psql");
}

TEST_F(TraceNames, service_is_named_in_text_too) {
  const std::string unit = fmt::format("scenario-test-{}.service", ::getpid());
  const Cgroup cgroup = make(unit);
  Program trace = start(Words{"trace", "--moment", "query"} + by_address);
  ASSERT_NE(trace.err_line("tracing"), "");
  ask_in(cgroup);
  EXPECT_NE(trace.out_line("]@" + unit + " > query"), "");
  trace.interrupt();
}

// Beside it: another container, another service, other moments, another peer.
TEST_F(TraceNames, filters_work_together) {
  const std::string id = id_of('b');
  const Cgroup container = make(scope_of(id));
  const Cgroup beside = make(scope_of(id_of('c')));
  Program trace = start_trace({"--service", "web=http@127.0.0.1:9", "--container", id.substr(0, 12),
                               "--moment", "query", "--moment", "ready", "--peer", "127.0.0.0/8"});
  ASSERT_NE(trace.err_line("tracing"), "");
  ask_in(beside);
  ask_in(container);
  const std::vector<json> all = end(trace);
  ASSERT_EQ(all.size(), 4U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(all[i]["container"], id);
    EXPECT_EQ(all[i]["service"], "db");
  }
  EXPECT_EQ(all[1]["moment"], "query");
  EXPECT_EQ(all[3]["flows"]["opened"], 1);
  EXPECT_EQ(all[3]["moments"]["db"]["query"], 1);
}

TEST_F(TraceNames, peer_that_nobody_is_shows_nothing) {
  Program trace = start_trace({"--peer", "10.0.0.0/8"});
  ASSERT_NE(trace.err_line("tracing"), "");
  ASSERT_EQ(Program::run({"psql", "-Xq", dsn_, "-c", "SELECT 1"}).code, 0);
  const std::vector<json> all = end(trace);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0]["flows"]["opened"], 0);
  EXPECT_EQ(all[0]["not_seen"], json::object());
}

TEST_F(TraceNames, container_that_is_not_there_is_told) {
  const auto ended = cutpoint(Words{"trace"} + by_address + Words{"--container", "0123456789ab"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.err.find(fmt::format("cutpoint: target: no cgroup below {} is that of container "
                                       "0123456789ab\n",
                                       find_cgroup_mount()->point)),
            std::string::npos)
      << ended.err;
}

TEST_F(TraceNames, container_that_may_be_two_is_told) {
  const std::string id = id_of('d');
  const Cgroup one = make(scope_of(id));
  const Cgroup other = make(scope_of(id.substr(0, 63) + '1'));
  const auto ended = cutpoint(Words{"trace"} + by_address + Words{"--container", id.substr(0, 12)});
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.err.find("2 cgroups are those of containers " + id.substr(0, 12)),
            std::string::npos)
      << ended.err;
  EXPECT_NE(ended.err.find(one.path()), std::string::npos) << ended.err;
}

TEST_F(TraceNames, container_is_a_target_of_faults_too) {
  const std::string id = id_of('e');
  const Cgroup container = make(scope_of(id));
  Program shop = start_shop();
  Cgroup moved = Cgroup::open(find_cgroup_mount().value(), container.path()).value();
  ASSERT_TRUE(moved.add(shop.pid()));
  Program run =
      start(inject(by_address + Words{"--at", "commit.request,nth=8", "--do", "blackhole both 1s",
                                      "--container", id.substr(0, 16)}));
  ASSERT_NE(run.err_line("armed: "), "");
  open_shop();
  const auto ended = run.wait();
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  EXPECT_EQ(report()["target"]["kind"], "container");
}

}  // namespace
}  // namespace cutpoint

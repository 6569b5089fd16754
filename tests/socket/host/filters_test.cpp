// SPDX-License-Identifier: Apache-2.0
// Filters and clsact qdiscs of dead runs.
#include <bpf/bpf.h>
#include <filesystem>
#include <net/if.h>
#include <unistd.h>

#include "controller/run/residue.h"
#include "controller/util/clsact.h"
#include "controller/util/file.h"
#include "tests/socket/host/host_fixture.h"

namespace cutpoint {
namespace {

// Passes every packet on to the next filter.
UniqueFd load_idle_program() {
  bpf_insn instructions[2] = {};
  instructions[0].code = BPF_ALU64 | BPF_MOV | BPF_K;
  instructions[0].imm = -1;
  instructions[1].code = BPF_JMP | BPF_EXIT;
  return UniqueFd(bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "idle", "GPL", instructions, 2, nullptr));
}

// A device of somebody else, and a run that has died while its filters were on it.
class DeadFilters : public HostTest {
 protected:
  void SetUp() override {
    HostTest::SetUp();
    if (IsSkipped()) return;
    run({"ip", "link", "add", device_, "type", "veth", "peer", "name", device_ + "p"});
    interface_ = static_cast<int>(::if_nametoindex(device_.c_str()));
    run({"tc", "qdisc", "add", "dev", device_, "clsact"});
    SpawnOptions options;
    options.command = {"true"};
    auto child = Child::spawn(options);
    ASSERT_TRUE(child && child->wait());
    dead_ = child->pid();
    add("cutpoint-" + std::to_string(dead_) + "-egress", 1);
  }
  void TearDown() override {
    if (interface_ != 0) run({"ip", "link", "delete", device_});
    HostTest::TearDown();
  }

  void add(const std::string& name, std::uint32_t handle) {
    const UniqueFd program = load_idle_program();
    const Status added =
        add_filter({interface_, HookSide::egress, 50'001, handle, name}, program.get());
    ASSERT_TRUE(added) << added.error().message;
  }
  void leave_run_file() {
    RunState dead;
    dead.id = "dead";
    dead.scenario = "dead";
    dead.controller.pid = dead_;
    dead.filters = {{device_, interface_, NetworkNamespace::current()->inode(), true}};
    ASSERT_TRUE(write_file_atomically(run_file(), to_json(dead)));
  }
  [[nodiscard]] std::string run_file() const { return state().run_file("dead"); }
  [[nodiscard]] bool has_qdisc() const { return list_clsact_qdiscs()->contains(interface_); }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> names;
    const auto filters = list_filters(interface_);
    for (const TcFilter& filter : *filters) names.push_back(filter.name);
    return names;
  }
  // " of <device> in network namespace <inode>"
  [[nodiscard]] std::string where() const {
    return " of " + device_ + " in network namespace " +
           std::to_string(NetworkNamespace::current()->inode());
  }

  using Lines = std::vector<std::string>;
  const std::string device_ = "cpt" + std::to_string(::getpid());
  int interface_ = 0;
  pid_t dead_ = 0;
};

TEST_F(DeadFilters, AreClearedWithTheirQdisc) {
  leave_run_file();
  const ClearReport report = clear_residue(state(), mount());
  EXPECT_EQ(report.removed, (Lines{"1 tc filter" + where(), "clsact qdisc" + where()}));
  EXPECT_EQ(report.failed, Lines());
  EXPECT_FALSE(has_qdisc());
  EXPECT_FALSE(std::filesystem::exists(run_file()));
}

TEST_F(DeadFilters, AreClearedFromAQdiscThatOthersUse) {
  leave_run_file();
  add("theirs", 2);
  const ClearReport report = clear_residue(state(), mount());
  EXPECT_EQ(report.removed, Lines{"1 tc filter" + where()});
  EXPECT_EQ(report.failed, Lines());
  EXPECT_EQ(names(), Lines{"theirs"});
  EXPECT_TRUE(has_qdisc()) << "it is theirs now";
}

// A run that began on what the dead one had left does not know whose the qdisc is.
TEST_F(DeadFilters, AreClearedAndTheQdiscOnceNoRunUsesIt) {
  leave_run_file();
  add(our_filter_name("egress"), 2);
  const ClearReport first = clear_residue(state(), mount());
  EXPECT_EQ(first.removed, Lines{"1 tc filter" + where()});
  EXPECT_EQ(first.failed,
            Lines{"clsact qdisc" + where() + ": filters of another cutpoint process are on it"});
  EXPECT_EQ(names(), Lines{our_filter_name("egress")});
  ASSERT_TRUE(remove_filters(interface_, ::getpid(), false));
  const ClearReport second = clear_residue(state(), mount());
  EXPECT_EQ(second.removed, Lines{"clsact qdisc" + where()});
  EXPECT_EQ(second.failed, Lines());
  EXPECT_FALSE(has_qdisc());
}

TEST_F(DeadFilters, ThatNoRunFileTellsOfAreClearedAndTheQdiscStays) {
  const ClearReport report = clear_residue(state(), mount());
  EXPECT_EQ(report.removed, Lines{"1 tc filter" + where()});
  EXPECT_EQ(names(), Lines());
  EXPECT_TRUE(has_qdisc());
}

TEST(FilterName, TellsItsMaker) {
  EXPECT_EQ(maker_of_filter(our_filter_name("egress")), ::getpid());
  for (const char* name : {"", "cutpoint", "cutpoint-", "cutpoint-17", "cutpoint--17-egress",
                           "cutpoint-0-egress", "cutpoint-x-egress", "tc_egress:[17]"}) {
    EXPECT_EQ(maker_of_filter(name), 0) << name;
  }
}

}  // namespace
}  // namespace cutpoint

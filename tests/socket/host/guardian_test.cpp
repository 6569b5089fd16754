// SPDX-License-Identifier: Apache-2.0
#include "controller/run/guardian.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <functional>
#include <poll.h>
#include <sstream>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/run/residue.h"
#include "controller/run/run_lock.h"
#include "controller/util/file.h"
#include "tests/socket/host/host_fixture.h"

namespace cutpoint {
namespace {

using std::chrono::seconds;

// What a controller stand-in has made, as it tells the test.
struct Made {
  ProcessId controller;
  ProcessId guardian;
  ProcessId target;
  std::string id;
  std::string cgroup;
  std::string device;
};

class GuardianTest : public HostTest {
 protected:
  // Forks a process that does what a controller does until a cut is on, and then waits for its end.
  // `before_wait` is its own addition.
  Made start_controller(const std::function<void(Guardian&)>& before_wait = {}) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    const UniqueFd news(ends[0]);
    UniqueFd write_end(ends[1]);
    controller_ = ::fork();
    if (controller_ == 0) act_as_controller(write_end.get(), before_wait);
    write_end.reset();
    // The guardian must not hold it open: this reads until the controller has closed it.
    std::string text;
    char buffer[512];
    for (ssize_t count = 0; (count = ::read(news.get(), buffer, sizeof(buffer))) > 0;) {
      text.append(buffer, static_cast<size_t>(count));
    }
    Made made;
    std::istringstream words(text);
    words >> made.controller.pid >> made.guardian.pid >> made.target.pid >> made.id >>
        made.cgroup >> made.device;
    EXPECT_TRUE(words) << "the controller stand-in failed: " << text;
    for (ProcessId* process : {&made.controller, &made.guardian, &made.target}) {
      auto id = process_id(process->pid);
      EXPECT_TRUE(id);
      if (id) *process = *id;
    }
    return made;
  }

  [[noreturn]] void act_as_controller(int news,
                                      const std::function<void(Guardian&)>& before_wait) const {
    const auto must = [&](const auto& result) {
      if (result) return;
      (void)write_all(news, result.error().message, "news");
      ::_exit(1);
    };
    auto guardian = Guardian::start(state(), "split/brain");
    must(guardian);
    must(guardian->will_create_cgroup(Cgroup::path_for(mount(), "split/brain")));
    auto cgroup = Cgroup::create(mount(), "split/brain");
    must(cgroup);
    auto target = start_sleeper(*cgroup);
    must(target);
    const std::string device = our_device_name('a');
    must(guardian->will_create_device(device, *NetworkNamespace::current()));
    run({"ip", "link", "add", device, "type", "veth", "peer", "name", our_device_name('b')});
    must(guardian->enter_phase("workload"));
    RunFault partition{"partition", "blackhole both 30 s", FaultState::armed, HeldBy::tcp};
    must(guardian->note_fault(partition));
    partition.state = FaultState::fired;
    must(guardian->note_fault(partition));
    auto lock = RunLock::acquire(state(), "service-x", "service x");
    must(lock);
    if (before_wait) before_wait(*guardian);
    must(write_all(news,
                   std::to_string(::getpid()) + " " + std::to_string(guardian->pid()) + " " +
                       std::to_string(target->pid()) + " " + guardian->id() + " " + cgroup->path() +
                       " " + device + "\n",
                   "news"));
    ::close(news);
    while (true) ::pause();
  }

  void kill_controller() const {
    ::kill(controller_, SIGKILL);
    ::waitpid(controller_, nullptr, 0);
  }

  static bool device_exists(const std::string& name) {
    const auto interfaces = list_interfaces();
    return std::any_of(interfaces->begin(), interfaces->end(),
                       [&](const Interface& interface) { return interface.name == name; });
  }

  pid_t controller_ = -1;
};

std::string all_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

TEST_F(GuardianTest, ClearsUpAfterAKilledControllerAndLeavesARecord) {
  const Made made = start_controller();
  ASSERT_FALSE(HasFailure());
  EXPECT_TRUE(find_records(state()).empty()) << "the run is alive";
  EXPECT_TRUE(std::filesystem::exists(state().run_file(made.id)));
  kill_controller();
  ASSERT_TRUE(await_end(made.guardian, seconds(20)));

  EXPECT_FALSE(is_running(made.target));
  EXPECT_FALSE(std::filesystem::exists(made.cgroup));
  EXPECT_FALSE(device_exists(made.device));
  EXPECT_FALSE(std::filesystem::exists(state().run_file(made.id)));
  EXPECT_TRUE(std::filesystem::is_empty(state().locks()));
  EXPECT_EQ(std::filesystem::status(state().record_file(made.id)).permissions(),
            std::filesystem::perms(0600));

  const auto records = find_records(state());
  ASSERT_EQ(records.size(), 1U);
  const RunRecord& record = records[0];
  EXPECT_EQ(record.run.scenario, "split/brain");
  EXPECT_EQ(record.run.controller, made.controller);
  EXPECT_EQ(record.run.phase, "workload");
  ASSERT_EQ(record.run.faults.size(), 1U);
  EXPECT_EQ(record.run.faults[0].state, FaultState::fired);
  EXPECT_NE(record.released.find("partition had fired"), std::string::npos);
  EXPECT_TRUE(record.cleaned);
  EXPECT_TRUE(record.failed.empty()) << all_of(record.failed);
  EXPECT_NE(all_of(record.removed).find(made.cgroup + ", 1 process killed"), std::string::npos);

  const ClearReport first = clear_residue(state(), mount());
  EXPECT_NE(all_of(first.found).find("split/brain"), std::string::npos);
  EXPECT_TRUE(first.failed.empty()) << all_of(first.failed);
  const ClearReport second = clear_residue(state(), mount());
  EXPECT_TRUE(second.found.empty()) << all_of(second.found);
  EXPECT_TRUE(std::filesystem::is_empty(state().locks()));
}

TEST_F(GuardianTest, KilledTogetherWithItsControllerLeavesTheRestToClear) {
  const Made made = start_controller();
  ASSERT_FALSE(HasFailure());
  ::kill(made.guardian.pid, SIGKILL);
  ASSERT_TRUE(await_end(made.guardian, seconds(20)));
  kill_controller();
  EXPECT_TRUE(is_running(made.target));
  EXPECT_TRUE(device_exists(made.device));

  const auto records = find_records(state());
  ASSERT_EQ(records.size(), 1U);
  EXPECT_FALSE(records[0].cleaned);
  EXPECT_FALSE(records[0].released.empty());
  EXPECT_TRUE(is_running(made.target)) << "to look changes nothing";

  const ClearReport report = clear_residue(state(), mount());
  EXPECT_NE(all_of(report.found).find("died in phase workload"), std::string::npos);
  EXPECT_NE(all_of(report.removed).find(made.cgroup), std::string::npos);
  EXPECT_TRUE(report.failed.empty()) << all_of(report.failed);
  EXPECT_FALSE(is_running(made.target));
  EXPECT_FALSE(std::filesystem::exists(made.cgroup));
  EXPECT_FALSE(device_exists(made.device));
  EXPECT_TRUE(find_records(state()).empty());
  EXPECT_TRUE(clear_residue(state(), mount()).found.empty());
}

TEST_F(GuardianTest, ClearNeverTouchesALiveRun) {
  const Made made = start_controller();
  ASSERT_FALSE(HasFailure());
  const ClearReport report = clear_residue(state(), mount());
  EXPECT_TRUE(report.found.empty()) << all_of(report.found);
  EXPECT_TRUE(report.failed.empty()) << all_of(report.failed);
  EXPECT_TRUE(is_running(made.target));
  EXPECT_TRUE(is_running(made.guardian));
  EXPECT_TRUE(std::filesystem::exists(made.cgroup));
  EXPECT_TRUE(device_exists(made.device));
  EXPECT_FALSE(std::filesystem::is_empty(state().locks()));
  kill_controller();
  EXPECT_TRUE(await_end(made.guardian, seconds(20)));
}

TEST_F(GuardianTest, OutlivesWhatATerminalSends) {
  const Made made = start_controller([](Guardian& guardian) {
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) {
      ::kill(guardian.pid(), number);
    }
  });
  ASSERT_FALSE(HasFailure());
  EXPECT_NE(::getsid(made.guardian.pid), ::getsid(0));
  EXPECT_EQ(*read_file("/proc/" + std::to_string(made.guardian.pid) + "/comm"), "cutpoint-guard\n");
  EXPECT_TRUE(is_running(made.guardian));
  kill_controller();
  ASSERT_TRUE(await_end(made.guardian, seconds(20)));
  EXPECT_FALSE(is_running(made.target)) << "it was there when it was needed";
}

TEST_F(GuardianTest, HoldsNothingOfItsController) {
  const Made made = start_controller();
  ASSERT_FALSE(HasFailure());
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(made.guardian.pid) + "/fd")) {
    const std::string target = std::filesystem::read_symlink(entry.path());
    EXPECT_TRUE(target == "/dev/null" || target.starts_with("socket:") ||
                target.starts_with("net:"))
        << target;
  }
  kill_controller();
  EXPECT_TRUE(await_end(made.guardian, seconds(20)));
}

TEST_F(GuardianTest, IsSilentAfterAnOrderlyEnd) {
  auto guardian = Guardian::start(state(), "orderly");
  ASSERT_TRUE(guardian) << guardian.error().message;
  const ProcessId process = *process_id(guardian->pid());
  ASSERT_TRUE(guardian->enter_phase("verify"));
  ASSERT_TRUE(guardian->done());
  EXPECT_FALSE(is_running(process));
  EXPECT_TRUE(state().files(".json").empty());
  EXPECT_TRUE(state().files(".run").empty());
  EXPECT_TRUE(guardian->done()) << "once is enough";
}

TEST_F(GuardianTest, ThatWasKilledIsNoticed) {
  auto guardian = Guardian::start(state(), "noticed");
  ASSERT_TRUE(guardian);
  ::kill(guardian->pid(), SIGKILL);
  pollfd ended{.fd = guardian->pidfd(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(::poll(&ended, 1, 10'000), 1);
  EXPECT_FALSE(guardian->enter_phase("arm"));
  EXPECT_FALSE(guardian->done());
  EXPECT_TRUE(state().files(".run").empty()) << "an orderly end all the same";
}

TEST_F(GuardianTest, ReturnsProcessesThatAreNotOurs) {
  auto home = Cgroup::create(mount(), "home");
  ASSERT_TRUE(home);
  auto child = start_sleeper(*home);
  ASSERT_TRUE(child);
  {
    auto guardian = Guardian::start(state(), "visit");
    ASSERT_TRUE(guardian);
    ASSERT_TRUE(guardian->will_create_cgroup(Cgroup::path_for(mount(), "visit"), home->path()));
    auto cgroup = Cgroup::create(mount(), "visit");
    ASSERT_TRUE(cgroup);
    ASSERT_TRUE(cgroup->add(child->pid()));
    cgroup->release();
  }
  EXPECT_FALSE(std::filesystem::exists(Cgroup::path_for(mount(), "visit")));
  EXPECT_EQ(*home->pids(), std::vector<pid_t>{child->pid()});
  EXPECT_FALSE(child->wait_for(std::chrono::milliseconds(0))->has_value());
}

TEST_F(GuardianTest, CgroupThatNoRunFileTellsOfIsClearedOnceItsMakerIsGone) {
  // The pid in the name is of a process that has ended.
  SpawnOptions options;
  options.command = {"true"};
  auto maker = Child::spawn(options);
  ASSERT_TRUE(maker && maker->wait());
  const std::string stale = mount().point + "/cutpoint-old-" + std::to_string(maker->pid());
  const std::string live = mount().point + "/cutpoint-live-" + std::to_string(::getpid());
  std::filesystem::create_directory(stale);
  std::filesystem::create_directory(live);
  auto inhabited = Cgroup::open(mount(), stale);
  auto somebody = start_sleeper(*inhabited);
  ASSERT_TRUE(somebody);
  const ClearReport report = clear_residue(state(), mount());
  EXPECT_NE(all_of(report.removed).find(stale), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(stale));
  EXPECT_TRUE(std::filesystem::exists(live));
  EXPECT_FALSE(somebody->wait_for(std::chrono::milliseconds(0))->has_value()) << "it lives on";
}

TEST_F(GuardianTest, RunFileNeverMakesUsKillOutsideOurCgroups) {
  auto home = Cgroup::create(mount(), "home");
  auto other = mount().point + "/other";
  std::filesystem::create_directory(other);
  auto cgroup = Cgroup::open(mount(), other);
  auto child = start_sleeper(*cgroup);
  ASSERT_TRUE(child);
  RunState forged;
  forged.id = "forged";
  forged.cgroup.path = other;
  ASSERT_TRUE(write_file_atomically(state().run_file("forged"), to_json(forged)));
  ASSERT_TRUE(write_file_atomically(state().run_file("broken"), "{"));
  const ClearReport report = clear_residue(state(), mount());
  EXPECT_EQ(report.failed.size(), 2U) << all_of(report.failed);
  EXPECT_FALSE(child->wait_for(std::chrono::milliseconds(0))->has_value());
}

}  // namespace
}  // namespace cutpoint

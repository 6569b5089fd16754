// SPDX-License-Identifier: Apache-2.0
// SIGKILL at every stage of a run, from before its cgroup exists to after its report was written:
// nothing of it is left, and a target that was there before goes on.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fmt/format.h>

#include "controller/util/cgroup.h"
#include "controller/util/clock.h"
#include "controller/util/file.h"
#include "controller/util/process.h"
#include "tests/scenarios/controller_death.h"

namespace cutpoint {
namespace {

struct Scene {
  Program& run;
  Program& shop;
  std::string out;  // directory of the run
};

using Reached = std::function<bool(Scene&)>;

struct Moment {
  const char* name;
  const char* at;
  const char* act;
  Reached reached;
  bool shop_is_open = false;  // before the run; else once its rule is armed
  const char* patience = "60";
};

// Without it GoogleTest prints a Moment as raw bytes.
void PrintTo(const Moment& moment, std::ostream* out) {
  *out << moment.name;
}

std::string target_cgroup(const Scene& scene) {
  return fmt::format("{}/cutpoint-shop-{}", find_cgroup_mount()->point, scene.run.pid());
}

bool holds_links(const Scene& scene) {
  const auto files = list_directory(fmt::format("/proc/{}/fdinfo", scene.run.pid()));
  return std::any_of(files.begin(), files.end(), [](const std::string& file) {
    const auto text = read_file(file);
    return text && contains(*text, "link_id:");
  });
}

Reached tells(const char* line, int times = 1) {
  return [=](Scene& scene) {
    for (int i = 0; i < times; ++i) {
      if (scene.run.err_line(line).empty()) return false;
    }
    return true;
  };
}

// So many segments went to the holder.
Reached holds(std::uint64_t segments) {
  return [=](Scene& scene) {
    return eventually([&] {
      const auto count =
          read_file("/sys/class/net/" + holder_of(scene.run) + "/statistics/tx_packets");
      return count && std::stoull(*count) >= segments;
    });
  };
}

Reached becomes(bool (*so)(const Scene&)) {
  return [=](Scene& scene) { return eventually([&] { return so(scene); }); };
}

Reached cgroup_exists() {
  return becomes([](const Scene& scene) { return std::filesystem::exists(target_cgroup(scene)); });
}
Reached holder_exists() {
  return becomes([](const Scene& scene) { return !holder_of(scene.run).empty(); });
}
Reached shop_is_stopped() {
  return becomes([](const Scene& scene) { return is_stopped(scene.shop.pid()); });
}
Reached shop_is_frozen() {
  return becomes([](const Scene& scene) {
    const auto events = read_file(target_cgroup(scene) + "/cgroup.events");
    return events && contains(*events, "frozen 1");
  });
}
// It got no answer in time, or an RST: the first of the two that a heal sends.
Reached shop_gave_up() {
  return [](Scene& scene) { return !scene.shop.out_line("unknown").empty(); };
}
Reached report_exists() {
  return becomes(
      [](const Scene& scene) { return std::filesystem::exists(scene.out + "/report.json"); });
}

constexpr const char* a_commit = "moment: commit.request, nth: 8";
constexpr const char* before_a_commit = "moment: commit.request, nth: 8, position: before";
constexpr const char* each_commit = "moment: commit.request, times: 0";
constexpr const char* silence = "blackhole: both, scope: service, for: 90s";
constexpr const char* short_silence = "blackhole: both, scope: service, for: 300ms";
constexpr const char* stall = "stall: both, for: 90s";

std::vector<Moment> moments() {
  return {
      {"before_its_cgroup", a_commit, silence, tells("phase: steady state"), true},
      {"cgroup_made", a_commit, silence, cgroup_exists(), true},
      {"holder_made", a_commit, stall, holder_exists(), true},
      {"hooks_taken", a_commit, silence, becomes(holds_links), true},
      {"arming", a_commit, silence, tells("phase: arm"), true},
      {"joined", "moment: commit.request, nth: 100000", silence, tells("joined: "), true},
      {"armed", "moment: commit.request, nth: 100000", silence, tells("armed: cut"), true},
      {"cut", a_commit, silence, tells("fired: cut")},
      {"cut_and_given_up", a_commit, silence, shop_gave_up(), false, "0.5"},
      {"request_held", before_a_commit, stall, holds(1)},
      {"answer_held", a_commit, stall, holds(1)},
      {"both_ways_held", a_commit, stall, holds(2), false, "0.5"},
      {"each_commit_delayed", each_commit, "delay: 150ms", tells("fired: cut", 3)},
      {"throttled", a_commit, "throttle: 100B/s, for: 90s", holds(3)},
      {"process_stopped", a_commit, "pause: process, for: 90s", shop_is_stopped()},
      {"process_stopped_each_time", each_commit, "pause: process, for: 20ms",
       tells("fired: cut", 3)},
      {"cgroup_frozen", a_commit, "pause: cgroup, for: 90s", shop_is_frozen()},
      {"message_truncated", a_commit, "truncate: 5, then: rst, for: 90s", tells("fired: cut"),
       false, "0.5"},
      {"each_answer_changed", "moment: commit.ack, times: 0",
       "corrupt: replace, pattern: COMMIT, with: Commit", tells("fired: cut", 3)},
      {"each_segment_sent_twice", each_commit, "duplicate: segment", tells("fired: cut", 3)},
      {"healed_by_resets", a_commit, "blackhole: both, for: 300ms, heal: reset", shop_gave_up()},
      {"reset", a_commit, "reset: both", shop_gave_up()},
      {"refused", "moment: connect, times: 0", "refuse: syn", tells("fired: cut", 3)},
      {"healed", a_commit, short_silence, tells("healed: cut")},
      {"recovery", a_commit, short_silence, tells("phase: recovery")},
      {"verifying", a_commit, short_silence, tells("phase: verify")},
      {"reported", a_commit, short_silence, report_exists()},
  };
}

class KilledWhen : public ControllerDeath, public testing::WithParamInterface<Moment> {
 protected:
  // The run at its moment. The shop is at work.
  std::optional<Program> run_up_to_it(Program& shop) {
    const Moment& moment = GetParam();
    if (moment.shop_is_open) {
      open_shop();
      EXPECT_NE(shop.out_line("ok "), "");
    }
    std::optional<Program> run(start(fault_on(shop, moment.at, moment.act)));
    if (!moment.shop_is_open) {
      EXPECT_NE(run->err_line("armed: cut"), "");
      open_shop();
    }
    Scene scene{*run, shop, out()};
    EXPECT_TRUE(moment.reached(scene)) << run->wait().err;
    return run;
  }
};

TEST_P(KilledWhen, its_target_goes_on_and_nothing_is_left) {
  Program shop = start_shop({"--patience", GetParam().patience});
  auto run = run_up_to_it(shop);
  run->signal(SIGKILL);
  const std::int64_t killed_ns = now_ns();
  const auto took_ns = next_order(shop, killed_ns);
  ASSERT_TRUE(took_ns) << "the shop places no orders any more";
  fmt::print("the next order was placed after {:.0f} ms\n", static_cast<double>(*took_ns) / 1e6);
  run->wait();
  EXPECT_EQ(residue(), "");
  EXPECT_FALSE(contains(cgroup_of(shop.pid()), "cutpoint"));
  clear();
  EXPECT_EQ(clear(), "Nothing to clear.\n");
}

INSTANTIATE_TEST_SUITE_P(moment, KilledWhen, testing::ValuesIn(moments()),
                         [](const auto& moment) { return std::string(moment.param.name); });

}  // namespace
}  // namespace cutpoint

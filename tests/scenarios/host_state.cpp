// SPDX-License-Identifier: Apache-2.0
#include "tests/scenarios/host_state.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <string_view>

#include "controller/util/cgroup.h"
#include "controller/util/clock.h"
#include "controller/util/clsact.h"
#include "controller/util/file.h"
#include "controller/util/links.h"
#include "controller/util/process.h"
#include "tests/scenarios/program.h"

namespace cutpoint {
namespace {

constexpr auto patience = std::chrono::seconds(20);

// As bpf/prog names them, and controller/kernel/tcx_hooks.cpp.
constexpr std::array our_programs{
    "cutpoint_idle", "sockops_enrol", "tc_egress",     "tc_ingress",       "tc_look",
    "tc_segmented",  "iter_join",     "tp_retransmit", "tp_receive_reset", "tp_send_reset",
    "tp_set_state",  "tp_sent",       "tp_taken",      "tp_exited",        "tp_executed",
    "tp_mapped",     "tp_connects"};

bool is_ours(const std::string& program) {
  return std::any_of(our_programs.begin(), our_programs.end(),
                     [&](std::string_view name) { return program.starts_with(name); });
}

nlohmann::json bpftool(const std::string& what) {
  const auto ended = Program::run({"bpftool", "--json", what, "show"});
  return nlohmann::json::parse(ended.out, nullptr, false);
}

std::vector<pid_t> every_process() {
  std::vector<pid_t> pids;
  for (const std::string& path : list_directory("/proc")) {
    const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error == std::errc{} && end == name.data() + name.size()) pids.push_back(pid);
  }
  return pids;
}

// The number after `key` in the text of a /proc/<pid>/fdinfo file.
void note_id(const std::string& text, std::string_view key, std::set<int>& ids) {
  const std::size_t at = text.find(key);
  if (at != std::string::npos) ids.insert(std::atoi(text.c_str() + at + key.size()));
}

// What open descriptors hold, of whatever process.
HeldObjects held_objects() {
  HeldObjects held;
  for (const pid_t pid : every_process()) {
    HeldObjects more = held_by(pid);
    held.links.merge(more.links);
    held.programs.merge(more.programs);
    held.maps.merge(more.maps);
  }
  return held;
}

void find_unheld(const std::string& kind, const std::set<int>& now, const std::set<int>& before,
                 const std::set<int>& held, std::vector<std::string>& found) {
  for (const int id : now) {
    if (before.contains(id) || held.contains(id)) continue;
    found.push_back(fmt::format("{} {}", kind, id));
  }
}

std::vector<std::string> unheld_now(const BpfObjects& before) {
  std::vector<std::string> found;
  // Listed before the holders are looked for: what is made in between has one.
  const BpfObjects now = bpf_objects();
  const HeldObjects held = held_objects();
  find_unheld("BPF link", now.links, before.links, held.links, found);
  find_unheld("BPF program", now.programs, before.programs, held.programs, found);
  return found;
}

void find_processes(const std::string& state_directory, const Deadline& deadline,
                    std::vector<std::string>& found) {
  for (const pid_t pid : processes_of(state_directory)) {
    const auto process = process_id(pid);
    if (!process || await_end(*process, std::chrono::milliseconds(deadline.poll_ms()))) continue;
    const auto command = read_file(fmt::format("/proc/{}/comm", pid));
    found.push_back(fmt::format("process {} {}", pid, command ? *command : ""));
  }
}

void find_files(const std::string& state_directory, std::vector<std::string>& found) {
  for (const std::string& path : list_directory(state_directory)) {
    if (path.ends_with(".run")) found.push_back(path);
  }
  for (const std::string& path : list_directory(state_directory + "/locks")) found.push_back(path);
}

void find_named(const std::vector<pid_t>& controllers, std::vector<std::string>& found) {
  const auto ours = [&](pid_t maker) {
    return std::find(controllers.begin(), controllers.end(), maker) != controllers.end();
  };
  const auto mount = find_cgroup_mount();
  for (const FoundCgroup& cgroup : find_our_cgroups(mount.value())) {
    if (ours(cgroup.maker)) found.push_back("cgroup " + cgroup.path);
  }
  const auto interfaces = list_interfaces();
  for (const Interface& interface : interfaces.value()) {
    const auto filters = list_filters(interface.index);
    for (const TcFilter& filter : filters.value()) {
      if (ours(maker_of_filter(filter.name))) found.push_back("tc filter " + filter.name);
    }
    if (ours(maker_of_device(interface.name))) found.push_back("device " + interface.name);
  }
}

}  // namespace

BpfObjects bpf_objects() {
  // What goes while bpftool looks at it is listed without its id.
  BpfObjects objects;
  for (const auto& link : bpftool("link")) {
    if (link.contains("id")) objects.links.insert(link["id"].get<int>());
  }
  for (const auto& program : bpftool("prog")) {
    if (program.contains("id") && is_ours(program.value("name", ""))) {
      objects.programs.insert(program["id"].get<int>());
    }
  }
  return objects;
}

HeldObjects held_by(pid_t holder) {
  HeldObjects held;
  for (const std::string& path : list_directory(fmt::format("/proc/{}/fdinfo", holder))) {
    const auto text = read_file(path);
    if (!text) continue;
    note_id(*text, "link_id:\t", held.links);
    note_id(*text, "prog_id:\t", held.programs);
    note_id(*text, "map_id:\t", held.maps);
  }
  return held;
}

std::vector<pid_t> processes_of(const std::string& state_directory) {
  const std::string wanted = "CUTPOINT_STATE_DIR=" + state_directory + '\0';
  std::vector<pid_t> pids;
  for (const pid_t pid : every_process()) {
    const auto environment = read_file(fmt::format("/proc/{}/environ", pid));
    if (environment && environment->find(wanted) != std::string::npos) pids.push_back(pid);
  }
  return pids;
}

// What other tests load and give up meanwhile is seen without a holder for a moment: only what is
// found every time has been left.
std::vector<std::string> unheld_bpf_objects(const BpfObjects& before) {
  const Deadline deadline(patience);
  std::vector<std::string> found = unheld_now(before);
  while (!found.empty() && !deadline.passed()) {
    const std::vector<std::string> still = unheld_now(before);
    std::erase_if(found, [&](const std::string& object) {
      return std::find(still.begin(), still.end(), object) == still.end();
    });
  }
  return found;
}

std::vector<std::string> left_behind(const std::string& state_directory,
                                     const std::vector<pid_t>& controllers,
                                     const BpfObjects& before) {
  const Deadline deadline(patience);
  std::vector<std::string> found;
  do {
    found = unheld_bpf_objects(before);
    find_processes(state_directory, deadline, found);
    find_files(state_directory, found);
    find_named(controllers, found);
  } while (!found.empty() && !deadline.passed());
  return found;
}

}  // namespace cutpoint

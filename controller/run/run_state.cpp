// SPDX-License-Identifier: Apache-2.0
#include "controller/run/run_state.h"

#include <nlohmann/json.hpp>

namespace cutpoint {
namespace {

using nlohmann::json;

json process_json(const ProcessId& process) {
  return {{"pid", process.pid}, {"start_ticks", process.start_ticks}};
}

ProcessId process_of(const json& value) {
  return {value.at("pid").get<pid_t>(), value.at("start_ticks").get<std::uint64_t>()};
}

FaultState fault_state_of(const std::string& name) {
  for (const FaultState state : {FaultState::armed, FaultState::fired}) {
    if (name == name_of(state)) return state;
  }
  return FaultState::healed;
}

json filters_json(const std::vector<RunFilters>& all) {
  json list = json::array();
  for (const RunFilters& filters : all) {
    list.push_back({{"device", filters.device},
                    {"interface", filters.interface},
                    {"netns", filters.netns},
                    {"makes_qdisc", filters.makes_qdisc}});
  }
  return list;
}

std::vector<RunFilters> filters_of(const json& list) {
  std::vector<RunFilters> all;
  for (const json& filters : list) {
    all.push_back({filters.at("device").get<std::string>(), filters.at("interface").get<int>(),
                   filters.at("netns").get<ino_t>(), filters.at("makes_qdisc").get<bool>()});
  }
  return all;
}

HeldBy held_by_of(const std::string& name) {
  for (const HeldBy holder : {HeldBy::nobody, HeldBy::cutpoint}) {
    if (name == name_of(holder)) return holder;
  }
  return HeldBy::tcp;
}

json state_json(const RunState& state) {
  json devices = json::array();
  for (const RunDevice& device : state.devices) {
    devices.push_back({{"name", device.name}, {"netns", device.netns}});
  }
  json pauses = json::array();
  for (const RunPause& pause : state.pauses) {
    pauses.push_back({{"cgroup", pause.cgroup}, {"freezes", pause.freezes}});
  }
  json faults = json::array();
  for (const RunFault& fault : state.faults) {
    faults.push_back({{"name", fault.name},
                      {"rule", fault.rule},
                      {"state", name_of(fault.state)},
                      {"held_by", name_of(fault.held_by)}});
  }
  return {{"id", state.id},
          {"scenario", state.scenario},
          {"controller", process_json(state.controller)},
          {"guardian", process_json(state.guardian)},
          {"started_ms", state.started_ms},
          {"phase", state.phase},
          {"cgroup", {{"path", state.cgroup.path}, {"return_to", state.cgroup.return_to}}},
          {"devices", std::move(devices)},
          {"pauses", std::move(pauses)},
          {"filters", filters_json(state.filters)},
          {"faults", std::move(faults)}};
}

RunState state_of(const json& value) {
  RunState state;
  state.id = value.at("id").get<std::string>();
  state.scenario = value.at("scenario").get<std::string>();
  state.controller = process_of(value.at("controller"));
  state.guardian = process_of(value.at("guardian"));
  state.started_ms = value.at("started_ms").get<std::int64_t>();
  state.phase = value.at("phase").get<std::string>();
  state.cgroup.path = value.at("cgroup").at("path").get<std::string>();
  state.cgroup.return_to = value.at("cgroup").at("return_to").get<std::string>();
  for (const json& device : value.at("devices")) {
    state.devices.push_back(
        {device.at("name").get<std::string>(), device.at("netns").get<ino_t>()});
  }
  for (const json& pause : value.at("pauses")) {
    state.pauses.push_back(
        {pause.at("cgroup").get<std::string>(), pause.at("freezes").get<bool>()});
  }
  state.filters = filters_of(value.at("filters"));
  for (const json& fault : value.at("faults")) {
    state.faults.push_back({fault.at("name").get<std::string>(),
                            fault.at("rule").get<std::string>(),
                            fault_state_of(fault.at("state").get<std::string>()),
                            held_by_of(fault.at("held_by").get<std::string>())});
  }
  return state;
}

// Names come from the user's file: what is not UTF-8 in them is replaced, not thrown at.
std::string dump(const json& value) {
  return value.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

// Names of the faults that were on, of those whose bytes that one held; empty: none.
std::string not_healed(const RunState& state, HeldBy holder) {
  std::string names;
  for (const RunFault& fault : state.faults) {
    if (fault.state != FaultState::fired || fault.held_by != holder) continue;
    names += (names.empty() ? "" : ", ") + fault.name;
  }
  return names;
}

Error not_readable(const json::exception& error) {
  return {ExitCode::unavailable, std::string("not as cutpoint writes it: ") + error.what(), {}};
}

}  // namespace

std::string_view name_of(FaultState state) {
  switch (state) {
    case FaultState::armed:
      return "armed";
    case FaultState::fired:
      return "fired";
    case FaultState::healed:
      return "healed";
  }
  return "?";
}

std::string to_json(const RunState& state) {
  return dump(state_json(state));
}

Result<RunState> run_state_from_json(std::string_view text) {
  try {
    return state_of(json::parse(text));
  } catch (const json::exception& error) {
    return not_readable(error);
  }
}

std::string to_json(const RunRecord& record) {
  return dump({{"run", state_json(record.run)},
               {"ended_ms", record.ended_ms},
               {"released", record.released},
               {"removed", record.removed},
               {"failed", record.failed}});
}

Result<RunRecord> run_record_from_json(std::string_view text) {
  try {
    const json value = json::parse(text);
    return RunRecord{.run = state_of(value.at("run")),
                     .ended_ms = value.at("ended_ms").get<std::int64_t>(),
                     .cleaned = true,
                     .released = value.at("released").get<std::string>(),
                     .removed = value.at("removed").get<std::vector<std::string>>(),
                     .failed = value.at("failed").get<std::vector<std::string>>()};
  } catch (const json::exception& error) {
    return not_readable(error);
  }
}

std::string_view name_of(HeldBy holder) {
  switch (holder) {
    case HeldBy::nobody:
      return "nobody";
    case HeldBy::tcp:
      return "tcp";
    case HeldBy::cutpoint:
      return "cutpoint";
  }
  return "?";
}

std::string describe_released(const RunState& state) {
  std::string text;
  if (const std::string cut = not_healed(state, HeldBy::tcp); !cut.empty()) {
    text += cut +
            " had fired and was not healed. The cut ended with the controller: bytes that it"
            " held back, also those of clients that had given up, are delivered by TCP as soon"
            " as nothing holds them. Compare what the clients believe with what the service"
            " holds before you trust either.";
  }
  if (const std::string held = not_healed(state, HeldBy::cutpoint); !held.empty()) {
    text += (text.empty() ? "" : " ") + held +
            " had fired and was not over. The segments that cutpoint held went with it: their"
            " sender's TCP sends them again, so that all of them arrive, at a time of TCP's own"
            " choice.";
  }
  return text;
}

}  // namespace cutpoint

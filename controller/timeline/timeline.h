// SPDX-License-Identifier: Apache-2.0
// The timeline: everything that happened in a run, in order, from which every outcome is derived.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "bpf/abi/event.h"

namespace cutpoint {

// A note of the controller or of a probe: phase changes, arm, heal, observations.
struct Note {
  std::string source;  // "controller", "observer", "target"
  std::string what;    // e.g. "phase", "armed", "healed", "backend", "target.exited"
  nlohmann::json data = nlohmann::json::object();
};

struct Entry {
  std::uint64_t number = 0;  // consecutive from 1; what evidence points at
  std::int64_t ns = 0;       // CLOCK_MONOTONIC
  std::variant<cut_event, Note> what;

  [[nodiscard]] const cut_event* event() const { return std::get_if<cut_event>(&what); }
  [[nodiscard]] const Note* note() const { return std::get_if<Note>(&what); }
};

class Timeline {
 public:
  // Appends; the number is assigned here. Kernel events keep their own clock.
  std::uint64_t add(const cut_event& event);
  std::uint64_t add(std::int64_t ns, Note note);

  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

  // One JSON object, no newline:
  //   {"seq":…,"ns":…,"source":"kernel","what":"moment","moments":["commit.request"],…}
  // Names come from the ABI's lists; never any payload. `protocols`: enum cut_protocol per service,
  // in whose words its moments are given; a service beyond its end speaks the first of the list.
  [[nodiscard]] static nlohmann::json to_json(const Entry& entry,
                                              const std::vector<std::string>& service_names,
                                              const std::vector<std::string>& fault_names,
                                              const std::vector<unsigned>& protocols = {});

 private:
  std::vector<Entry> entries_;
};

// "127.0.0.1:5432", "[::1]:5432"; an IPv4-mapped address is shown as IPv4.
std::string format_endpoint(const cut_address& address, std::uint16_t port);

// True if `event` is a MOMENT (or FIRED) that contains `moment` (a bit number).
inline bool is_moment(const cut_event& event, unsigned moment) {
  return ((event.moments >> moment) & 1U) != 0;
}

// Of FLOW_JOINED: its message boundaries are known. Of FLOW_OPENED they are from the start.
inline bool is_synchronised(const cut_event& event) {
  return event.kind != CUT_EVENT_FLOW_JOINED || event.attr[0] != 0;
}

// Of FLOW_OPENED, in a trace: the socket is the service's.
inline bool is_accepted(const cut_event& event) {
  return event.end != 0;
}

}  // namespace cutpoint

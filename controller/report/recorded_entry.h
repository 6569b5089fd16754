// SPDX-License-Identifier: Apache-2.0
// What an entry of timeline.jsonl says, for the views that show a timeline: the page's picture and
// the trace.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "controller/util/result.h"

namespace cutpoint {

// Of a line of the file. null: it is not JSON, as the last line of a run that was killed may be.
nlohmann::json entry_of(const std::string& line);

// Why no run has written this, of all that a view reads: "it has no `moments`"; empty: one may
// have.
std::string mistake_in(const nlohmann::json& entry);

// Of the line of this number, from 1: Error (2).
Error no_entry(std::size_t line, const std::string& why);

std::int64_t ns_of(const nlohmann::json& entry);  // CLOCK_MONOTONIC

// "commit.request" of a moment, "fired: commit.request"; else what it is. `between`: two moments.
std::string entry_name(const nlohmann::json& entry, std::string_view between);

// Of a message, whose attributes the timeline shows as text; "" and 0: it does not have this one.
std::string attribute(const nlohmann::json& message, const char* name);
std::uint64_t attribute_number(const nlohmann::json& message, const char* name);
// One of AMQP's: "MULTIPLE", "NO_ACK".
bool has_flag(const nlohmann::json& message, std::string_view flag);

// Nobody waits any more for what was asked on this flow. RFC 9293, 3.3.2: the target has ended its
// half of the connection, or its kernel has given up; TCP may go on for long without it.
bool ends_requests(const nlohmann::json& entry);

// Of a note's data; "" and 0: it does not say.
std::string note_text(const nlohmann::json& note, const char* key);
std::uint64_t note_number(const nlohmann::json& note, const char* key);

// What a note tells the depth of: "queue depth", "dead letters"; "": of nothing.
std::string_view depth_name(std::string_view what);

// How a task ended: "succeeded", "failed", "retried"; "": this does not end one.
std::string_view task_end(std::string_view what);

// Which flow an entry of the kernel's is about.
class FlowIds {
 public:
  // That of its socket: its cookie. Without one (an orphan's retransmission, an RST) the newest of
  // its tuple, as flows_of() has it; the tuple itself where none is known yet.
  std::string of(const nlohmann::json& entry);

 private:
  std::set<std::uint64_t> cookies_;
  std::unordered_map<std::string, std::string> newest_;  // of a tuple
};

}  // namespace cutpoint

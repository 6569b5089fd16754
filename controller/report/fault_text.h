// SPDX-License-Identifier: Apache-2.0
// One fault of report.json in words: the same ones in every view.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace cutpoint {

struct Line {
  std::string label;  // "what", "where", "when" …
  std::string text;
};

// "1.04 s"
std::string milliseconds_text(double milliseconds);

// Where it is to fire: "after commit.request, from the 20th on db"
std::string trigger_text(const nlohmann::json& fault);

// `fault`: of report.json, faults[]; `why_not_fired`: that section of it.
std::vector<Line> fault_lines(const nlohmann::json& fault, const nlohmann::json& why_not_fired);

// Where it fired first: "after commit.request on 127.0.0.1:43846 -> …, sequence number 1883954209:
// 12 of the message's 12 bytes had passed". `fault`: one that has a cut.
std::string where_text(const nlohmann::json& fault);

// The same for a label: "after commit.request, byte 12 of 12, seq 1883954209". `cut`: of a fault,
// not null.
std::string cut_text(const nlohmann::json& cut);

// "fired at 1.04 s, healed at 31.1 s, 30 s later"; "never fired"
std::string fate_of(const nlohmann::json& fault);

// Of a service or an observer of HTTP, workers and queues: its name, its numbers in a sentence.
std::vector<Line> traffic_lines(const nlohmann::json& series);

}  // namespace cutpoint

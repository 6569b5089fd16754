// SPDX-License-Identifier: Apache-2.0
// Who and what is in a picture: services with their flows, observers with their tasks, the target,
// cutpoint itself; and the mark of each entry, in the lane where it belongs.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "controller/report/html/picture_lanes.h"
#include "controller/report/html/picture_marks.h"
#include "controller/report/recorded_entry.h"

namespace cutpoint::html {

struct Group {
  std::string name;
  std::string of;    // protocol of a service, else what kind of thing
  std::string noun;  // of its stretches: "flow"
  std::vector<Stretch> stretches;
};

class Scene {
 public:
  explicit Scene(const nlohmann::json& report);

  // A line of the timeline.
  void add(const nlohmann::json& line);

  // As picture.h says; each mark gets its lane. `most_lanes`: of one group.
  struct Laid {
    std::vector<Group> groups;             // those that anything belongs to
    std::vector<std::vector<Lane>> lanes;  // of each group
    std::vector<Mark> marks;
    std::vector<std::string> remarks;
  };
  [[nodiscard]] Laid lay_out(std::size_t most_lanes) &&;

 private:
  struct Place {
    std::size_t group = 0;
    std::size_t stretch = 0;
  };
  struct Placed {
    Mark mark;
    Place at;
  };

  std::size_t group(const std::string& name, const char* of, const char* noun);
  Place flow(const nlohmann::json& line);
  Place only(std::size_t group, std::int64_t ns);
  void add_flow(const nlohmann::json& line, const std::string& what);
  void add_task(const nlohmann::json& line, const std::string& what, std::size_t group);
  void add_note(const nlohmann::json& line, const std::string& what);
  void add_mark(const nlohmann::json& line, MarkKind kind, Place at);

  std::vector<Group> groups_;
  std::vector<Placed> placed_;
  std::unordered_map<std::string, std::size_t> by_name_;  // groups
  FlowIds flow_ids_;
  std::unordered_map<std::string, Place> flows_;
  std::unordered_map<std::string, Place> tasks_;  // those that run, by id
  std::map<std::string, std::size_t> not_drawn_;  // by what
};

}  // namespace cutpoint::html

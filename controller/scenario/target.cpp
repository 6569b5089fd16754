// SPDX-License-Identifier: Apache-2.0
// `target:` — whose traffic is cut.
#include <fmt/format.h>

#include "controller/scenario/sections.h"
#include "controller/scenario/shapes.h"
#include "controller/util/cgroup.h"

namespace cutpoint {
namespace {

using yaml::Field;
using yaml::MapReader;

void read_command(const Field& field, Target& target) {
  if (field.shape != nullptr) {
    yaml::read_text_list(field, target.command);
    return;
  }
  if (field && field.node->kind == yaml::TreeNode::Kind::scalar) {
    field.complain("`command` must be a list of words, e.g. [python3, app.py], with no shell");
    return;
  }
  // Arguments, unlike the program, may be empty.
  for (const Field& item : yaml::read_list(field)) {
    std::string word;
    const bool empty = item.node->kind == yaml::TreeNode::Kind::scalar && item.node->text.empty();
    if (!(empty && !target.command.empty()) && !yaml::read_text(item, word)) continue;
    target.command.push_back(word);
  }
}

// Exactly one of them says which processes the target is.
void check_one_way(const MapReader& map) {
  std::vector<Field> given;
  const std::string ways = fmt::format("`{}`", fmt::join(target_ways(), "`, `"));
  for (const std::string& key : target_ways()) {
    if (const Field field = map.optional(key)) given.push_back(field);
  }
  if (given.empty() && !map.has_unknown_keys())
    map.complain(fmt::format("`target` needs one of {}", ways));
  for (std::size_t i = 1; i < given.size(); ++i) {
    given[i].complain(
        fmt::format("`target` takes only one of {}; `{}` is given", ways, given[0].name));
  }
}

void read_unit(const Field& field, Target& target) {
  std::string unit;
  if (!yaml::read_text(field, unit)) return;
  if (unit.find('/') != std::string::npos) {
    field.complain(fmt::format("`{}` is no unit's name; a path is given as `cgroup`", unit));
    return;
  }
  target.unit = unit_name(unit);
}

void read_container(const Field& field, Target& target) {
  std::string text;
  if (!yaml::read_text(field, text)) return;
  target.container = container_id(text);
  if (!target.container.empty() || field.shape != nullptr) return;
  field.complain(
      fmt::format("`{}` is no container's id: write at least 12 of its 64 hexadecimal digits, as "
                  "`docker ps`, `crictl ps` or `podman ps` show them; names are the runtime's own",
                  text));
}

}  // namespace

void read_target(const Field& field, Scenario& scenario) {
  const MapReader map(field, "`target`",
                      {"command", "pid", "cgroup", "unit", "container", "user", "timeout"});
  if (!map.is_map()) return;
  Target target;
  check_one_way(map);
  read_command(map.optional("command"), target);
  pid_t pid = 0;
  if (yaml::read_number<pid_t>(map.optional("pid"), 1, pid)) target.pid = pid;
  yaml::read_text(map.optional("cgroup"), target.cgroup);
  read_unit(map.optional("unit"), target);
  read_container(map.optional("container"), target);
  const Field user = map.optional("user");
  yaml::read_text(user, target.user);
  if (user && !map.optional("command")) {
    user.complain("`user` goes with `command` only: a running process keeps its user");
  }
  Duration timeout{};
  if (yaml::read_duration(map.optional("timeout"), false, timeout)) target.timeout = timeout;
  scenario.target = target;
}

const std::vector<std::string>& target_ways() {
  static const std::vector<std::string> list{"command", "pid", "cgroup", "unit", "container"};
  return list;
}

yaml::Shape shape_of_target() {
  yaml::Shape shape;
  Scenario unused;
  read_target({nullptr, "target", nullptr, &shape}, unused);
  return shape;
}

}  // namespace cutpoint

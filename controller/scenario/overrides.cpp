// SPDX-License-Identifier: Apache-2.0
#include "controller/scenario/overrides.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <optional>
#include <string_view>
#include <utility>

#include "controller/scenario/registry.h"
#include "controller/util/nearest.h"
#include "controller/util/utf8.h"

namespace cutpoint::yaml {
namespace {

// A way down from a map or a list.
struct Child {
  std::string name;
  TreeNode* node;
};

// A list of maps is entered by what its items are called.
std::string item_name(const TreeNode& item) {
  for (const char* key : {"name", "invariant", "id"}) {
    const TreeNode* name = item.find(key);
    if (name != nullptr && name->kind == TreeNode::Kind::scalar) return name->text;
  }
  return "";
}

std::vector<Child> children(TreeNode& node) {
  std::vector<Child> all;
  for (Entry& entry : node.entries) all.push_back({entry.key.text, &entry.value});
  for (TreeNode& item : node.items) {
    if (const std::string name = item_name(item); !name.empty()) all.push_back({name, &item});
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    all.push_back({std::to_string(i), &node.items[i]});
  }
  return all;
}

bool leads(std::string_view path, std::string_view name) {
  return path.starts_with(name) && (path.size() == name.size() || path[name.size()] == '.');
}

class PathWalk {
 public:
  PathWalk(const Source& source, std::string_view path, Diagnostics& diagnostics)
      : source_(source), path_(path), rest_(path), diagnostics_(diagnostics) {}

  // The node that the path names, made if it is the last element and new; nullptr: a mistake.
  TreeNode* walk(TreeNode& root) {
    if (path_.empty() || path_.starts_with('.') || path_.ends_with('.') ||
        path_.find("..") != std::string_view::npos) {
      return fail("a key is a dotted path, e.g. `faults.NAME.do.for`");
    }
    TreeNode* node = &root;
    while (node != nullptr && !rest_.empty()) node = step(*node);
    return node;
  }

 private:
  TreeNode* step(TreeNode& node) {
    if (node.kind == TreeNode::Kind::null) node.kind = TreeNode::Kind::map;
    if (node.kind == TreeNode::Kind::scalar) {
      return fail(fmt::format("{} is a single value: there is no `{}` in it", where(), element()));
    }
    const std::vector<Child> all = children(node);
    // A name may hold dots: the longest that fits is meant.
    const Child* best = nullptr;
    for (const Child& child : all) {
      if (leads(rest_, child.name) && (best == nullptr || child.name.size() > best->name.size())) {
        best = &child;
      }
    }
    if (best == nullptr) return add(node, all);
    const auto same = [&](const Child& child) { return child.name == best->name; };
    if (std::count_if(all.begin(), all.end(), same) > 1) {
      return fail(
          fmt::format("{} holds several called `{}`; use the index, from 0", where(), best->name));
    }
    advance(best->name.size());
    return best->node;
  }

  // The last element of the path may be new.
  TreeNode* add(TreeNode& node, const std::vector<Child>& all) {
    const std::string name(element());
    const bool last = name.size() == rest_.size();
    if (last && node.kind == TreeNode::Kind::map) {
      node.entries.push_back({scalar_node(name, here()), TreeNode{}});
      advance(name.size());
      return &node.entries.back().value;
    }
    if (last && name == std::to_string(node.items.size())) {
      advance(name.size());
      return &node.items.emplace_back();
    }
    std::vector<std::string> names;
    names.reserve(all.size());
    for (const Child& child : all) names.push_back(child.name);
    return fail(fmt::format("there is no `{}` in {}{}", name, where(), suggest_name(name, names)));
  }

  [[nodiscard]] std::string_view element() const { return rest_.substr(0, rest_.find('.')); }

  [[nodiscard]] std::string where() const {
    const std::size_t done = path_.size() - rest_.size();
    return done == 0 ? "the scenario" : fmt::format("`{}`", path_.substr(0, done - 1));
  }

  [[nodiscard]] Position here() const {
    return {&source_, 0, static_cast<int>(path_.size() - rest_.size())};
  }

  void advance(std::size_t length) { rest_.remove_prefix(std::min(length + 1, rest_.size())); }

  TreeNode* fail(std::string message) {
    diagnostics_.add(here(), std::move(message));
    return nullptr;
  }

  const Source& source_;
  std::string_view path_;
  std::string_view rest_;  // what of the path is still ahead
  Diagnostics& diagnostics_;
};

void remove_entry(TreeNode& map, std::string_view key) {
  const auto named = [&](const Entry& entry) { return entry.key.text == key; };
  map.entries.erase(std::remove_if(map.entries.begin(), map.entries.end(), named),
                    map.entries.end());
}

}  // namespace

void apply_override(TreeNode& root, const Source& source, std::size_t key_length,
                    Diagnostics& diagnostics) {
  const std::string_view key = std::string_view(source.text()).substr(0, key_length);
  if (!is_utf8_text(source.text())) {
    return diagnostics.add({&source}, fmt::format("`{}` is given no UTF-8 text", key));
  }
  auto value = parse_yaml(source, key_length + 1, diagnostics);
  if (!value) return;
  if (TreeNode* place = PathWalk(source, key, diagnostics).walk(root)) *place = *std::move(value);
}

TreeNode command_list(const Source& source, const std::vector<std::string>& command) {
  TreeNode list;
  list.kind = TreeNode::Kind::list;
  list.at = {&source, 0, 0};
  list.flow = true;
  int column = 0;
  for (const std::string& word : command) {
    TreeNode& item = list.items.emplace_back(scalar_node(word, {&source, 0, column}));
    item.quoted = true;
    item.literal = true;  // the shell has expanded what it wanted to
    column += static_cast<int>(word.size()) + 1;
  }
  return list;
}

void apply_command(TreeNode& root, const Source& source, const std::vector<std::string>& command) {
  if (root.kind != TreeNode::Kind::map) return;
  const Position start{&source, 0, 0};
  // A publisher goes on beside another target.
  const TreeNode* workload = root.find("workload");
  const TreeNode* kind = workload == nullptr ? nullptr : workload->find("kind");
  if (kind == nullptr || kind->text != publish_workload) remove_entry(root, "workload");
  TreeNode* target = root.find("target");
  if (target == nullptr || target->kind != TreeNode::Kind::map) {
    TreeNode map;
    map.kind = TreeNode::Kind::map;
    map.at = start;
    set_entry(root, scalar_node("target", start), std::move(map));
    target = root.find("target");
  }
  for (const char* other : {"pid", "cgroup", "unit", "container"}) remove_entry(*target, other);
  set_entry(*target, scalar_node("command", start), command_list(source, command));
}

}  // namespace cutpoint::yaml

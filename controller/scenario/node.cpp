// SPDX-License-Identifier: Apache-2.0
#include "controller/scenario/node.h"

#include <algorithm>
#include <utility>
#include <yaml-cpp/emitter.h>

#include "controller/util/utf8.h"

namespace cutpoint::yaml {
namespace {

std::string escape_variables(const std::string& text) {
  std::string escaped;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "${") == 0) escaped += '$';
    escaped += text[i];
  }
  return escaped;
}

void emit(YAML::Emitter& out, const TreeNode& node);

void emit_scalar(YAML::Emitter& out, const TreeNode& node) {
  // Quoted, yaml-cpp escapes control characters and replaces what is no UTF-8.
  if (node.quoted || !is_utf8_text(node.text)) out << YAML::DoubleQuoted;
  out << (node.unresolved ? node.text : escape_variables(node.text));
}

void emit_list(YAML::Emitter& out, const TreeNode& list) {
  if (list.flow || list.items.empty()) out << YAML::Flow;
  out << YAML::BeginSeq;
  for (const TreeNode& item : list.items) emit(out, item);
  out << YAML::EndSeq;
}

void emit_map(YAML::Emitter& out, const TreeNode& map) {
  if (map.flow || map.entries.empty()) out << YAML::Flow;
  out << YAML::BeginMap;
  for (const Entry& entry : map.entries) {
    out << YAML::Key << entry.key.text << YAML::Value;
    emit(out, entry.value);
  }
  out << YAML::EndMap;
}

void emit(YAML::Emitter& out, const TreeNode& node) {
  switch (node.kind) {
    case TreeNode::Kind::null:
      out << YAML::Null;
      break;
    case TreeNode::Kind::scalar:
      emit_scalar(out, node);
      break;
    case TreeNode::Kind::list:
      emit_list(out, node);
      break;
    case TreeNode::Kind::map:
      emit_map(out, node);
      break;
  }
}

}  // namespace

const TreeNode* TreeNode::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& entry) { return entry.key.text == key; });
  return found == entries.end() ? nullptr : &found->value;
}

TreeNode* TreeNode::find(std::string_view key) {
  return const_cast<TreeNode*>(std::as_const(*this).find(key));
}

TreeNode scalar_node(std::string text, const Position& at) {
  TreeNode node;
  node.kind = TreeNode::Kind::scalar;
  node.at = at;
  node.text = std::move(text);
  return node;
}

void set_entry(TreeNode& map, TreeNode key, TreeNode value) {
  if (TreeNode* existing = map.find(key.text)) {
    *existing = std::move(value);
  } else {
    map.entries.push_back({std::move(key), std::move(value)});
  }
}

std::string emit_yaml(const TreeNode& root) {
  YAML::Emitter out;
  emit(out, root);
  return std::string(out.c_str()) + "\n";
}

}  // namespace cutpoint::yaml

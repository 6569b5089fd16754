// SPDX-License-Identifier: Apache-2.0
#include "controller/scenario/node.h"

#include <algorithm>
#include <utility>
#include <yaml-cpp/emitter.h>

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

void emit(YAML::Emitter& out, const Node& node);

void emit_scalar(YAML::Emitter& out, const Node& node) {
  if (node.quoted) out << YAML::DoubleQuoted;
  out << escape_variables(node.text);
}

void emit_list(YAML::Emitter& out, const Node& list) {
  if (list.flow || list.items.empty()) out << YAML::Flow;
  out << YAML::BeginSeq;
  for (const Node& item : list.items) emit(out, item);
  out << YAML::EndSeq;
}

void emit_map(YAML::Emitter& out, const Node& map) {
  if (map.flow || map.entries.empty()) out << YAML::Flow;
  out << YAML::BeginMap;
  for (const Entry& entry : map.entries) {
    out << YAML::Key << entry.key.text << YAML::Value;
    emit(out, entry.value);
  }
  out << YAML::EndMap;
}

void emit(YAML::Emitter& out, const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      out << YAML::Null;
      break;
    case Node::Kind::scalar:
      emit_scalar(out, node);
      break;
    case Node::Kind::list:
      emit_list(out, node);
      break;
    case Node::Kind::map:
      emit_map(out, node);
      break;
  }
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& entry) { return entry.key.text == key; });
  return found == entries.end() ? nullptr : &found->value;
}

Node* Node::find(std::string_view key) {
  return const_cast<Node*>(std::as_const(*this).find(key));
}

Node scalar_node(std::string text, const Position& at) {
  Node node;
  node.kind = Node::Kind::scalar;
  node.at = at;
  node.text = std::move(text);
  return node;
}

void set_entry(Node& map, Node key, Node value) {
  if (Node* existing = map.find(key.text)) {
    *existing = std::move(value);
  } else {
    map.entries.push_back({std::move(key), std::move(value)});
  }
}

std::string emit_yaml(const Node& root) {
  YAML::Emitter out;
  emit(out, root);
  return std::string(out.c_str()) + "\n";
}

}  // namespace cutpoint::yaml

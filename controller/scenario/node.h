// SPDX-License-Identifier: Apache-2.0
// A YAML text as a tree that remembers where each part was written.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/scenario/diagnostics.h"
#include "controller/scenario/source.h"

namespace cutpoint::yaml {

struct Entry;

struct TreeNode {
  enum class Kind { null, scalar, list, map };

  Kind kind = Kind::null;
  Position at;
  std::string text;      // of a scalar
  std::string written;   // the text before variables were replaced; empty: without `${`
  bool quoted = false;   // written in quotes, or as a block
  bool literal = false;  // ${VAR} in it means itself
  // A variable still stands in it: it has no value, which has been complained about, or none that
  // may be written down.
  bool unresolved = false;
  bool flow = false;            // written in [ ] or { }
  std::vector<TreeNode> items;  // of a list
  std::vector<Entry> entries;   // of a map, in the order written; no key twice

  [[nodiscard]] const TreeNode* find(std::string_view key) const;  // of a map; nullptr: none
  [[nodiscard]] TreeNode* find(std::string_view key);
};

struct Entry {
  TreeNode key;  // a scalar
  TreeNode value;
};

TreeNode scalar_node(std::string text, const Position& at);

// Adds the key, or replaces its value.
void set_entry(TreeNode& map, TreeNode key, TreeNode value);

// The one document of `source` from byte `offset` of its first line on; an empty text is a null
// node. nullopt: no YAML, with the reason in `diagnostics`. Duplicate keys go there as well.
std::optional<TreeNode> parse_yaml(const Source& source, std::size_t offset,
                                   Diagnostics& diagnostics);

// The tree as YAML, in the styles it was written in; `${` as `$${`, so that it reads back the same.
std::string emit_yaml(const TreeNode& root);

}  // namespace cutpoint::yaml

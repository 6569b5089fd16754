// SPDX-License-Identifier: Apache-2.0
// Text to tree, by yaml-cpp's events: they tell quoted from plain, and an alias from its anchor.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <sstream>
#include <utility>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "controller/scenario/node.h"

namespace cutpoint::yaml {
namespace {

constexpr std::size_t deepest = 32;         // levels of lists and maps
constexpr std::size_t most_nodes = 20'000;  // aliases counted as often as they are used

// YAML, but not of a kind that a scenario may hold.
class Refusal : public YAML::ParserException {
 public:
  using YAML::ParserException::ParserException;
};

[[noreturn]] void refuse(const YAML::Mark& mark, const std::string& reason) {
  throw Refusal(mark, reason);  // caught in parse_yaml()
}

std::size_t count_nodes(const TreeNode& node) {
  std::size_t count = 1;
  for (const TreeNode& item : node.items) count += count_nodes(item);
  for (const Entry& entry : node.entries) count += 1 + count_nodes(entry.value);
  return count;
}

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const Source& source, std::size_t offset, Diagnostics& diagnostics)
      : source_(source), offset_(offset), diagnostics_(diagnostics) {}

  [[nodiscard]] const TreeNode& root() const { return root_; }

  [[nodiscard]] Position position(const YAML::Mark& mark) const {
    // Only the first line is preceded by bytes that the parser has not seen.
    return {&source_, mark.line, mark.column + (mark.line == 0 ? static_cast<int>(offset_) : 0)};
  }

  // The innermost `{` or `[` that is still open.
  [[nodiscard]] const TreeNode* open_bracket() const {
    return open_.empty() || !open_.back().node.flow ? nullptr : &open_.back().node;
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) refuse(mark, "a scenario is one YAML document; a second one starts here");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    complete(node(TreeNode::Kind::null, mark), anchor, mark);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(node(TreeNode::Kind::list, mark), mark, tag, anchor, style);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(node(TreeNode::Kind::map, mark), mark, tag, anchor, style);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    TreeNode node;
    YAML::Mark mark;
    YAML::anchor_t anchor;
    std::optional<TreeNode> key;  // of a map: waits for its value
  };

  [[nodiscard]] TreeNode node(TreeNode::Kind kind, const YAML::Mark& mark) const {
    TreeNode made;
    made.kind = kind;
    made.at = position(mark);
    return made;
  }

  void open(TreeNode node, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YAML::EmitterStyle::value style);
  void close();
  void complete(TreeNode node, YAML::anchor_t anchor, const YAML::Mark& mark);
  void add_to_map(Open& map, TreeNode node, const YAML::Mark& mark);
  void check_tag(const YAML::Mark& mark, const std::string& tag) const;
  void check_quote_ends(const TreeNode& scalar, const YAML::Mark& mark) const;

  const Source& source_;
  std::size_t offset_;
  Diagnostics& diagnostics_;
  TreeNode root_;
  int documents_ = 0;
  std::size_t nodes_ = 0;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, TreeNode> anchors_;  // those that are complete
};

void TreeBuilder::check_tag(const YAML::Mark& mark, const std::string& tag) const {
  const bool plain = tag.empty() || tag == "?" || tag == "!";
  if (!plain && !tag.starts_with("tag:yaml.org,2002:")) {
    refuse(mark, fmt::format("YAML tags such as `{}` mean nothing in a scenario", tag));
  }
}

// yaml-cpp lets the end of the text stand for a missing quote.
void TreeBuilder::check_quote_ends(const TreeNode& scalar, const YAML::Mark& mark) const {
  const std::string& text = source_.text();
  std::size_t at = source_.offset(scalar.at.line, scalar.at.column);
  if (at >= text.size() || (text[at] != '"' && text[at] != '\'')) return;
  const char quote = text[at];
  for (++at; at < text.size(); ++at) {
    const bool skips_next = quote == '"' ? text[at] == '\\' : text.compare(at, 2, "''") == 0;
    if (skips_next) {
      ++at;
    } else if (text[at] == quote) {
      return;
    }
  }
  refuse(mark, fmt::format("the `{}` that opens here is never closed", quote));
}

void TreeBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& value) {
  check_tag(mark, tag);
  TreeNode scalar = scalar_node(value, position(mark));
  scalar.quoted = tag == "!";
  if (scalar.quoted) check_quote_ends(scalar, mark);
  complete(std::move(scalar), anchor, mark);
}

void TreeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) refuse(mark, "this alias stands inside of what it refers to");
  nodes_ += count_nodes(found->second);
  complete(found->second, YAML::NullAnchor, mark);
}

void TreeBuilder::open(TreeNode node, const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t anchor, YAML::EmitterStyle::value style) {
  check_tag(mark, tag);
  if (open_.size() >= deepest) refuse(mark, fmt::format("nested deeper than {} levels", deepest));
  node.flow = style == YAML::EmitterStyle::Flow;
  open_.push_back({std::move(node), mark, anchor, std::nullopt});
}

void TreeBuilder::close() {
  Open done = std::move(open_.back());
  open_.pop_back();
  complete(std::move(done.node), done.anchor, done.mark);
}

void TreeBuilder::complete(TreeNode node, YAML::anchor_t anchor, const YAML::Mark& mark) {
  if (++nodes_ > most_nodes) refuse(mark, fmt::format("more than {} values", most_nodes));
  if (anchor != YAML::NullAnchor) anchors_[anchor] = node;
  if (open_.empty()) {
    root_ = std::move(node);
  } else if (open_.back().node.kind == TreeNode::Kind::list) {
    open_.back().node.items.push_back(std::move(node));
  } else {
    add_to_map(open_.back(), std::move(node), mark);
  }
}

void TreeBuilder::add_to_map(Open& map, TreeNode node, const YAML::Mark& mark) {
  if (!map.key) {
    if (node.kind != TreeNode::Kind::scalar) refuse(mark, "a key must be a single word");
    map.key = std::move(node);
    return;
  }
  const TreeNode key = *std::exchange(map.key, std::nullopt);
  // yaml-cpp places a value that is not there at whatever comes next.
  if (node.kind == TreeNode::Kind::null && node.at.line != key.at.line) node.at = key.at;
  const auto& entries = map.node.entries;
  const auto same = [&](const Entry& entry) { return entry.key.text == key.text; };
  const auto first = std::find_if(entries.begin(), entries.end(), same);
  if (first == entries.end()) {
    map.node.entries.push_back({key, std::move(node)});
    return;
  }
  diagnostics_.add(key.at, fmt::format("duplicate key `{}`; the first is on line {}", key.text,
                                       first->key.at.line + 1));
}

// What yaml-cpp says, and what usually helps.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> hints{{
    {"illegal map value", "a value that holds `: ` needs quotes"},
    {"end of map not found", "the keys of a map must start in the same column"},
    {"end of sequence not found", "the items of a list must start in the same column"},
    {"illegal EOF in scalar", "a quote that opens is never closed"},
    {"unknown token", "a value that starts with this character needs quotes"},
}};

void explain(const YAML::Exception& failure, const TreeBuilder& tree, const Source& source,
             Diagnostics& diagnostics) {
  Position at = tree.position(failure.mark);
  const std::string& reason = failure.msg;
  const TreeNode* bracket = tree.open_bracket();
  if (reason.find("flow not found") != std::string::npos && bracket != nullptr) {
    const std::size_t offset = source.offset(at.line, at.column);
    if (offset > 0 && source.text().compare(offset - 1, 2, "${") == 0) {
      --at.column;
      return diagnostics.add(at, "not YAML: inside of { } and [ ], write \"${VAR}\" in quotes");
    }
    const char open = bracket->kind == TreeNode::Kind::map ? '{' : '[';
    return diagnostics.add(bracket->at, fmt::format("not YAML: this `{}` is never closed", open));
  }
  for (const auto& [message, hint] : hints) {
    if (reason == message)
      return diagnostics.add(at, fmt::format("not YAML: {}; {}", reason, hint));
  }
  diagnostics.add(at, "not YAML: " + reason);
}

}  // namespace

std::optional<TreeNode> parse_yaml(const Source& source, std::size_t offset,
                                   Diagnostics& diagnostics) {
  TreeBuilder tree(source, offset, diagnostics);
  try {
    std::istringstream text(source.text().substr(std::min(offset, source.text().size())));
    YAML::Parser parser(text);
    while (parser.HandleNextDocument(tree)) {
    }
  } catch (const Refusal& refusal) {
    diagnostics.add(tree.position(refusal.mark), refusal.msg);
    return std::nullopt;
  } catch (const YAML::Exception& failure) {
    explain(failure, tree, source, diagnostics);
    return std::nullopt;
  }
  TreeNode root = tree.root();
  if (root.at.source == nullptr) root.at = {&source, 0, static_cast<int>(offset)};
  return root;
}

}  // namespace cutpoint::yaml

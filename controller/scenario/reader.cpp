// SPDX-License-Identifier: Apache-2.0
#include "controller/scenario/reader.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <system_error>

#include "controller/util/duration.h"
#include "controller/util/nearest.h"
#include "controller/util/rate.h"

namespace cutpoint::yaml {
namespace {

std::string describe(const TreeNode& node) {
  switch (node.kind) {
    case TreeNode::Kind::null:
      return "empty";
    case TreeNode::Kind::scalar:
      return fmt::format("`{}`", node.text);
    case TreeNode::Kind::list:
      return "a list";
    case TreeNode::Kind::map:
      return "a map";
  }
  return "";
}

// Complains unless the field holds a node of `kind`, which is called `name`.
bool is_kind(const Field& field, TreeNode::Kind kind, std::string_view name) {
  if (!field || field.node->unresolved) return false;
  if (field.node->kind == kind) return true;
  if (field.node->kind == TreeNode::Kind::null) {
    field.complain(fmt::format("`{}` is empty: it must be {}", field.name, name));
  } else {
    field.complain(fmt::format("`{}` must be {}, not {}", field.name, name, describe(*field.node)));
  }
  return false;
}

// True: the field wanted to know just that.
bool tell(const Field& field, Shape shape) {
  if (field.shape == nullptr) return false;
  *field.shape = std::move(shape);
  return true;
}

Shape of_kind(Shape::Kind kind) {
  Shape shape;
  shape.kind = kind;
  return shape;
}

// The whole of a scalar as a number.
template <typename Number>
bool parse_number(const std::string& text, Number& out) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  return error == std::errc{} && stop == end;
}

bool is_name(std::string_view text) {
  const auto first = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const auto later = [&](char c) { return first(c) || c == '.' || c == '_' || c == '-'; };
  return !text.empty() && first(text.front()) && std::all_of(text.begin(), text.end(), later);
}

}  // namespace

void Field::complain(const std::string& message) const {
  diagnostics->add(node->at, message);
}

MapReader::MapReader(const Field& field, std::string what,
                     const std::vector<std::string>& valid_keys)
    : shape_(field.shape), what_(std::move(what)), diagnostics_(field.diagnostics) {
  if (shape_ != nullptr) {
    *shape_ = of_kind(Shape::Kind::map);
    for (const std::string& key : valid_keys) shape_->keys.push_back({key, false, {}});
    return;
  }
  if (!is_kind(field, TreeNode::Kind::map, "a map")) return;
  map_ = field.node;
  for (const Entry& entry : map_->entries) {
    const std::string& key = entry.key.text;
    if (std::find(valid_keys.begin(), valid_keys.end(), key) != valid_keys.end()) continue;
    has_unknown_keys_ = true;
    if (auto meant = nearest_name(key, valid_keys)) meant_.push_back(*std::move(meant));
    diagnostics_->add(entry.key.at, fmt::format("unknown key `{}` in {}{}", key, what_,
                                                suggest_name(key, valid_keys)));
  }
}

ShapeKey* MapReader::shape_key(std::string_view key) const {
  const auto named = [key](const ShapeKey& other) { return other.name == key; };
  const auto found = std::find_if(shape_->keys.begin(), shape_->keys.end(), named);
  return found == shape_->keys.end() ? nullptr : &*found;
}

Field MapReader::optional(std::string_view key) const {
  if (shape_ != nullptr) {
    ShapeKey* known = shape_key(key);
    return {nullptr, std::string(key), diagnostics_, known == nullptr ? nullptr : &known->shape};
  }
  return {map_ == nullptr ? nullptr : map_->find(key), std::string(key), diagnostics_};
}

Field MapReader::required(std::string_view key, std::string_view hint) const {
  Field field = optional(key);
  if (shape_ != nullptr) shape_key(key)->required = true;
  const bool misspelt = std::find(meant_.begin(), meant_.end(), key) != meant_.end();
  if (map_ != nullptr && !field && !misspelt) {
    complain(fmt::format("missing key `{}` in {}{}{}", key, what_, hint.empty() ? "" : "; ", hint));
  }
  return field;
}

void MapReader::complain(const std::string& message) const {
  if (map_ != nullptr) diagnostics_->add(map_->at, message);
}

const std::string* peek(const Field& map, std::string_view key) {
  if (!map || map.node->kind != TreeNode::Kind::map) return nullptr;
  const TreeNode* value = map.node->find(key);
  return value == nullptr ? nullptr : &value->text;
}

bool read_text(const Field& field, std::string& out) {
  if (tell(field, of_kind(Shape::Kind::text))) return false;
  if (!is_kind(field, TreeNode::Kind::scalar, "a text")) return false;
  if (field.node->text.empty()) {
    field.complain(fmt::format("`{}` is empty", field.name));
    return false;
  }
  if (field.node->text.find('\0') != std::string::npos) {
    field.complain(fmt::format("`{}` holds a NUL character", field.name));
    return false;
  }
  out = field.node->text;
  return true;
}

bool read_name(const Field& field, std::string& out) {
  if (tell(field, of_kind(Shape::Kind::name))) return false;
  std::string text;
  if (!read_text(field, text)) return false;
  if (!is_name(text)) {
    field.complain(fmt::format(
        "`{}` is no name: it starts with a-z or 0-9 and holds only a-z, 0-9, `.`, `_`, `-`", text));
    return false;
  }
  out = text;
  return true;
}

bool read_probability(const Field& field, double& out) {
  if (tell(field, of_kind(Shape::Kind::fraction))) return false;
  if (!is_kind(field, TreeNode::Kind::scalar, "a number from 0 to 1")) return false;
  double value = 0;
  if (!parse_number(field.node->text, value) || !(value >= 0 && value <= 1)) {
    field.complain(fmt::format("`{}` must be a number from 0 to 1, not {}", field.name,
                               describe(*field.node)));
    return false;
  }
  out = value;
  return true;
}

bool read_ratio(const Field& field, double& out) {
  if (tell(field, of_kind(Shape::Kind::ratio))) return false;
  if (!is_kind(field, TreeNode::Kind::scalar, "a number, e.g. 1.5")) return false;
  double value = 0;
  constexpr double most = 1e6;
  if (!parse_number(field.node->text, value) || !(value > 0 && value <= most)) {
    field.complain(fmt::format("`{}` must be a number above 0, e.g. 1.5, not {}", field.name,
                               describe(*field.node)));
    return false;
  }
  out = value;
  return true;
}

bool read_duration(const Field& field, bool zero, Duration& out, std::string_view instead) {
  Shape shape = of_kind(Shape::Kind::duration);
  shape.least = zero ? 0 : 1;
  if (tell(field, std::move(shape))) return false;
  if (!is_kind(field, TreeNode::Kind::scalar, "a duration, e.g. 30s")) return false;
  const auto duration = parse_duration(field.node->text);
  if (!duration) {
    field.complain(fmt::format("`{}` must be a duration{}: {}", field.name, instead,
                               explain_duration(field.node->text)));
    return false;
  }
  if (duration->count() == 0 && !zero) {
    field.complain(fmt::format("`{}` must be longer than 0", field.name));
    return false;
  }
  out = *duration;
  return true;
}

bool read_rate(const Field& field, std::uint64_t& out) {
  if (tell(field, of_kind(Shape::Kind::rate))) return false;
  if (!is_kind(field, TreeNode::Kind::scalar, "a rate, e.g. 64KiB/s")) return false;
  const auto rate = parse_rate(field.node->text);
  if (!rate) {
    field.complain(fmt::format(
        "`{}` must be a rate of 1 B/s to 1 TB/s in B, kB, MB, GB, KiB, MiB or GiB, e.g. "
        "64KiB/s; got `{}`",
        field.name, field.node->text));
    return false;
  }
  out = *rate;
  return true;
}

bool read_duration_or(const Field& field, const std::string& word, std::optional<Duration>& out) {
  if (field && field.node->kind == TreeNode::Kind::scalar && field.node->text == word) {
    out.reset();
    return true;
  }
  Duration duration{};
  const bool read = read_duration(field, false, duration, fmt::format(" or `{}`", word));
  if (read) out = duration;
  if (field.shape != nullptr) field.shape->words = {word};
  return read;
}

std::vector<Field> read_list(const Field& field) {
  std::vector<Field> items;
  if (!is_kind(field, TreeNode::Kind::list, "a list")) return items;
  if (field.node->items.empty()) field.complain(fmt::format("`{}` is an empty list", field.name));
  for (const TreeNode& item : field.node->items) {
    items.push_back({&item, fmt::format("{}[{}]", field.name, items.size()), field.diagnostics});
  }
  return items;
}

std::vector<std::pair<Field, Field>> read_entries(const Field& field) {
  std::vector<std::pair<Field, Field>> entries;
  if (!is_kind(field, TreeNode::Kind::map, "a map")) return entries;
  if (field.node->entries.empty()) field.complain(fmt::format("`{}` is an empty map", field.name));
  for (const Entry& entry : field.node->entries) {
    entries.push_back({{&entry.key, "key of `" + field.name + "`", field.diagnostics},
                       {&entry.value, entry.key.text, field.diagnostics}});
  }
  return entries;
}

bool read_text_list(const Field& field, std::vector<std::string>& out) {
  Shape shape = of_kind(Shape::Kind::texts);
  shape.least = 1;
  if (tell(field, std::move(shape))) return false;
  std::vector<std::string> texts;
  bool good = true;
  for (const Field& item : read_list(field)) good = read_text(item, texts.emplace_back()) && good;
  if (!good || texts.empty()) return false;
  out = std::move(texts);
  return true;
}

bool read_whole_number(const Field& field, std::uint64_t least, std::uint64_t most,
                       std::uint64_t& out) {
  Shape shape = of_kind(Shape::Kind::number);
  shape.least = least;
  shape.most = most;
  if (tell(field, std::move(shape))) return false;
  if (!is_kind(field, TreeNode::Kind::scalar, "a whole number")) return false;
  std::uint64_t number = 0;
  if (!parse_number(field.node->text, number) || number < least || number > most) {
    field.complain(fmt::format("`{}` must be a whole number from {} to {}, not {}", field.name,
                               least, most, describe(*field.node)));
    return false;
  }
  out = number;
  return true;
}

bool read_index(const Field& field, std::string_view kind, std::string_view owner,
                const std::vector<std::string>& valid, std::size_t& out) {
  Shape shape = of_kind(Shape::Kind::text);
  shape.words = valid;
  if (tell(field, std::move(shape))) return false;
  std::string text;
  if (!read_text(field, text)) return false;
  const auto found = std::find(valid.begin(), valid.end(), text);
  if (found == valid.end()) {
    field.complain(fmt::format("unknown {} `{}`{}{}{}", kind, text, owner.empty() ? "" : " of ",
                               owner, suggest_name(text, valid)));
    return false;
  }
  out = static_cast<std::size_t>(found - valid.begin());
  return true;
}

}  // namespace cutpoint::yaml

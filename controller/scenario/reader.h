// SPDX-License-Identifier: Apache-2.0
// Typed access to the tree: every read either yields a value or notes what is wrong with it.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controller/scenario/diagnostics.h"
#include "controller/scenario/model.h"
#include "controller/scenario/node.h"
#include "controller/scenario/shape.h"

namespace cutpoint::yaml {

// A value and what it is called. Without a node there is nothing to read, and nothing to complain
// about: the default stays. With a `shape`, the reader fills that in instead.
struct Field {
  const TreeNode* node = nullptr;
  std::string name;
  Diagnostics* diagnostics = nullptr;
  Shape* shape = nullptr;

  explicit operator bool() const { return node != nullptr; }
  void complain(const std::string& message) const;
};

// The keys of one map. Unknown ones are complained about at once, with the nearest valid one.
class MapReader {
 public:
  // `what` names the map in messages, e.g. "`workload`".
  MapReader(const Field& field, std::string what, const std::vector<std::string>& valid_keys);

  // false: not a map, which has been complained about; it has no fields then.
  [[nodiscard]] bool is_map() const { return map_ != nullptr || shape_ != nullptr; }
  [[nodiscard]] bool has_unknown_keys() const { return has_unknown_keys_; }
  [[nodiscard]] Field optional(std::string_view key) const;
  // A missing key is complained about, unless an unknown one was probably meant to be it. `hint`
  // says what it is for.
  [[nodiscard]] Field required(std::string_view key, std::string_view hint = "") const;
  // At the map itself.
  void complain(const std::string& message) const;

 private:
  [[nodiscard]] ShapeKey* shape_key(std::string_view key) const;  // nullptr: no such key

  const TreeNode* map_ = nullptr;
  Shape* shape_ = nullptr;
  std::string what_;
  Diagnostics* diagnostics_;
  bool has_unknown_keys_ = false;
  std::vector<std::string> meant_;  // valid keys that unknown ones were probably meant to be
};

// The text under a key, before anything else of the map is looked at. nullptr: there is none.
const std::string* peek(const Field& map, std::string_view key);

// Each returns whether `out` was set; if not, it is as it was.
bool read_text(const Field& field, std::string& out);  // not empty
// Text of [a-z0-9][a-z0-9._-]*: a key in paths, reports and file names.
bool read_name(const Field& field, std::string& out);
bool read_probability(const Field& field, double& out);  // 0..1
bool read_ratio(const Field& field, double& out);        // above 0, e.g. 1.5
// "30s"; `zero`: whether "0s" will do. `instead`: what the caller takes beside durations.
bool read_duration(const Field& field, bool zero, Duration& out, std::string_view instead = "");
bool read_rate(const Field& field, std::uint64_t& out);  // "64KiB/s"
// A duration, or that word; nullopt: the word.
bool read_duration_or(const Field& field, const std::string& word, std::optional<Duration>& out);
bool read_text_list(const Field& field, std::vector<std::string>& out);  // not empty
// The items of a list, which should not be empty.
std::vector<Field> read_list(const Field& field);
// Keys, as the texts of fields, and values of a map that chooses its own keys; it should have some.
std::vector<std::pair<Field, Field>> read_entries(const Field& field);

bool read_whole_number(const Field& field, std::uint64_t least, std::uint64_t most,
                       std::uint64_t& out);

template <typename Number>
bool read_number(const Field& field, Number least, Number& out,
                 Number most = std::numeric_limits<Number>::max()) {
  std::uint64_t number = 0;
  if (!read_whole_number(field, static_cast<std::uint64_t>(least), static_cast<std::uint64_t>(most),
                         number)) {
    return false;
  }
  out = static_cast<Number>(number);
  return true;
}

// Index of the field's text among `valid`. `kind` names the set, and `owner` whose set it is (may
// be empty): "unknown moment `commit.requst` of protocol `postgres`; did you mean …".
bool read_index(const Field& field, std::string_view kind, std::string_view owner,
                const std::vector<std::string>& valid, std::size_t& out);

template <typename Value>
using Choices = std::vector<std::pair<std::string, Value>>;

template <typename Value>
bool read_choice(const Field& field, const Choices<Value>& choices, Value& out) {
  std::vector<std::string> names;
  for (const auto& choice : choices) names.push_back(choice.first);
  std::size_t index = 0;
  if (!read_index(field, "value", "`" + field.name + "`", names, index)) return false;
  out = choices[index].second;
  return true;
}

}  // namespace cutpoint::yaml

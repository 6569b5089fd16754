// SPDX-License-Identifier: Apache-2.0
#include "controller/util/nearest.h"

#include <algorithm>
#include <fmt/format.h>

namespace cutpoint {
namespace {

constexpr std::size_t longest_word = 100;  // a longer one is no slip of the finger

char lower(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a')
                                              : character;
}

bool same(char left, char right) {
  return lower(left) == lower(right);
}

}  // namespace

std::size_t edit_distance(std::string_view left, std::string_view right) {
  // Three rows of the matrix: a swap looks back two.
  std::vector<std::size_t> before(right.size() + 1);
  std::vector<std::size_t> above(right.size() + 1);
  std::vector<std::size_t> row(right.size() + 1);
  for (std::size_t j = 0; j <= right.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t substitution =
          above[j - 1] + (same(left[i - 1], right[j - 1]) ? std::size_t{0} : std::size_t{1});
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, substitution});
      const bool swapped =
          i > 1 && j > 1 && same(left[i - 1], right[j - 2]) && same(left[i - 2], right[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[right.size()];
}

std::optional<std::string> nearest_name(std::string_view word,
                                        const std::vector<std::string>& valid) {
  if (word.empty() || word.size() > longest_word) return std::nullopt;
  const std::size_t tolerated = std::max<std::size_t>(1, word.size() / 3);
  const std::string* nearest = nullptr;
  std::size_t nearest_distance = tolerated + 1;
  for (const std::string& name : valid) {
    const std::size_t distance = edit_distance(word, name);
    // A name that shares no character with the word is no correction of it.
    if (distance >= std::max(word.size(), name.size())) continue;
    if (distance < nearest_distance) {
      nearest = &name;
      nearest_distance = distance;
    }
  }
  if (nearest == nullptr) return std::nullopt;
  return *nearest;
}

std::string suggest_name(std::string_view word, const std::vector<std::string>& valid) {
  if (valid.empty()) return "";
  if (const auto nearest = nearest_name(word, valid)) {
    return fmt::format("; did you mean `{}`?", *nearest);
  }
  return fmt::format("; valid: {}", fmt::join(valid, ", "));
}

}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
// What somebody meant who wrote a name that does not exist.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cutpoint {

// Insertions, deletions, substitutions and swaps of neighbours that lead from `left` to `right`
// (Damerau-Levenshtein, each part edited once), ignoring the case of ASCII letters.
std::size_t edit_distance(std::string_view left, std::string_view right);

// The valid name that is nearest to `word`, if one is near enough to be meant; the first of
// several.
std::optional<std::string> nearest_name(std::string_view word,
                                        const std::vector<std::string>& valid);

// The end of a message about `word`: "; did you mean `x`?", else "; valid: a, b, c".
std::string suggest_name(std::string_view word, const std::vector<std::string>& valid);

}  // namespace cutpoint

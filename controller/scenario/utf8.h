// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cutpoint::yaml {

// Well-formed UTF-8 (RFC 3629) without NUL.
bool is_utf8_text(std::string_view text);

// Characters (code points) in well-formed text.
std::size_t count_characters(std::string_view text);

// The same text with every control character but the tab replaced by `?`, so that a terminal
// obeys none of it.
std::string without_controls(std::string_view text);

}  // namespace cutpoint::yaml

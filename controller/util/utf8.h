// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cutpoint {

struct Utf8Character {
  std::uint32_t code = 0;
  std::size_t size = 0;  // bytes; 0: malformed
};

// Of text that is not empty. RFC 3629, section 4: no overlong forms, no surrogates, nothing above
// U+10FFFF.
Utf8Character first_character(std::string_view text);

// What a terminal may obey, of ASCII and of Latin-1; and what changes the order or the lines of the
// text around it (Unicode 15, 23.2; UAX #9, 2).
bool is_command(std::uint32_t code);

// Well-formed UTF-8 without NUL.
bool is_utf8_text(std::string_view text);

// Characters (code points) in well-formed text.
std::size_t count_characters(std::string_view text);

// The same text with every control character but the tab replaced by `?`, so that a terminal
// obeys none of it.
std::string without_controls(std::string_view text);

}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
// Texts in XML 1.0: whatever they hold, the document stays well-formed.
#pragma once

#include <string>
#include <string_view>

namespace cutpoint::xml {

// Of an element. What XML 1.0 (section 2.2) has no place for, such as most control characters, and
// what is not UTF-8, becomes U+FFFD.
std::string content(std::string_view text);

// Of an attribute in double quotes: line breaks stay line breaks.
std::string attribute(std::string_view text);

}  // namespace cutpoint::xml

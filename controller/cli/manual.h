// SPDX-License-Identifier: Apache-2.0
// The manual page.
#pragma once

#include <string>

#include "controller/cli/command_words.h"

namespace cutpoint {

// cutpoint(1), in the macros of man(7), in ASCII: other characters are groff's \[uXXXX].
std::string manual_page(const ProgramWords& program);

}  // namespace cutpoint

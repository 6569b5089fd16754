// SPDX-License-Identifier: Apache-2.0
// The style sheet and the scripts of the page, as they are in this directory, put in by the build.
#pragma once

#include <string_view>

namespace cutpoint::html {

extern const std::string_view style_sheet;
extern const std::string_view script;

// "sha256-…" of each, for the page's Content-Security-Policy: nothing else may run or look.
extern const std::string_view style_sheet_hash;
extern const std::string_view script_hash;

}  // namespace cutpoint::html

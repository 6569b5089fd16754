// SPDX-License-Identifier: Apache-2.0
// Passwords never reach a terminal or a file.
#pragma once

#include <string>
#include <string_view>

namespace cutpoint {

// A libpq connection string without its secrets (password, sslpassword…); URI and keyword form
// (PostgreSQL 15 documentation, 34.1.1). What libpq would refuse is cut short rather than shown.
std::string dsn_without_password(std::string_view dsn);

// Any text, with what looks like a password in it (`://user:…@`, `password=…`) replaced by one `*`
// per character, so that columns keep their place. `${VAR}` is no password, only its name.
std::string mask_passwords(std::string_view text);

}  // namespace cutpoint

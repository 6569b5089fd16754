// SPDX-License-Identifier: Apache-2.0
// Secrets never reach a terminal or a file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cutpoint {

// A libpq connection string without its secrets (password, sslpassword…); URI and keyword form
// (PostgreSQL 15 documentation, 34.1.1). What libpq would refuse is cut short rather than shown.
std::string dsn_without_password(std::string_view dsn);

// Any text, with what looks like a secret in it (`://user:…@`, `password=…`, `token=…`) replaced by
// one `*` per character, so that columns keep their place. `${VAR}` is no password, only its name.
std::string mask_secrets(std::string_view text);

// The words of a command line, with `***` for the values of options, variables and HTTP fields that
// are called like a secret: `--token=…`, `--api-key …`, `SECRET=…`, `Authorization: …`. `${VAR}`
// stays.
std::vector<std::string> mask_secret_words(std::vector<std::string> words);

}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "controller/util/result.h"

namespace cutpoint::probes {

// A libpq connection string, URI or keyword form, taken apart by libpq itself.
class Dsn {
 public:
  // Error (ExitCode::usage) without any part of the text that could be a password.
  static Result<Dsn> parse(const std::string& text);

  // With one parameter added or replaced.
  [[nodiscard]] Dsn with(const std::string& key, const std::string& value) const;
  // Written in the DSN; environment and defaults are not asked.
  [[nodiscard]] std::optional<std::string> find(const std::string& key) const;

  // Keyword form, for libpq.
  [[nodiscard]] std::string conninfo() const;
  // Keyword form without secrets, for display.
  [[nodiscard]] std::string redacted() const;

 private:
  std::map<std::string, std::string> parameters_;
};

}  // namespace cutpoint::probes

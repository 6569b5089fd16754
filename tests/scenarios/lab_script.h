// SPDX-License-Identifier: Apache-2.0
// scripts/lab postgres, as a test or a bench runs it.
#pragma once

#include <string>

#include "tests/scenarios/program.h"

namespace cutpoint {

struct LabScript {
  std::string directory;
  std::string port;  // of PostgreSQL
  const NetworkNamespace* netns = nullptr;
  std::string also{};  // a further address that PostgreSQL listens on
  bool tls = false;    // it offers TLS

  // up, down, status or env, to its end.
  [[nodiscard]] Program::Ended run(const std::string& action) const;
};

// The value of NAME in what `env` prints: lines of the form export NAME='value'. Throws where there
// is none.
std::string exported(const std::string& environment, const std::string& name);

}  // namespace cutpoint

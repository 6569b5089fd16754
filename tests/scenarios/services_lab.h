// SPDX-License-Identifier: Apache-2.0
// The services of scripts/lab that the reference application needs beside PostgreSQL, in a
// directory and on ports of their own.
#pragma once

#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "tests/scenarios/program.h"

namespace cutpoint {

class ServicesLab {
 public:
  // Of that port and the seven after it.
  ServicesLab(std::string directory, int first_port);

  // up, restart, down, status or env of the named services (none: of all), to its end.
  [[nodiscard]] Program::Ended run(const std::string& action,
                                   const std::vector<std::string>& services) const;

  // A shell command that sees what `env` prints for these services.
  [[nodiscard]] Program::Ended client(const std::vector<std::string>& services,
                                      const std::string& command) const;

  // Processes that work in this lab's directory.
  [[nodiscard]] std::vector<pid_t> processes() const;

  [[nodiscard]] const std::string& directory() const { return directory_; }
  // The first port that a service is told to use.
  [[nodiscard]] int port_of(const std::string& service) const;

 private:
  std::string directory_;
  int first_port_;
  Program::Options options_;
};

}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
// Collects the mistakes of a scenario.
#pragma once

#include <string>
#include <vector>

#include "controller/scenario/loader.h"
#include "controller/scenario/source.h"

namespace cutpoint::yaml {

class Diagnostics {
 public:
  void add(const Position& at, std::string message);

  [[nodiscard]] bool empty() const { return mistakes_.empty(); }

  // In the order of the sources and of their lines; each one once; passwords masked.
  [[nodiscard]] std::vector<Diagnostic> sorted() const;

 private:
  struct Mistake {
    Position at;
    std::string message;
  };
  std::vector<Mistake> mistakes_;
};

}  // namespace cutpoint::yaml

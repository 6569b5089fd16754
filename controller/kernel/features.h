// SPDX-License-Identifier: Apache-2.0
// What this host can do, found out by doing it: each feature is tried, not looked up by version.
#pragma once

#include <string>
#include <vector>

namespace cutpoint {

struct Feature {
  std::string name;  // "hooks"
  bool required = true;
  bool present = false;
  std::string detail;  // what was found
  std::string remedy;  // what to change; empty where present
};

// Changes nothing that outlasts the call.
std::vector<Feature> probe_features();

}  // namespace cutpoint

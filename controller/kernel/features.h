// SPDX-License-Identifier: Apache-2.0
// What this host can do, found out by doing it: each feature is tried, not looked up by version.
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

#include "controller/util/result.h"

namespace cutpoint {

struct Feature {
  std::string name;  // "hooks"
  bool required = true;
  bool present = false;
  std::string detail;  // what was found
  std::string remedy;  // what to change; empty where present
};

// Error (3): this is not root, who alone may load the programs.
Status require_root();

// Changes nothing that outlasts the call.
std::vector<Feature> probe_features();

// Whether what this process says inside of TLS could be read: what of OpenSSL it has mapped by now.
Feature probe_tls_of(pid_t pid);

}  // namespace cutpoint

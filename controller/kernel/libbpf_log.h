// SPDX-License-Identifier: Apache-2.0
// What libbpf and the verifier said, kept until somebody needs it for an error.
#pragma once

#include <string>

namespace cutpoint {

// Collects libbpf's warnings of this process from now on, instead of printing them.
void capture_libbpf_log();

// The lines since the last call that say what went wrong: of a verifier log, its end.
std::string take_libbpf_log();

}  // namespace cutpoint

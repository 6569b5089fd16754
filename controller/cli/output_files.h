// SPDX-License-Identifier: Apache-2.0
// Which files `--format FORMAT:FILE` leaves alone.
#pragma once

#include <string>
#include <vector>

#include "controller/util/result.h"

namespace cutpoint {

// Whether two names lead to one file, or would where it is made.
bool is_same_file(const std::string& left, const std::string& right);

// The report of a run, which may be named by its directory as well.
std::string report_file_of(const std::string& run);
// The directory of a run, which may be named by its report as well.
std::string directory_of(const std::string& run);

// Error (2) where `file` is what one of `runs` has recorded: every view is made from that.
Status check_spares_runs(const std::string& file, const std::vector<std::string>& runs);

}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "controller/util/result.h"

namespace cutpoint {

// "<what>: <text of the error number>", to be returned right after the call that failed.
inline Error errno_error(const std::string& what, int number = errno, std::string remedy = {}) {
  return {ExitCode::unavailable, what + ": " + std::generic_category().message(number),
          std::move(remedy)};
}

}  // namespace cutpoint

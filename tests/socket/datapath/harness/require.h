// SPDX-License-Identifier: Apache-2.0
// Set-up that must succeed: where it does not, the test has nothing to say and ends.
#pragma once

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

#include "controller/util/result.h"

namespace cutpoint::datapath {

// Throws with the text of errno.
inline void require(bool done, const std::string& what) {
  if (!done) throw std::system_error(errno, std::generic_category(), what);
}

// The value, or an exception with the error's message.
template <typename T>
T require(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(result).value();
}

inline void require(const Status& status) {
  if (!status) throw std::runtime_error(status.error().message);
}

}  // namespace cutpoint::datapath

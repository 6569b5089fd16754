// SPDX-License-Identifier: Apache-2.0
// SIGINT, SIGTERM and SIGHUP as an exception: what a bench has started, its destructors end.
#pragma once

#include <exception>

namespace cutpoint::bench {

class Interrupted : public std::exception {};

// From now on they do nothing by themselves; a reader that has gone away does not, either.
void catch_interruption();

// Throws Interrupted if one has come: to be asked in every loop that waits.
void throw_if_interrupted();

}  // namespace cutpoint::bench

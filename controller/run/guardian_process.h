// SPDX-License-Identifier: Apache-2.0
// The guardian's side of the socket pair.
#pragma once

#include <string_view>

#include "controller/run/run_state.h"
#include "controller/run/state_directory.h"

namespace cutpoint {

// The message of an orderly end. Every other message is a RunState as JSON, with the descriptor of
// a network namespace attached where it names a device there for the first time.
inline constexpr std::string_view guardian_done = "done";

// To be called in the forked child, signals blocked. Listens on `link` until the controller is gone
// and then does what is left to do. `initial` counts until the first message.
[[noreturn]] void run_guardian(int link, const StateDirectory& directory, const RunState& initial);

}  // namespace cutpoint

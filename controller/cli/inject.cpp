// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/commands.h"

namespace cutpoint {

ExitCode inject_command(const InjectArguments& arguments) {
  return run_loaded(load_injection(arguments.injection, from_environment), arguments.settings);
}

}  // namespace cutpoint

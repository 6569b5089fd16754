// SPDX-License-Identifier: Apache-2.0
// What a shell has to be told to complete cutpoint's command line.
#pragma once

#include <string>

#include "controller/cli/command_words.h"

namespace cutpoint {

// For bash 4.4 or later; needs nothing of the bash-completion package.
std::string bash_completion(const ProgramWords& program);
// For a directory of zsh's $fpath, as _cutpoint; or to be sourced after compinit.
std::string zsh_completion(const ProgramWords& program);
std::string fish_completion(const ProgramWords& program);

}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "controller/cli/completion.h"
#include "controller/cli/formats.h"

namespace cutpoint {
namespace {

// bash breaks words at `:` and `=` before a function sees them (COMP_WORDBREAKS).
constexpr const char* head =
    R"bash(# bash completion for cutpoint; made by `cutpoint completion bash`

_cutpoint_files() { # ACTION of compgen, and its filters
  local found
  compopt -o filenames 2>/dev/null
  while IFS= read -r found; do
    COMPREPLY+=("$found")
  done < <(compgen "$@" -- "$cur" | sort -u)
}

_cutpoint_words() {
  local found
  while IFS= read -r found; do
    COMPREPLY+=("$found")
  done < <(compgen -W "$1" -- "$cur")
}

_cutpoint() {
  local cur=${COMP_WORDS[COMP_CWORD]} at=$COMP_CWORD command='' colon='' prev i
  COMPREPLY=()
  if [[ $cur == [:=] ]]; then
    [[ $cur == : ]] && colon=yes
    cur=''
  elif [[ ${COMP_WORDS[at - 1]} == [:=] ]]; then
    [[ ${COMP_WORDS[at - 1]} == : ]] && colon=yes
    at=$((at - 1))
  fi
  [[ -z $colon ]] || at=$((at - 1)) # FORMAT stands before it
  prev=${COMP_WORDS[at - 1]}
  for ((i = 1; i < COMP_CWORD; ++i)); do
    if [[ ${COMP_WORDS[i]} == -- ]]; then # the target's own command line
      _cutpoint_files -c -f
      return
    fi
    [[ -n $command || ${COMP_WORDS[i]} == -* ]] || command=${COMP_WORDS[i]}
  done
  case $command in
)bash";

constexpr const char* tail = R"bash(  esac
}

complete -F _cutpoint cutpoint
)bash";

std::string names_of(const std::vector<OptionWords>& options) {
  std::vector<std::string> names;
  for (const OptionWords& option : options) {
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return fmt::format("{}", fmt::join(names, " "));
}

// The statement that completes a value; empty: nothing is known of it.
std::string completes(const OptionWords& option) {
  switch (option.kind) {
    case ValueKind::choice:
      return fmt::format("_cutpoint_words '{}'", fmt::join(option.choices, " "));
    case ValueKind::format:
      return fmt::format(
          "if [[ -n $colon ]]; then _cutpoint_files -f; else _cutpoint_words '{}'; fi",
          fmt::join(all_formats(), " "));
    case ValueKind::scenario:
      return "_cutpoint_files -d; _cutpoint_files -f -X '!*.yaml'; _cutpoint_files -f -X '!*.yml'";
    case ValueKind::directory:
      return "_cutpoint_files -d";
    case ValueKind::user:
      return "_cutpoint_files -u";
    case ValueKind::none:
    case ValueKind::text:
      return "";
  }
  return "";
}

std::string command_case(const CommandWords& command) {
  std::string text = fmt::format("    {})\n      case $prev in\n", command.name);
  for (const OptionWords& option : command.options) {
    if (option.kind == ValueKind::none) continue;
    const std::string how = completes(option);
    text += fmt::format("        {}) {}; return ;;\n", fmt::join(option.names, " | "),
                        how.empty() ? ":" : how);
  }
  text += fmt::format(
      "      esac\n      if [[ $cur == -* ]]; then\n        _cutpoint_words '{}'\n        return\n"
      "      fi\n",
      names_of(command.options));
  for (const OptionWords& place : command.places) {
    const std::string how = completes(place);
    if (!how.empty()) text += "      " + how + "\n";
  }
  return text + "      ;;\n";
}

}  // namespace

std::string bash_completion(const ProgramWords& program) {
  std::vector<std::string> names;
  for (const CommandWords& command : program.commands) names.push_back(command.name);
  std::string text = head;
  text += fmt::format("    '') _cutpoint_words '{} {}' ;;\n", fmt::join(names, " "),
                      names_of(program.self.options));
  for (const CommandWords& command : program.commands) text += command_case(command);
  return text + tail;
}

}  // namespace cutpoint

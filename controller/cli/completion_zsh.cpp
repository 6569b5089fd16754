// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "controller/cli/completion.h"
#include "controller/cli/formats.h"

namespace cutpoint {
namespace {

// Within the quotes of a shell; `special` are characters that _arguments or _describe read.
std::string quoted(const std::string& text, std::string_view special) {
  std::string result;
  for (const char character : text) {
    if (special.find(character) != std::string_view::npos) result += '\\';
    if (character == '\'') {
      result += R"('\'')";
    } else {
      result += character == '\n' ? ' ' : character;
    }
  }
  return result;
}

std::string action_of(const OptionWords& option) {
  switch (option.kind) {
    case ValueKind::choice:
      return fmt::format("({})", fmt::join(option.choices, " "));
    case ValueKind::format:
      return "_cutpoint_format";
    case ValueKind::scenario:
      return R"glob(_files -g "*.(yaml|yml)(-.)")glob";
    case ValueKind::directory:
      return "_files -/";
    case ValueKind::user:
      return "_users";
    case ValueKind::none:
    case ValueKind::text:
      return " ";
  }
  return " ";
}

// "*--set[override a value]:KEY=VALUE: ", one for each name.
std::string option_spec(const OptionWords& option) {
  const bool takes_value = option.kind != ValueKind::none;
  std::string text;
  for (const std::string& name : option.names) {
    text += fmt::format("        '{}{}[{}]", takes_value ? "*" : "", name,
                        quoted(option.meaning, "[]\\"));
    if (takes_value) text += fmt::format(":{}:{}", quoted(option.value, ":\\"), action_of(option));
    text += "' \\\n";
  }
  return text;
}

std::string place_spec(const OptionWords& place) {
  return fmt::format("        '{}:{}:{}' \\\n", place.repeatable ? "*" : "",
                     quoted(place.value, ":\\"), action_of(place));
}

std::string command_case(const CommandWords& command) {
  std::string text = fmt::format("    {})\n      _arguments -s \\\n", command.name);
  for (const OptionWords& option : command.options) text += option_spec(option);
  for (const OptionWords& place : command.places) text += place_spec(place);
  return text + "        && ret=0\n      ;;\n";
}

std::string command_list(const ProgramWords& program) {
  std::string text;
  for (const CommandWords& command : program.commands) {
    text += fmt::format("    '{}:{}'\n", command.name, quoted(command.meaning, ":\\"));
  }
  return text;
}

}  // namespace

std::string zsh_completion(const ProgramWords& program) {
  std::string text = fmt::format(R"zsh(#compdef cutpoint
# zsh completion for cutpoint; made by `cutpoint completion zsh`

_cutpoint_format() {{
  if compset -P '*:'; then
    _files
  else
    compadd -S '' -- {}
  fi
}}

_cutpoint() {{
  local curcontext=$curcontext state line ret=1
  local -a commands=(
{}  )
  local -i dashes=${{words[(i)--]}}
  if (( dashes < CURRENT )); then # the target's own command line
    shift dashes words
    (( CURRENT -= dashes ))
    _normal
    return
  fi
  _arguments -C \
)zsh",
                                 fmt::join(all_formats(), " "), command_list(program));
  for (const OptionWords& option : program.self.options) text += option_spec(option);
  text +=
      "        '1:command:->command' '*::argument:->arguments' && ret=0\n"
      "  case $state in\n"
      "    command) _describe command commands && ret=0; return ret ;;\n"
      "    arguments) ;;\n"
      "    *) return ret ;;\n"
      "  esac\n"
      "  case $line[1] in\n";
  for (const CommandWords& command : program.commands) text += command_case(command);
  return text + R"zsh(  esac
  return ret
}

if [[ $funcstack[1] == _cutpoint ]]; then
  _cutpoint "$@"
else
  compdef _cutpoint cutpoint
fi
)zsh";
}

}  // namespace cutpoint

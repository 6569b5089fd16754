// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "controller/cli/completion.h"
#include "controller/cli/formats.h"

namespace cutpoint {
namespace {

// fish reads \' and \\ within single quotes, and nothing else.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char character : text) {
    if (character == '\'' || character == '\\') result += '\\';
    result += character == '\n' ? ' ' : character;
  }
  return result + "'";
}

std::string arguments_of(const OptionWords& option) {
  switch (option.kind) {
    case ValueKind::choice:
      return fmt::format("{}", fmt::join(option.choices, " "));
    case ValueKind::format:
      return fmt::format("{}", fmt::join(all_formats(), " "));
    case ValueKind::scenario:
      return "(__fish_complete_suffix .yaml; __fish_complete_suffix .yml)";
    case ValueKind::directory:
      return "(__fish_complete_directories)";
    case ValueKind::user:
      return "(__fish_complete_users)";
    case ValueKind::none:
    case ValueKind::text:
      return "";
  }
  return "";
}

std::string line(const std::string& when, const OptionWords& option) {
  std::string text = "complete -c cutpoint -n " + quoted(when);
  for (const std::string& name : option.names) {
    text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (!option.names.empty() && option.kind != ValueKind::none) text += " -x";
  const std::string arguments = arguments_of(option);
  if (!arguments.empty()) text += " -a " + quoted(arguments);
  return text + " -d " + quoted(option.meaning) + "\n";
}

}  // namespace

std::string fish_completion(const ProgramWords& program) {
  constexpr const char* first = "__fish_use_subcommand";
  std::string text =
      "# fish completion for cutpoint; made by `cutpoint completion fish`\n"
      "complete -c cutpoint -f\n";
  for (const OptionWords& option : program.self.options) text += line(first, option);
  for (const CommandWords& command : program.commands) {
    text += fmt::format("complete -c cutpoint -n {} -a {} -d {}\n", first, command.name,
                        quoted(command.meaning));
    const std::string within = "__fish_seen_subcommand_from " + command.name;
    for (const OptionWords& option : command.options) text += line(within, option);
    for (const OptionWords& place : command.places) text += line(within, place);
  }
  return text;
}

}  // namespace cutpoint

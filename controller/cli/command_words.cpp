// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/command_words.h"

#include <algorithm>
#include <array>
#include <sstream>

namespace cutpoint {
namespace {

struct Known {
  std::string_view value;
  ValueKind kind;
};

// By what its help calls a value.
constexpr auto known = std::array{
    Known{"FORMAT[:FILE]", ValueKind::format},
    Known{"SCENARIO", ValueKind::scenario},
    Known{"DIR", ValueKind::directory},
    Known{"PATH", ValueKind::directory},
    Known{"USER", ValueKind::user},
};

ValueKind kind_of(const std::string& value) {
  for (const Known& one : known) {
    if (one.value == value) return one.kind;
  }
  return ValueKind::text;
}

// "{a,b}" of what CLI::IsMember says of itself, which CLI11 appends to the value's name.
std::vector<std::string> choices_of(const std::string& type) {
  const std::size_t open = type.find('{');
  const std::size_t close = type.rfind('}');
  std::vector<std::string> choices;
  if (open == std::string::npos || close == std::string::npos) return choices;
  std::istringstream list(type.substr(open + 1, close - open - 1));
  for (std::string choice; std::getline(list, choice, ',');) choices.push_back(choice);
  return choices;
}

// "PID" of "PID:POSITIVE": what validators say of themselves follows; not of "FORMAT[:FILE]".
std::string value_of(const std::string& type) {
  std::size_t colon = type.find(':');
  if (colon != std::string::npos && colon > 0 && type[colon - 1] == '[') {
    colon = type.find(':', colon + 1);
  }
  return type.substr(0, colon);
}

OptionWords words_of(const CLI::Option& option) {
  OptionWords words;
  for (const std::string& name : option.get_lnames()) words.names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) words.names.push_back("-" + name);
  words.meaning = option.get_description();
  words.required = option.get_required();
  if (option.get_expected_max() == 0) return words;
  const std::string type = option.get_type_name();
  const std::string place = option.get_name(true);
  // A place has the name of its value; its type is that of a text.
  words.value = words.names.empty() ? place : value_of(type);
  words.choices = choices_of(type);
  words.kind = words.choices.empty() ? kind_of(words.value) : ValueKind::choice;
  words.repeatable = option.get_items_expected_max() > 1;
  return words;
}

CommandWords words_of_command(const CLI::App& command) {
  CommandWords words;
  words.name = command.get_name();
  words.meaning = command.get_description();
  words.footer = command.get_footer();
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_group().empty()) continue;
    OptionWords of = words_of(*option);
    (of.names.empty() ? words.places : words.options).push_back(std::move(of));
  }
  return words;
}

}  // namespace

ProgramWords words_of(const CLI::App& app) {
  ProgramWords words;
  words.self = words_of_command(app);
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_group().empty()) continue;
    words.commands.push_back(words_of_command(*command));
    // CLI11 gives the program's to a command without one.
    std::string& footer = words.commands.back().footer;
    if (footer == words.self.footer) footer.clear();
  }
  return words;
}

}  // namespace cutpoint

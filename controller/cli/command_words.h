// SPDX-License-Identifier: Apache-2.0
// The command line as its parser knows it, in plain words: what completions and the manual page are
// made from. Nothing hidden is in it.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace cutpoint {

// What a value may be.
enum class ValueKind {
  none,  // a flag has no value
  text,  // nothing is known of it
  choice,
  format,  // one of the formats, or FORMAT:FILE
  scenario,
  directory,
  user,
};

struct OptionWords {
  std::vector<std::string> names;  // "--quiet", "-q"; none: it is told by its place
  std::string value;               // "DIR", "KEY=VALUE"
  std::string meaning;
  ValueKind kind = ValueKind::none;
  std::vector<std::string> choices;  // of a choice
  bool required = false;
  bool repeatable = false;
};

struct CommandWords {
  std::string name;
  std::string meaning;
  std::vector<OptionWords> options;  // with names
  std::vector<OptionWords> places;   // without
  std::string footer;
};

struct ProgramWords {
  CommandWords self;  // what stands before a command
  std::vector<CommandWords> commands;
};

ProgramWords words_of(const CLI::App& app);

}  // namespace cutpoint

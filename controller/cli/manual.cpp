// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/manual.h"

#include <algorithm>
#include <fmt/format.h>
#include <sstream>

#include "controller/report/summary.h"
#include "controller/util/utf8.h"
#include "generated/version.h"

namespace cutpoint {
namespace {

// A line of text that is shown as it is: groff(7), "Escapes"; a `-` would become a hyphen.
std::string shown(std::string_view line) {
  std::string result;
  while (!line.empty()) {
    const Utf8Character character = first_character(line);
    if (character.code == '\\') {
      result += "\\(rs";
    } else if (character.code == '-') {
      result += "\\-";
    } else if (character.code < 0x80) {
      result += line.front();
    } else {
      result += fmt::format("\\[u{:04X}]", character.code);
    }
    line.remove_prefix(std::max<std::size_t>(character.size, 1));
  }
  const bool is_request = !result.empty() && (result[0] == '.' || result[0] == '\'');
  return (is_request ? "\\&" : "") + result;
}

std::string paragraph(const std::string& text) {
  std::string result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) result += shown(line) + "\n";
  return result;
}

std::string as_it_is(const std::string& text) {
  return ".nf\n" + paragraph(text) + ".fi\n";
}

std::string option_text(const OptionWords& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.names) names.push_back("\\fB" + shown(name) + "\\fR");
  std::string text = fmt::format(".TP\n{}", fmt::join(names, ", "));
  if (!option.value.empty()) {
    text += fmt::format("{}\\fI{}\\fR", names.empty() ? "" : " ", shown(option.value));
  }
  text += "\n" + paragraph(option.meaning);
  if (option.kind == ValueKind::choice) {
    text += shown(fmt::format("One of {}.", fmt::join(option.choices, ", "))) + "\n";
  }
  return text;
}

std::string synopsis(const CommandWords& command) {
  std::string text = fmt::format(".B cutpoint {}\n", command.name);
  if (!command.options.empty()) text += "[\\fIOPTION\\fR]...\n";
  for (const OptionWords& place : command.places) {
    const std::string value =
        fmt::format("\\fI{}\\fR{}", shown(place.value), place.repeatable ? "..." : "");
    text += place.required ? value + "\n" : "[" + value + "]\n";
  }
  return text + ".br\n";
}

std::string command_text(const CommandWords& command) {
  std::string text = fmt::format(".SS {}\n{}", shown(command.name), paragraph(command.meaning));
  for (const OptionWords& place : command.places) text += option_text(place);
  for (const OptionWords& option : command.options) text += option_text(option);
  if (!command.footer.empty()) text += ".PP\n" + as_it_is(command.footer);
  return text;
}

// "Title: …": a section for each paragraph of the program's footer.
std::string sections(const std::string& footer) {
  std::string text;
  for (std::size_t at = 0; at < footer.size();) {
    const std::size_t end = std::min(footer.find("\n\n", at), footer.size());
    const std::string part = footer.substr(at, end - at);
    const std::size_t colon = std::min(part.find(':'), part.size() - 1);
    text += ".SH " + upper(part.substr(0, colon)) + "\n";
    const bool lines = part[colon + 1] == '\n';
    text += lines ? as_it_is(part.substr(colon + 2)) : paragraph(part.substr(colon + 2));
    at = end + 2;
  }
  return text;
}

}  // namespace

std::string manual_page(const ProgramWords& program) {
  std::string text =
      fmt::format(".TH CUTPOINT 1 \"\" \"cutpoint {}\" \"User Commands\"\n", CUTPOINT_VERSION);
  text += ".SH NAME\ncutpoint \\- cuts TCP traffic at exact protocol moments\n.SH SYNOPSIS\n";
  for (const CommandWords& command : program.commands) text += synopsis(command);
  text += ".SH DESCRIPTION\n" + paragraph(program.self.meaning) + ".SH OPTIONS\n";
  for (const OptionWords& option : program.self.options) text += option_text(option);
  text += ".SH COMMANDS\n";
  for (const CommandWords& command : program.commands) text += command_text(command);
  return text + sections(program.self.footer);
}

}  // namespace cutpoint

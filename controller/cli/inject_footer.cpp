// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "controller/cli/command_line.h"
#include "controller/scenario/shapes.h"

namespace cutpoint {
namespace {

constexpr std::size_t widest = 96;

// "up|down|both", "DURATION", "N".
std::string form_of(const yaml::Shape& shape) {
  std::string words = fmt::format("{}", fmt::join(shape.words, "|"));
  switch (shape.kind) {
    case yaml::Shape::Kind::text:
    case yaml::Shape::Kind::name:
    case yaml::Shape::Kind::texts:
    case yaml::Shape::Kind::map:
    case yaml::Shape::Kind::maps:
      return words.empty() ? "TEXT" : words;
    case yaml::Shape::Kind::number:
      return "N";
    case yaml::Shape::Kind::ratio:
      return "RATIO";
    case yaml::Shape::Kind::fraction:
      return "0..1";
    case yaml::Shape::Kind::duration:
      return words.empty() ? "DURATION" : "DURATION|" + words;
    case yaml::Shape::Kind::rate:
      return "RATE";
  }
  return "";
}

std::string fault_text(const FaultInfo& fault) {
  const yaml::Shape act = shape_of_do(fault);
  std::string text = fmt::format("  {} {}", fault.name, form_of(act.keys.front().shape));
  for (std::size_t i = 1; i < act.keys.size(); ++i) {
    const yaml::ShapeKey& key = act.keys[i];
    text += key.name == "for" ? fmt::format(" {}", form_of(key.shape))
                              : fmt::format(" [{}={}]", key.name, form_of(key.shape));
  }
  return fmt::format("{}\n      {}\n", text, fault.description);
}

// The words behind the head, wrapped and indented.
std::string listed_text(const std::string& head, const std::vector<std::string>& words) {
  std::string text;
  std::string line = "  " + head;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string word = words[i] + (i + 1 < words.size() ? "," : "");
    if (line.size() + 1 + word.size() > widest) {
      text += line + "\n";
      line = "     ";
    }
    line += " " + word;
  }
  return text + line + "\n";
}

std::string protocol_text(const ProtocolInfo& protocol) {
  std::string text = listed_text(protocol.name + ":", moment_words(protocol));
  std::vector<std::string> filters;
  for (const AttributeInfo& attribute : protocol.attributes) {
    filters.push_back(fmt::format("{} ({})", attribute.name, attribute.description));
  }
  if (filters.empty()) return text;
  std::string lines;
  for (const std::string& filter : filters) lines += "    " + filter + "\n";
  return text + "  filters of " + protocol.name + ":\n" + lines;
}

}  // namespace

std::string inject_footer() {
  std::string text =
      "A command after `--` is the target, in place of --pid, --cgroup, --unit or\n"
      "--container.\n"
      "\n"
      "Faults (--do):\n";
  for (const FaultInfo& fault : faults()) text += fault_text(fault);
  text += "\nMoments (--at):\n";
  for (const ProtocolInfo& protocol : protocols()) text += protocol_text(protocol);
  return text +
         "\n"
         "Examples:\n"
         "  cutpoint inject --service db=postgres@127.0.0.1:5432 --at commit.request:after \\\n"
         "                  --do 'blackhole both 30s' --pid 4711\n"
         "  cutpoint inject --service 'db=postgres:${PG_DSN}' --at commit.ack:byte:3,nth=20 \\\n"
         "                  --do 'reset client' -- python3 checkout.py";
}

}  // namespace cutpoint

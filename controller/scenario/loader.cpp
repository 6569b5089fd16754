// SPDX-License-Identifier: Apache-2.0
// File → tree → overrides → variables → checked scenario. Each step only where the one before
// left a tree to work on; the mistakes of all of them come out together.
#include "controller/scenario/loader.h"

#include <deque>
#include <exception>
#include <fmt/format.h>
#include <utility>

#include "controller/scenario/diagnostics.h"
#include "controller/scenario/node.h"
#include "controller/scenario/overrides.h"
#include "controller/scenario/redact.h"
#include "controller/scenario/sections.h"
#include "controller/scenario/source.h"
#include "controller/scenario/substitute.h"

namespace cutpoint {
namespace {

using yaml::Field;
using yaml::MapReader;
using yaml::Source;
using yaml::TreeNode;

Diagnostic about_file(const std::string& path, const std::string& message) {
  Diagnostic diagnostic;
  diagnostic.file = path;
  diagnostic.message = message;
  return diagnostic;
}

LoadedScenario failed(const yaml::Diagnostics& diagnostics) {
  LoadedScenario loaded;
  loaded.diagnostics = diagnostics.sorted();
  return loaded;
}

// What an override or the command line put in has a source of its own, kept in `sources`.
void apply_options(TreeNode& root, const std::vector<Override>& overrides,
                   const std::vector<std::string>& command, std::deque<Source>& sources,
                   yaml::Diagnostics& diagnostics) {
  for (const auto& [key, value] : overrides) {
    const int order = static_cast<int>(sources.size());
    sources.emplace_back(Source::Kind::option, "--set", fmt::format("{}={}", key, value), order);
    apply_override(root, sources.back(), key.size(), diagnostics);
  }
  if (command.empty()) return;
  const int order = static_cast<int>(sources.size());
  sources.emplace_back(Source::Kind::option, "--", fmt::format("{}", fmt::join(command, " ")),
                       order);
  apply_command(root, sources.back(), command);
}

// cutpoint's publisher runs beside consumers that it starts, or alone.
void check_publisher(const Field& target, const Field& workload, const Scenario& scenario) {
  if (!target || !scenario.publish || !scenario.target || !scenario.target->command.empty()) return;
  workload.complain(
      "`amqp.publish` runs beside a `target` that has a `command`: cutpoint ends both together");
}

// Exactly one of the two says what runs; a publisher may go with a target.
void read_what_runs(const MapReader& map, Scenario& scenario) {
  const Field target = map.optional("target");
  const Field workload = map.optional("workload");
  if (!target && !workload && !map.has_unknown_keys()) {
    map.complain("a scenario needs `target` (your application) or `workload` (cutpoint's own)");
  }
  if (target) read_target(target, scenario);
  if (workload) read_workload(workload, scenario);
  check_publisher(target, workload, scenario);
  if (target && workload && !scenario.publish) {
    const auto place = [](const Field& field) {
      return std::make_pair(field.node->at.source->order(), field.node->at.line);
    };
    (place(target) <= place(workload) ? workload : target)
        .complain("a scenario takes either `target` or `workload`, not both");
  }
}

Scenario read_scenario(const TreeNode& root, yaml::Diagnostics& diagnostics) {
  Scenario scenario;
  const MapReader map({&root, "scenario", &diagnostics}, "the scenario",
                      {"scenario", "title", "seed", "services", "target", "workload", "observe",
                       "faults", "expect", "claims"});
  yaml::read_name(map.required("scenario", "it is the scenario's name"), scenario.name);
  yaml::read_text(map.optional("title"), scenario.title);
  yaml::read_number<std::uint64_t>(map.optional("seed"), 0, scenario.seed);
  read_services(map.required("services"), scenario);
  read_what_runs(map, scenario);
  read_observe(map.optional("observe"), scenario);
  read_faults(map.required("faults"), scenario);
  read_expectations(map.required("expect", "without it, nothing is proven (`expect: []` says so)"),
                    scenario);
  read_claims(map.optional("claims"), scenario);
  return scenario;
}

// Whether what stands there leads to a service, perhaps with a password.
bool is_connection(const std::string& key) {
  return key == "dsn" || key == "broker" || key == "management";
}

// Without what must not be written to a file.
TreeNode redacted(TreeNode node, bool is_dsn) {
  if (node.kind == TreeNode::Kind::scalar) {
    node.text = is_dsn ? dsn_without_password(node.text) : mask_secrets(node.text);
  }
  for (TreeNode& item : node.items) item = redacted(std::move(item), false);
  for (yaml::Entry& entry : node.entries) {
    entry.value = redacted(std::move(entry.value), is_connection(entry.key.text));
  }
  return node;
}

// Where a variable gave the text, its name again.
void name_variables(TreeNode* node) {
  if (node == nullptr) return;
  if (!node->written.empty()) {
    node->text = node->written;
    node->unresolved = true;  // it stays a variable in the YAML
  }
  for (TreeNode& item : node->items) name_variables(&item);
}

// nullptr: there is none.
TreeNode* find(TreeNode& root, std::string_view section, std::string_view key) {
  TreeNode* found = root.find(section);
  return found == nullptr ? nullptr : found->find(key);
}

// A command line and the bodies of messages may hold what nobody else is to read.
void redact_application(TreeNode& root) {
  name_variables(find(root, "workload", "body"));
  TreeNode* command = find(root, "target", "command");
  name_variables(command);
  if (command == nullptr) return;
  std::vector<std::string> words;
  for (const TreeNode& word : command->items) words.push_back(word.text);
  words = mask_secret_words(std::move(words));
  for (std::size_t i = 0; i < words.size(); ++i) command->items[i].text = words[i];
}

// A variable's value may be a secret: where a mistake quotes the text, it is only named.
void quote_as_written(const TreeNode& node, std::string& message) {
  if (!node.written.empty() && !node.text.empty()) {
    const std::string quoted = "`" + node.text + "`";
    const std::size_t found = message.find(quoted);
    if (found != std::string::npos) {
      message.replace(found, quoted.size(), "`" + node.written + "`");
    }
  }
  for (const TreeNode& item : node.items) quote_as_written(item, message);
  for (const yaml::Entry& entry : node.entries) quote_as_written(entry.value, message);
}

LoadedScenario load(const std::string& path, const std::vector<Override>& overrides,
                    const std::vector<std::string>& command, const Environment& environment) {
  auto text = yaml::read_text_file(path);
  if (!text) return {std::nullopt, {about_file(path, text.error().message)}};
  yaml::Diagnostics diagnostics;
  std::deque<Source> sources;  // referred to by every node: their addresses must not change
  sources.emplace_back(Source::Kind::file, path, std::move(*text), 0);
  auto root = yaml::parse_yaml(sources.front(), 0, diagnostics);
  if (!root) return failed(diagnostics);
  if (root->kind == TreeNode::Kind::null) {
    return {std::nullopt, {about_file(path, "is empty: it should hold a scenario")}};
  }
  if (root->kind != TreeNode::Kind::map) {
    diagnostics.add(root->at, "a scenario is a map, with keys such as `scenario` and `services`");
    return failed(diagnostics);
  }
  apply_options(*root, overrides, command, sources, diagnostics);
  return check_scenario(*std::move(root), environment, diagnostics);
}

}  // namespace

LoadedScenario check_scenario(TreeNode root, const Environment& environment,
                              yaml::Diagnostics& diagnostics) {
  yaml::substitute_variables(root, environment, diagnostics);
  Scenario scenario = read_scenario(root, diagnostics);
  if (!diagnostics.empty()) {
    LoadedScenario loaded = failed(diagnostics);
    for (Diagnostic& mistake : loaded.diagnostics) quote_as_written(root, mistake.message);
    return loaded;
  }
  redact_application(root);
  scenario.resolved_yaml = emit_yaml(redacted(std::move(root), false));
  return {std::move(scenario), {}};
}

LoadedScenario load_scenario(const std::string& path, const std::vector<Override>& overrides,
                             const std::vector<std::string>& command,
                             const Environment& environment) {
  try {
    return load(path, overrides, command, environment);
  } catch (const std::exception& failure) {
    return {std::nullopt, {about_file(path, std::string("cannot be loaded: ") + failure.what())}};
  }
}

}  // namespace cutpoint

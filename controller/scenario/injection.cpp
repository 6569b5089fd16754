// SPDX-License-Identifier: Apache-2.0
// Options → the tree that a file would give → checked scenario. Only the form of the options is
// judged here: what their words mean is for the readers of the sections.
#include "controller/scenario/injection.h"

#include <algorithm>
#include <deque>
#include <exception>
#include <fmt/format.h>
#include <iterator>
#include <string_view>
#include <utility>

#include "controller/scenario/diagnostics.h"
#include "controller/scenario/node.h"
#include "controller/scenario/overrides.h"
#include "controller/scenario/reader.h"
#include "controller/scenario/registry.h"
#include "controller/scenario/sections.h"
#include "controller/scenario/source.h"
#include "controller/scenario/substitute.h"
#include "controller/util/nearest.h"
#include "controller/util/utf8.h"

namespace cutpoint {
namespace {

using yaml::Position;
using yaml::Source;
using yaml::TreeNode;

constexpr const char* inject = "inject";
constexpr const char* trace = "trace";
constexpr std::string_view blanks = " \t\r\n";

// A part of an option's text that knows where it stands.
struct Part {
  const Source* source = nullptr;
  std::size_t begin = 0;
  std::string_view text;

  [[nodiscard]] Position at() const { return {source, 0, static_cast<int>(begin)}; }

  [[nodiscard]] Part sub(std::size_t from, std::size_t count = std::string_view::npos) const {
    return {source, begin + from, text.substr(from, count)};
  }

  // What is before and behind the first of `signs`; nullopt: there is none.
  [[nodiscard]] std::optional<std::pair<Part, Part>> split(std::string_view signs) const {
    const std::size_t at = text.find_first_of(signs);
    if (at == std::string_view::npos) return std::nullopt;
    return std::pair{sub(0, at), sub(at + 1)};
  }

  [[nodiscard]] TreeNode node() const {
    if (!text.empty()) return yaml::scalar_node(std::string(text), at());
    TreeNode null;
    null.at = at();
    return null;
  }
};

std::vector<Part> words_of(const Part& part) {
  std::vector<Part> words;
  std::size_t from = 0;
  while ((from = part.text.find_first_not_of(blanks, from)) != std::string_view::npos) {
    const std::size_t end = std::min(part.text.find_first_of(blanks, from), part.text.size());
    words.push_back(part.sub(from, end - from));
    from = end;
  }
  return words;
}

TreeNode empty_node(TreeNode::Kind kind, const Position& at) {
  TreeNode node;
  node.kind = kind;
  node.at = at;
  node.flow = true;
  return node;
}

// MOMENT[:POSITION]. The number of the moment that has one belongs to it: `bytes:N[:POSITION]`.
std::pair<Part, std::optional<Part>> split_position(const Part& what) {
  auto parts = what.split(":");
  if (parts && parts->first.text == numbered_moment) {
    const std::size_t numbered = parts->second.text.find(':');
    if (numbered == std::string_view::npos) return {what, std::nullopt};
    const std::size_t end = parts->first.text.size() + 1 + numbered;
    return {what.sub(0, end), what.sub(end + 1)};
  }
  if (!parts) return {what, std::nullopt};
  return {parts->first, parts->second};
}

bool knows_moment(const std::string& word) {
  const auto is_it = [&](const MomentInfo& moment) { return moment.name == word; };
  return std::any_of(transport_moments().begin(), transport_moments().end(), is_it) ||
         std::any_of(protocols().begin(), protocols().end(), [&](const ProtocolInfo& protocol) {
           return protocol.moment(word) != nullptr;
         });
}

class TreeMaker {
 public:
  // `command`: whose options they are.
  TreeMaker(std::string command, std::deque<Source>& sources, yaml::Diagnostics& diagnostics)
      : command_(std::move(command)), sources_(sources), diagnostics_(diagnostics) {}

  TreeNode make(const Injection& injection);

 private:
  // An option's text becomes a source of its own.
  Part part(const char* option, const std::string& text);
  [[nodiscard]] TreeNode key(std::string_view text) const {
    return yaml::scalar_node(std::string(text), here_);
  }
  // Complains where the key is there already.
  void add(TreeNode& map, const Part& key, TreeNode value);
  void add_pair(TreeNode& map, const Part& part);
  void add_pairs(TreeNode& map, std::optional<std::pair<Part, Part>> rest);
  void complain(const Part& part, std::string message) {
    diagnostics_.add(part.at(), std::move(message));
  }

  void add_service(const Part& option);
  TreeNode make_at(const Part& option);
  TreeNode service_of_at(const Part& moment);
  TreeNode make_do(const Part& option);
  void add_fault(TreeNode& faults, const Part& where, const Part& what);
  TreeNode make_target(const Injection& injection);
  [[nodiscard]] std::string fault_name(const TreeNode& at, const TreeNode& act,
                                       std::size_t number) const;

  std::string command_;
  std::deque<Source>& sources_;
  yaml::Diagnostics& diagnostics_;
  Position here_;  // of what no option says
  TreeNode services_;
};

Part TreeMaker::part(const char* option, const std::string& text) {
  const int order = static_cast<int>(sources_.size());
  const Source& source = sources_.emplace_back(Source::Kind::option, option, text, order);
  if (!is_utf8_text(text)) diagnostics_.add({&source}, "it is no UTF-8 text");
  return {&source, 0, source.text()};
}

void TreeMaker::add(TreeNode& map, const Part& key, TreeNode value) {
  if (map.find(key.text) != nullptr) {
    complain(key, fmt::format("`{}` is given twice", key.text));
    return;
  }
  map.entries.push_back({yaml::scalar_node(std::string(key.text), key.at()), std::move(value)});
}

void TreeMaker::add_pair(TreeNode& map, const Part& part) {
  if (const auto pair = part.split("=")) return add(map, pair->first, pair->second.node());
  complain(part, fmt::format("`{}` is no KEY=VALUE", part.text));
}

// Behind the first comma: KEY=VALUE[,KEY=VALUE]…; nullopt: there is none.
void TreeMaker::add_pairs(TreeNode& map, std::optional<std::pair<Part, Part>> rest) {
  while (rest) {
    const auto next = rest->second.split(",");
    add_pair(map, next ? next->first : rest->second);
    rest = next;
  }
}

void TreeMaker::add_service(const Part& option) {
  const auto named = option.split("=");
  const auto placed = named ? named->second.split("@:") : std::nullopt;
  if (!placed) {
    return complain(option,
                    "write NAME=PROTOCOL@HOST:PORT, e.g. db=postgres@127.0.0.1:5432, or "
                    "NAME=PROTOCOL:DSN");
  }
  const auto& [protocol, place] = *placed;
  TreeNode service = empty_node(TreeNode::Kind::map, option.at());
  service.entries.push_back({key("protocol"), protocol.node()});
  if (place.source->text()[place.begin - 1] == '@') {
    const auto further = place.split(",");
    service.entries.push_back({key("address"), (further ? further->first : place).node()});
    add_pairs(service, further);
  } else {
    service.entries.push_back({key("dsn"), place.node()});
  }
  add(services_, named->first, std::move(service));
}

// What stands before the `/`; without it, the only service.
TreeNode TreeMaker::service_of_at(const Part& moment) {
  if (services_.entries.size() == 1) {
    TreeNode only = services_.entries.front().key;
    only.at = moment.at();
    return only;
  }
  std::vector<std::string> names;
  for (const yaml::Entry& entry : services_.entries) names.push_back(entry.key.text);
  complain(moment, fmt::format("`{}` of which service? Write e.g. `{}/{}`; there are {}",
                               moment.text, names.front(), moment.text, fmt::join(names, ", ")));
  return moment.node();
}

TreeNode TreeMaker::make_at(const Part& option) {
  TreeNode at = empty_node(TreeNode::Kind::map, option.at());
  const auto limits = option.split(",");
  const Part where = limits ? limits->first : option;
  const auto of_service = where.split("/");
  const Part what = of_service ? of_service->second : where;
  const auto [moment, position] = split_position(what);
  at.entries.push_back(
      {key("service"), of_service ? of_service->first.node() : service_of_at(moment)});
  at.entries.push_back({key("moment"), moment.node()});
  if (position) at.entries.push_back({key("position"), position->node()});
  add_pairs(at, limits);
  return at;
}

TreeNode TreeMaker::make_do(const Part& option) {
  TreeNode act = empty_node(TreeNode::Kind::map, option.at());
  const std::vector<Part> words = words_of(option);
  if (words.empty()) {
    complain(option, "write FAULT VALUE [DURATION] [KEY=VALUE]..., e.g. blackhole both 30s");
    return act;
  }
  if (find_fault(words[0].text) == nullptr) {
    const std::string fault(words[0].text);
    complain(words[0],
             fmt::format("unknown fault `{}`{}", fault, suggest_name(fault, names_of(faults()))));
    return act;
  }
  const bool has_value = words.size() > 1;
  add(act, words[0], (has_value ? words[1] : option.sub(option.text.size())).node());
  for (std::size_t i = 2; i < words.size(); ++i) {
    const bool is_duration = i == 2 && words[i].text.find('=') == std::string_view::npos;
    if (is_duration) {
      act.entries.push_back({key("for"), words[i].node()});
    } else {
      add_pair(act, words[i]);
    }
  }
  return act;
}

TreeNode TreeMaker::make_target(const Injection& injection) {
  TreeNode target = empty_node(TreeNode::Kind::map, here_);
  const std::pair<const char*, const std::optional<std::string>&> options[] = {
      {"--pid", injection.pid},   {"--cgroup", injection.cgroup},
      {"--unit", injection.unit}, {"--container", injection.container},
      {"--user", injection.user}, {"--timeout", injection.timeout},
  };
  for (const auto& [option, text] : options) {
    if (text) target.entries.push_back({key(option + 2), part(option, *text).node()});
  }
  if (!injection.command.empty()) {
    const Part command = part("--", fmt::format("{}", fmt::join(injection.command, " ")));
    target.entries.push_back(
        {key("command"), yaml::command_list(*command.source, injection.command)});
  }
  return target;
}

// "blackhole-at-commit.request", "reset-at-bytes".
std::string TreeMaker::fault_name(const TreeNode& at, const TreeNode& act,
                                  std::size_t number) const {
  const std::string& text = at.find("moment")->text;
  const std::string moment = text.substr(0, text.find(':'));
  if (!knows_moment(moment) || act.entries.empty()) return fmt::format("fault-{}", number);
  return fmt::format("{}-at-{}", act.entries.front().key.text, moment);
}

// What a file says beside `at` and `do`.
std::vector<yaml::Entry> take_rule_keys(TreeNode& at) {
  constexpr std::string_view keys[] = {"name", "mode", "after", "while"};
  const auto stays = [&](const yaml::Entry& entry) {
    return std::find(std::begin(keys), std::end(keys), entry.key.text) == std::end(keys);
  };
  const auto taken = std::stable_partition(at.entries.begin(), at.entries.end(), stays);
  std::vector<yaml::Entry> entries(std::make_move_iterator(taken),
                                   std::make_move_iterator(at.entries.end()));
  at.entries.erase(taken, at.entries.end());
  return entries;
}

void TreeMaker::add_fault(TreeNode& faults, const Part& where, const Part& what) {
  TreeNode at = make_at(where);
  TreeNode act = make_do(what);
  std::vector<yaml::Entry> beside = take_rule_keys(at);
  const auto named = std::find_if(beside.begin(), beside.end(), [](const yaml::Entry& entry) {
    return entry.key.text == "name";
  });
  std::string called = fault_name(at, act, faults.items.size() + 1);
  const bool has_name = named != beside.end();
  if (has_name) {
    called = named->value.text;
    beside.erase(named);
  }
  const bool taken = std::any_of(
      faults.items.begin(), faults.items.end(),
      [&](const TreeNode& other) { return other.entries.front().value.text == called; });
  if (taken && !has_name) called += fmt::format("-{}", faults.items.size() + 1);
  TreeNode fault = empty_node(TreeNode::Kind::map, here_);
  fault.flow = false;
  fault.entries = {
      {key("name"), key(called)}, {key("at"), std::move(at)}, {key("do"), std::move(act)}};
  std::move(beside.begin(), beside.end(), std::back_inserter(fault.entries));
  faults.items.push_back(std::move(fault));
}

TreeNode TreeMaker::make(const Injection& injection) {
  here_ = {&sources_.emplace_back(Source::Kind::option, command_, "", 0)};
  services_ = empty_node(TreeNode::Kind::map, here_);
  services_.flow = false;
  for (const std::string& text : injection.services) add_service(part("--service", text));
  TreeNode faults = empty_node(TreeNode::Kind::list, here_);
  faults.flow = false;
  for (std::size_t i = 0; i < injection.at.size() && !services_.entries.empty(); ++i) {
    const Part at = part("--at", injection.at[i]);
    add_fault(faults, at, part("--do", injection.act[i]));
  }
  TreeNode root = empty_node(TreeNode::Kind::map, here_);
  root.flow = false;
  root.entries.push_back({key("scenario"), key(command_)});
  if (injection.seed) {
    root.entries.push_back({key("seed"), part("--seed", *injection.seed).node()});
  }
  root.entries.push_back({key("services"), std::move(services_)});
  root.entries.push_back({key("target"), make_target(injection)});
  root.entries.push_back({key("faults"), std::move(faults)});
  root.entries.push_back({key("expect"), empty_node(TreeNode::Kind::list, here_)});
  return root;
}

LoadedScenario refused(const std::string& command, const std::string& message) {
  Diagnostic diagnostic;
  diagnostic.file = command;
  diagnostic.message = message;
  return {std::nullopt, {diagnostic}};
}

bool names_processes(const Injection& injection) {
  return injection.pid || injection.cgroup || injection.unit || injection.container ||
         !injection.command.empty();
}

// What is missing altogether has no place.
std::optional<std::string> what_is_missing(const Injection& injection) {
  if (injection.services.empty()) {
    return "no service; give one, e.g. --service db=postgres@127.0.0.1:5432";
  }
  if (injection.at.empty() && injection.act.empty()) {
    return "no fault; give one, e.g. --at commit.request:after --do 'blackhole both 30s'";
  }
  if (injection.at.size() != injection.act.size()) {
    return fmt::format("{} --at and {} --do: they come in pairs", injection.at.size(),
                       injection.act.size());
  }
  if (!names_processes(injection)) {
    return "no target; give --pid N, --cgroup PATH, --unit NAME, --container ID, or a command "
           "after "
           "--";
  }
  return std::nullopt;
}

bool names_target(const Injection& injection) {
  return names_processes(injection) || injection.user;
}

LoadedScenario check_observation(TreeNode root, bool has_target, const Environment& environment,
                                 yaml::Diagnostics& diagnostics) {
  yaml::substitute_variables(root, environment, diagnostics);
  Scenario scenario;
  const yaml::MapReader map({&root, "trace", &diagnostics}, "the trace",
                            {"scenario", "services", "target", "faults", "expect"});
  yaml::read_name(map.required("scenario", ""), scenario.name);
  read_services(map.required("services"), scenario);
  if (has_target) read_target(map.optional("target"), scenario);
  if (!diagnostics.empty()) return {std::nullopt, diagnostics.sorted()};
  return {std::move(scenario), {}};
}

}  // namespace

LoadedScenario load_observation(const Injection& injection, const Environment& environment) {
  if (injection.services.empty()) return refused(trace, *what_is_missing(injection));
  try {
    yaml::Diagnostics diagnostics;
    std::deque<Source> sources;  // referred to by every node: their addresses must not change
    TreeNode root = TreeMaker(trace, sources, diagnostics).make(injection);
    if (!diagnostics.empty()) return {std::nullopt, diagnostics.sorted()};
    return check_observation(std::move(root), names_target(injection), environment, diagnostics);
  } catch (const std::exception& failure) {
    return refused(trace, std::string("cannot be read: ") + failure.what());
  }
}

LoadedScenario load_injection(const Injection& injection, const Environment& environment) {
  if (const auto missing = what_is_missing(injection)) return refused(inject, *missing);
  try {
    yaml::Diagnostics diagnostics;
    std::deque<Source> sources;  // referred to by every node: their addresses must not change
    TreeNode root = TreeMaker(inject, sources, diagnostics).make(injection);
    if (!diagnostics.empty()) return {std::nullopt, diagnostics.sorted()};
    return check_scenario(std::move(root), environment, diagnostics);
  } catch (const std::exception& failure) {
    return refused(inject, std::string("cannot be read: ") + failure.what());
  }
}

}  // namespace cutpoint

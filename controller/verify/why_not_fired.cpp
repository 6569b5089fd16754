// SPDX-License-Identifier: Apache-2.0
// "Why did it not fire": what the rule saw, what came nearest, and what was there instead.
#include <algorithm>
#include <fmt/core.h>
#include <set>

#include "controller/timeline/names.h"
#include "controller/verify/phrases.h"
#include "controller/verify/soundness.h"

namespace cutpoint {
namespace {

// One rule, with what it is judged on.
struct Rule {
  const RunFacts& facts;
  const RuleFacts& seen;
  const Fault& fault;
  std::size_t service = 0;  // index
  unsigned protocol = 0;
};

std::uint64_t seen_in_all(const Rule& rule, unsigned moment) {
  const auto& counts = rule.facts.moment_counts;
  return rule.service < counts.size() && moment < 64 ? counts[rule.service][moment] : 0;
}

// "query 40, ready 41": the commonest first.
std::string seen_instead(const Rule& rule) {
  std::vector<std::pair<std::uint64_t, unsigned>> counts;
  for (unsigned bit = 0; bit < 64; ++bit) {
    if (const auto count = seen_in_all(rule, bit); count > 0) counts.emplace_back(count, bit);
  }
  std::stable_sort(counts.begin(), counts.end(),
                   [](const auto& left, const auto& right) { return left.first > right.first; });
  std::vector<std::string> parts;
  parts.reserve(counts.size());
  for (const auto& [count, bit] : counts) {
    parts.push_back(fmt::format("{} {}", moment_name(rule.protocol, bit), occasions(count)));
  }
  return listed(parts, 6);
}

std::size_t flows_with(const Rule& rule, cut_event_kind kind) {
  std::set<std::uint64_t> flows;
  for (const Entry& entry : rule.facts.timeline->entries()) {
    const cut_event* event = entry.event();
    if (event != nullptr && event->kind == kind && event->service == rule.service) {
      flows.insert(event->flow);
    }
  }
  return flows.size();
}

std::string without_the_moment(const Rule& rule) {
  const std::string& moment = rule.fault.moment;
  const std::string& service = rule.fault.service;
  if (!rule.fault.after.empty()) {
    return fmt::format("{} was never seen on {} after {} had fired.", moment, service,
                       rule.fault.after);
  }
  if (!rule.fault.during.empty()) {
    return fmt::format("{} was never seen on {} while {} was on.", moment, service,
                       rule.fault.during);
  }
  if (const auto count = seen_in_all(rule, rule.fault.moment_bit); count > 0) {
    const bool lost = flows_with(rule, CUT_EVENT_FLOW_DESYNC) > 0;
    return fmt::format("{} was seen {} on {}, but never {}.", moment, occasions(count), service,
                       lost ? "where the armed rule could act" : "while the rule was armed");
  }
  if (const std::string instead = seen_instead(rule); !instead.empty()) {
    return fmt::format("{} was never seen on {}; seen there instead: {}.", moment, service,
                       instead);
  }
  if (flows_with(rule, CUT_EVENT_FLOW_OPENED) + flows_with(rule, CUT_EVENT_FLOW_JOINED) == 0) {
    return fmt::format("The target opened no connection to {}.", service);
  }
  return fmt::format("{} was never seen on {}, nor any other message.", moment, service);
}

// "`command: INSERT` refused 28, the newest was SELECT"
std::string refusals(const Rule& rule) {
  std::vector<std::string> parts;
  const std::size_t slots = std::min<std::size_t>(rule.fault.filters.size(), CUT_MAX_FILTERS);
  for (std::size_t slot = 0; slot < slots; ++slot) {
    const Filter& filter = rule.fault.filters[slot];
    if (rule.seen.state.missed[slot] == 0) continue;
    parts.push_back(fmt::format(
        "`{}: {}` refused {}, the newest was {}", filter.name, filter.text,
        rule.seen.state.missed[slot],
        attribute_text(rule.protocol, filter.abi.attribute, rule.seen.state.missed_value[slot])));
  }
  return listed(parts);
}

// A filter that matches nothing because nobody can read what it asks for.
std::string untold(const Rule& rule) {
  const auto count = rule.seen.state.untold;
  if (count == 0) return {};
  return fmt::format(
      " What a filter asks for could not be read {}, for HTTP/2 compresses it: remove the filter, "
      "or make the client speak HTTP/1.1.",
      occasions(count));
}

std::string how_often_seen(const Rule& rule) {
  return fmt::format("{} was seen {} on {}", rule.fault.moment, occasions(rule.seen.state.moments),
                     rule.fault.service);
}

std::string without_a_match(const Rule& rule) {
  if (const auto unsearched = rule.seen.state.unsearched; unsearched > 0) {
    return fmt::format(
        "{}; {} it was too long to look for the pattern in all of it: the search ends after "
        "{},{:03} bytes.",
        how_often_seen(rule), occasions(unsearched), CUT_SEARCH_MAX / 1000, CUT_SEARCH_MAX % 1000);
  }
  if (const auto unreachable = rule.seen.state.unreachable; unreachable > 0) {
    if (rule.fault.changed == 0) {
      return fmt::format(
          "{}; it was known only once it had been read, inside of TLS, {}: of what the service "
          "sends `position: after` alone can act there.",
          how_often_seen(rule), occasions(unreachable));
    }
    return fmt::format(
        "{}; the bytes to change were not in reach {}: the message does not have them, or they had "
        "left in an earlier segment.",
        how_often_seen(rule), occasions(unreachable));
  }
  const std::string text = how_often_seen(rule) + ", but none passed the filters";
  const std::string refused = refusals(rule);
  return text + (refused.empty() ? "." : ": " + refused + ".") + untold(rule);
}

std::string before_nth(const Rule& rule) {
  const cut_rule_state& state = rule.seen.state;
  std::string text = how_often_seen(rule) + ", ";
  if (state.matches != state.moments) {
    text += fmt::format("{} of them passed the filters, ", state.matches);
  }
  text += fmt::format("the rule waits for the {}.", ordinal(rule.fault.nth));
  const std::string refused = refusals(rule);
  return text + (refused.empty() ? "" : " " + refused + ".") + untold(rule);
}

std::string without_luck(const Rule& rule) {
  return fmt::format("{} matched {} on {}, but a probability of {:g} chose none (seed {}).",
                     rule.fault.moment, occasions(rule.seen.state.matches), rule.fault.service,
                     rule.fault.probability, rule.facts.scenario->seed);
}

std::string main_reason(const Rule& rule) {
  const cut_rule_state& state = rule.seen.state;
  if (!rule.seen.armed_ns) return "The rule was never armed.";
  if (state.moments == 0) return without_the_moment(rule);
  if (state.matches == 0) return without_a_match(rule);
  if (state.matches < rule.fault.nth) return before_nth(rule);
  if (rule.facts.counters[CUT_COUNT_LEASE_LAPSED] > 0) {
    return fmt::format(
        "{} matched {} on {}, but cutpoint itself was stopped for longer than its lease: what was "
        "due then was not done.",
        rule.fault.moment, occasions(state.matches), rule.fault.service);
  }
  if (rule.fault.probability < 1.0) return without_luck(rule);
  return fmt::format("{} matched {} on {}, but the rule was not applied.", rule.fault.moment,
                     occasions(state.matches), rule.fault.service);
}

std::string uncovered_flows(const Rule& rule) {
  std::string text;
  if (const auto lost = flows_with(rule, CUT_EVENT_FLOW_DESYNC); lost > 0) {
    text += fmt::format(" {} to {} lost the message boundaries; such a flow never fires.",
                        counted(lost, "flow"), rule.fault.service);
  }
  if (const auto encrypted = rule.facts.counters[CUT_COUNT_FLOWS_ENCRYPTED]; encrypted > 0) {
    text += fmt::format(
        " {} spoke TLS or GSSAPI and could not be read: with `tls: true` at the service what "
        "OpenSSL is given is read, but not Go's own TLS, rustls, GnuTLS or GSSAPI.",
        counted(encrypted, "flow"));
  }
  if (const auto excluded = rule.facts.counters[CUT_COUNT_FLOWS_EXCLUDED]; excluded > 0) {
    text += fmt::format(" {} asked for replication, a tunnel or an upgrade and was not read.",
                        counted(excluded, "flow"));
  }
  if (const auto multipath = rule.facts.counters[CUT_COUNT_FLOWS_MULTIPATH]; multipath > 0) {
    text +=
        fmt::format(" {} used Multipath TCP and could not be read.", counted(multipath, "flow"));
  }
  if (const auto foreign = rule.facts.counters[CUT_COUNT_FLOWS_FOREIGN]; foreign > 0) {
    text += fmt::format(" {} came from another network namespace and could not be seen.",
                        counted(foreign, "flow"));
  }
  return text;
}

bool never_fired(const RuleFacts& rule, const Fault& fault) {
  switch (fault.mode) {
    case CUT_ENFORCE:
      return rule.state.fired == 0;
    case CUT_OBSERVE:
      return rule.state.would_fire == 0;
  }
  return true;
}

}  // namespace

std::vector<NotFired> why_not_fired(const RunFacts& facts) {
  std::vector<NotFired> all;
  const auto& faults = facts.scenario->faults;
  for (std::size_t index = 0; index < faults.size(); ++index) {
    const Fault& fault = faults[index];
    if (index >= facts.rules.size()) {
      all.push_back({fault.name, "The rule was never armed."});
      continue;
    }
    const RuleFacts& seen = facts.rules[index];
    if (!never_fired(seen, fault)) continue;
    const std::size_t service = service_index(*facts.scenario, fault.service);
    const bool known = service < facts.scenario->services.size();
    const std::string protocol = known ? facts.scenario->services[service].protocol : "";
    const Rule rule{facts, seen, fault, service, protocol_number(protocol).value_or(0)};
    all.push_back({fault.name, main_reason(rule) + uncovered_flows(rule)});
  }
  return all;
}

}  // namespace cutpoint

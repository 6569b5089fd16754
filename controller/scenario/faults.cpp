// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fmt/format.h>
#include <string_view>

#include "controller/scenario/filters.h"
#include "controller/scenario/registry.h"
#include "controller/scenario/sections.h"
#include "controller/scenario/shapes.h"

namespace cutpoint {
namespace {

using yaml::Field;
using yaml::MapReader;

const std::vector<std::string> at_keys{"service", "moment", "direction",   "position", "nth",
                                       "every",   "times",  "probability", "once_per"};

// before | after | byte:N
void read_position(const Field& field, Fault& fault) {
  if (field.shape != nullptr) {
    field.shape->words = {"before", "after"};
    field.shape->pattern = "^byte:[0-9]+$";
    return;
  }
  constexpr std::string_view byte = "byte:";
  if (field && field.node->kind == yaml::TreeNode::Kind::scalar &&
      field.node->text.starts_with(byte)) {
    yaml::TreeNode number = *field.node;
    number.text.erase(0, byte.size());
    if (yaml::read_number<std::uint32_t>({&number, "byte:N", field.diagnostics}, 1, fault.byte)) {
      fault.position = CUT_BYTE;
    }
    return;
  }
  std::size_t index = 0;
  if (yaml::read_index(field, "position", "", {"before", "after", "byte:N"}, index)) {
    fault.position = index == 0 ? CUT_BEFORE : CUT_AFTER;
  }
}

void read_occurrence(const MapReader& at, Fault& fault) {
  yaml::read_number<std::uint32_t>(at.optional("nth"), 1, fault.nth);
  yaml::read_number<std::uint32_t>(at.optional("every"), 1, fault.every);
  yaml::read_number<std::uint32_t>(at.optional("times"), 0, fault.times);
  yaml::read_probability(at.optional("probability"), fault.probability);
  yaml::read_choice<bool>(at.optional("once_per"), {{"flow", true}}, fault.once_per_flow);
}

cut_direction read_direction(const Field& field) {
  cut_direction direction = CUT_UPSTREAM;
  yaml::read_choice<cut_direction>(field, {{"up", CUT_UPSTREAM}, {"down", CUT_DOWNSTREAM}},
                                   direction);
  return direction;
}

// `bytes:N`; false: the field says something else.
bool read_byte_number(const Field& field, Fault& fault) {
  const std::string prefix = std::string(numbered_moment) + ":";
  if (!fault.moment.starts_with(prefix)) return false;
  yaml::TreeNode number = *field.node;
  number.text.erase(0, prefix.size());
  yaml::read_number<std::uint32_t>({&number, "bytes:N", field.diagnostics}, 1, fault.byte_number,
                                   CUT_MAX_BYTE_NUMBER);
  return true;
}

// The one of these that goes the wanted way; where only one has the name there is nothing to want.
const MomentInfo* choose_direction(const std::vector<const MomentInfo*>& named,
                                   const Field& direction) {
  if (named.size() == 1) {
    if (direction) direction.complain("`direction` applies to first_byte, bytes:N and close alone");
    return named.front();
  }
  const cut_direction wanted = read_direction(direction);
  const auto found = std::find_if(named.begin(), named.end(), [wanted](const MomentInfo* info) {
    return info->direction == wanted;
  });
  return found == named.end() ? nullptr : *found;
}

const MomentInfo* read_moment(const MapReader& at, const Field& field, const ProtocolInfo& protocol,
                              Fault& fault) {
  if (!yaml::read_text(field, fault.moment)) return nullptr;
  std::string name = fault.moment;
  const std::string owner = fmt::format("protocol `{}`", protocol.name);
  std::size_t index = 0;
  if (read_byte_number(field, fault)) {
    name = numbered_moment;
  } else if (!yaml::read_index(field, "moment", owner, moment_words(protocol), index)) {
    return nullptr;
  }
  std::vector<const MomentInfo*> named;
  for (const auto* list : {&protocol.moments, &transport_moments()}) {
    for (const MomentInfo& moment : *list) {
      if (moment.name == name) named.push_back(&moment);
    }
  }
  const MomentInfo* moment = choose_direction(named, at.optional("direction"));
  if (moment == nullptr) return nullptr;
  fault.moment_bit = moment->bit;
  fault.moment_direction = moment->direction;
  return moment;
}

// Some faults cannot act at every moment.
void check_moment(const Field& field, const FaultInfo& kind, const MomentInfo& moment) {
  switch (kind.at) {
    case CUT_AT_ANY:
      return;
    case CUT_AT_BYTES:
      if (!moment.has_bytes) {
        field.complain(fmt::format("`{}` needs a moment with bytes of its own; `{}` has none",
                                   kind.name, moment.name));
      }
      return;
    case CUT_AT_CONNECT:
      if (moment.bit != CUT_TRANSPORT_CONNECT) {
        field.complain(fmt::format("`{}` acts at the moment `connect` alone", kind.name));
      }
      return;
    case CUT_AT_MADE:
      if (moment.bit == CUT_TRANSPORT_CONNECT || moment.bit == CUT_TRANSPORT_ACCEPT) {
        field.complain(
            fmt::format("`{}` needs a connection that is made, and at `{}` there is "
                        "none yet; `refuse: syn` at `connect` makes connect() fail",
                        kind.name, moment.name));
      }
      return;
  }
}

// A moment of one byte has no more to be changed.
void check_changed(const Field& field, const MomentInfo& moment, const Fault& fault) {
  if (moment.bit < CUT_TRANSPORT_FIRST) return;
  if (fault.offset > 0 || fault.changed > 1 || !fault.pattern.empty()) {
    field.complain(
        fmt::format("`{}` is one byte: `{}` can change no other there, nor look for a "
                    "pattern",
                    moment.name, fault.kind));
  }
}

// Whose connection it is, its ClientHello tells: nothing before it is seen by a rule.
void expect_known_service(const Field& field, const MomentInfo& moment, const Service& service) {
  if (service.server_name.empty()) return;
  const bool early = moment.bit == CUT_TRANSPORT_CONNECT || moment.bit == CUT_TRANSPORT_ACCEPT ||
                     moment.bit == CUT_TRANSPORT_FIRST_BYTE_UP ||
                     moment.bit == CUT_TRANSPORT_BYTES_UP;
  if (!early) return;
  field.complain(fmt::format(
      "`{}` may come before it is known whose connection it is: service `{}` is told by "
      "the `server_name` in a ClientHello; wait for `client_hello` or later, or give "
      "the service an address of its own",
      moment.name, service.name));
}

// The protocol of the service that `at:` names, which decides what else may be in it.
const ProtocolInfo* protocol_at(const Field& field, const Scenario& scenario) {
  const std::string* name = yaml::peek(field, "service");
  if (name == nullptr) return nullptr;
  for (const Service& service : scenario.services) {
    if (service.name == *name) return find_protocol(service.protocol);
  }
  return nullptr;
}

// Every filter of every protocol: what may be meant where the protocol is not known.
std::vector<std::string> filter_names(const ProtocolInfo* known) {
  std::vector<std::string> names;
  for (const ProtocolInfo& protocol : protocols()) {
    if (known != nullptr && known != &protocol) continue;
    for (const std::string& name : names_of(protocol.attributes)) names.push_back(name);
  }
  return names;
}

// Texts stand apart from the rule, which says which of them its filter asks for.
bool add_filter(Filter filter, const Field& field, Fault& fault) {
  if (filter.is_text()) {
    const auto texts = std::count_if(fault.filters.begin(), fault.filters.end(),
                                     [](const Filter& other) { return other.is_text(); });
    if (texts == CUT_MAX_TEXTS) {
      field.complain(fmt::format("too many filters by text: at most {}", CUT_MAX_TEXTS));
      return false;
    }
    filter.abi.value = static_cast<__u32>(texts);
  }
  fault.filters.push_back(std::move(filter));
  return true;
}

void read_filters(const MapReader& at, const ProtocolInfo& protocol, const MomentInfo* moment,
                  Fault& fault) {
  for (const AttributeInfo& attribute : protocol.attributes) {
    const Field field = at.optional(attribute.name);
    if (!field) continue;
    if (fault.filters.size() == CUT_MAX_FILTERS) {
      field.complain(fmt::format("too many filters: at most {}", CUT_MAX_FILTERS));
      return;
    }
    Filter filter;
    if (read_filter(field, protocol, attribute, moment, filter) &&
        !add_filter(std::move(filter), field, fault)) {
      return;
    }
  }
}

void read_at(const Field& field, const Scenario& scenario, Fault& fault) {
  const ProtocolInfo* protocol = protocol_at(field, scenario);
  std::vector<std::string> keys = at_keys;
  for (const std::string& name : filter_names(protocol)) keys.push_back(name);
  const MapReader at(field, "`at`", keys);
  const Service* service = read_service(at.required("service"), scenario);
  if (service != nullptr) fault.service = service->name;
  const Field moment_field = at.required("moment", "it says at which message, e.g. commit.request");
  if (protocol != nullptr) {
    const MomentInfo* moment = read_moment(at, moment_field, *protocol, fault);
    const FaultInfo* chosen = find_fault(fault.kind);
    if (moment != nullptr && chosen != nullptr) {
      check_moment(moment_field, *chosen, *moment);
      if (chosen->value == CUT_VALUE_CHANGE) check_changed(moment_field, *moment, fault);
    }
    if (moment != nullptr && service != nullptr) {
      expect_known_service(moment_field, *moment, *service);
    }
    read_filters(at, *protocol, moment, fault);
  }
  const Field position = at.optional("position");
  const FaultInfo* kind = find_fault(fault.kind);
  if (position && kind != nullptr && kind->value == CUT_VALUE_BYTES) {
    position.complain(
        fmt::format("`position` does not apply to `{}`, which says how many bytes of "
                    "the message arrive",
                    fault.kind));
  } else if (position && kind != nullptr && !kind->takes_position()) {
    position.complain(
        fmt::format("`position` does not apply to `{}`: it cuts nothing", fault.kind));
  } else {
    read_position(position, fault);
  }
  read_occurrence(at, fault);
}

void read_fault_name(const Field& field, const Scenario& scenario, Fault& fault) {
  if (!yaml::read_name(field, fault.name)) return;
  if (find_fault(scenario, fault.name) != nullptr) {
    field.complain(
        fmt::format("duplicate fault `{}`: the name is its key in the report", fault.name));
  }
}

// The name of a rule that stands before this one: so none can wait for itself.
const Fault* read_other(const Field& field, const Scenario& scenario) {
  std::string name;
  if (!yaml::read_text(field, name)) return nullptr;
  if (const Fault* found = find_fault(scenario, name)) return found;
  const auto& faults = scenario.faults;
  field.complain(fmt::format(
      "`{}` must name a fault that stands before this one; {}", field.name,
      faults.empty() ? std::string("there is none")
                     : fmt::format("there are: {}", fmt::join(names_of(faults), ", "))));
  return nullptr;
}

void read_order(const MapReader& map, const Scenario& scenario, Fault& fault) {
  if (const Fault* other = read_other(map.optional("after"), scenario)) fault.after = other->name;
  const Field during = map.optional("while");
  const Fault* other = read_other(during, scenario);
  if (other == nullptr) return;
  // Not one whose `for` could not be read, which has been complained about.
  if (other->duration.count() == 0 && !find_fault(other->kind)->takes(CUT_KEY_FOR)) {
    during.complain(
        fmt::format("`while`: `{}` is over at once; say `after: {}`", other->name, other->name));
  }
  fault.during = other->name;
}

void read_mode(const Field& field, Fault& fault) {
  yaml::read_choice<cut_mode>(field, {{"enforce", CUT_ENFORCE}, {"observe", CUT_OBSERVE}},
                              fault.mode);
}

void read_fault(const Field& field, Scenario& scenario) {
  const MapReader map(field, "a fault", {"name", "at", "do", "mode", "after", "while"});
  if (!map.is_map()) return;
  Fault fault;
  read_fault_name(map.required("name", "the report and `--set` call it by that"), scenario, fault);
  read_do(map.required("do", "e.g. `do: { blackhole: both, for: 30s }`"), fault);
  read_at(map.required("at", "e.g. `at: { service: db, moment: commit.request }`"), scenario,
          fault);
  read_mode(map.optional("mode"), fault);
  read_order(map, scenario, fault);
  scenario.faults.push_back(fault);
  if (scenario.faults.size() == CUT_MAX_RULES + 1) {
    field.complain(fmt::format("too many faults: at most {}", CUT_MAX_RULES));
  }
}

}  // namespace

yaml::Shape shape_of_at() {
  yaml::Shape shape;
  const MapReader at({nullptr, "at", nullptr, &shape}, "`at`", at_keys);
  Fault unused;
  yaml::read_name(at.required("service"), unused.service);
  std::size_t index = 0;
  std::vector<std::string> moments;
  for (const ProtocolInfo& protocol : protocols()) {
    for (std::string& word : moment_words(protocol)) moments.push_back(std::move(word));
  }
  yaml::read_index(at.required("moment"), "moment", "", moments, index);
  read_direction(at.optional("direction"));
  read_position(at.optional("position"), unused);
  read_occurrence(at, unused);
  return shape;
}

yaml::Shape shape_of_mode() {
  yaml::Shape shape;
  Fault unused;
  read_mode({nullptr, "mode", nullptr, &shape}, unused);
  return shape;
}

void read_faults(const Field& field, Scenario& scenario) {
  for (const Field& item : yaml::read_list(field)) read_fault(item, scenario);
}

}  // namespace cutpoint

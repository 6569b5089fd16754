// SPDX-License-Identifier: Apache-2.0
// A scenario, as read and checked: what runs, what is cut where, and what must hold afterwards.
// Plain data; made by load_scenario() (scenario/loader.h), consumed by everything behind it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "bpf/abi/rule.h"
#include "bpf/abi/vocabulary.h"
#include "controller/scenario/claim.h"

namespace cutpoint {

using Duration = std::chrono::nanoseconds;

enum class Severity { low, medium, high, critical };

// `services:` — a dependency of the target.
struct Service {
  std::string name;
  std::string protocol;  // a name of the protocol registry, e.g. "postgres"
  std::string dsn;       // postgres: libpq connection string or URI; may hold a password
  std::string address;   // where there is no dsn: "host:port", or ":port" of any host
  // In lower case; empty: all at its address is of it. Else what a ClientHello asks for by this
  // name.
  std::string server_name = {};

  std::optional<bool> tls{};  // its connections may be encrypted, and are read by uprobes

  // It is only heard on the wire, never asked what it holds.
  [[nodiscard]] bool is_only_heard() const { return dsn.empty(); }
};

// `target:` — the processes under test. Exactly one of command, pid, cgroup, unit, container is
// set.
struct Target {
  std::vector<std::string> command;
  std::optional<pid_t> pid;
  std::string cgroup;     // absolute path, or relative to the cgroup v2 mount
  std::string unit;       // of systemd, with its suffix
  std::string container;  // its id, or how that begins: container_id()
  std::string user;       // empty: the user that started cutpoint; only with a command
  std::optional<Duration> timeout;
};

enum class GiveUp { close, tcp_user_timeout };
enum class Retry { none, naive, resolve };
enum class Schema { create, expect };

// `workload: { kind: postgres.orders }` — cutpoint's own application, where there is no target.
struct OrdersWorkload {
  std::string service;  // name of the postgres service; default: the only one
  int orders = 50;
  int connections = 1;
  std::optional<Duration> patience = std::chrono::seconds(10);  // nullopt: never gives up
  GiveUp give_up = GiveUp::close;
  Retry retry = Retry::none;
  Duration retry_until = std::chrono::seconds(120);
  Schema schema = Schema::create;
};

// One part of what a publisher sends.
struct PublishPhase {
  std::string name;
  int messages = 0;  // valid ones
  double rate = 0;   // of them, per second
  // Poison in addition: so many, spread over the phase, and one in each such time.
  int poison = 0;
  std::optional<Duration> poison_every;

  [[nodiscard]] bool has_poison() const { return poison > 0 || poison_every.has_value(); }
};

// What a broker is to have before the run: what is there already must be the same.
struct DeclaredExchange {
  std::string name;
  std::string type = "direct";
  bool durable = true;
};
struct DeclaredQueue {
  std::string name;
  std::string type = "classic";
  bool durable = true;
  std::map<std::string, std::string> arguments;  // name -> value as JSON
};
struct DeclaredBinding {
  std::string exchange;
  std::string queue;
  std::string routing_key;
};
struct DeclaredTopology {
  std::vector<DeclaredExchange> exchanges;
  std::vector<DeclaredQueue> queues;
  std::vector<DeclaredBinding> bindings;
};

// `workload: { kind: amqp.publish }` — cutpoint's own publisher. It runs beside the consumers that
// `target.command` starts, in the same cgroup, and its end is theirs; or alone.
struct PublishWorkload {
  std::string broker;       // AMQP URL; may hold a password
  std::string queue;        // is waited for, and drained
  std::string exchange;     // empty: the default one
  std::string routing_key;  // of the exchange
  std::string celery_task;  // empty: messages are none of Celery's
  std::string body;         // template; empty: JSON with the message's id and number
  std::vector<PublishPhase> phases;
  std::optional<DeclaredTopology> declare;
  Duration patience = std::chrono::seconds(10);
  Duration drain = std::chrono::seconds(60);
};

// One filter of `at:` beside service, moment, position and the occurrence limits.
struct Filter {
  std::string name;  // as in the protocol's attribute list, e.g. "command"
  std::string text;  // as written, e.g. "INSERT"
  cut_filter abi{};  // as installed

  [[nodiscard]] bool is_text() const {
    return abi.kind == CUT_ATTR_TEXT || abi.kind == CUT_ATTR_PREFIX;
  }
};

// `faults:` — one rule. The numbers are those of the registry and the ABI.
struct Fault {
  std::string name;
  // at:
  std::string service;
  std::string moment;  // as written, e.g. "commit.request"
  std::uint8_t moment_bit = 0;
  cut_direction moment_direction = CUT_UPSTREAM;
  cut_position position = CUT_AFTER;
  std::uint32_t byte = 0;         // for CUT_BYTE
  std::uint32_t byte_number = 0;  // for the moment `bytes:N`
  std::vector<Filter> filters;
  std::uint32_t nth = 1;
  std::uint32_t every = 1;
  std::uint32_t times = 1;  // 0: no limit
  double probability = 1.0;
  bool once_per_flow = false;
  // do:
  std::string kind;                    // a name of the fault registry, e.g. "blackhole"
  std::uint8_t directions = CUT_BOTH;  // cut_direction_mask
  std::uint8_t ends = CUT_END_BOTH;    // cut_end: who is reset
  cut_scope scope = CUT_SCOPE_FLOW;
  Duration duration{};  // 0: a fault that is over as soon as it is done
  Duration jitter{};    // each time that much shorter or longer, at most
  cut_heal heal = CUT_HEAL_RELEASE;
  cut_acks acks = CUT_ACKS_DROP;
  cut_then then = CUT_THEN_SILENCE;
  std::uint64_t rate = 0;  // bytes per second
  cut_change change = CUT_CHANGE_FLIP;
  std::uint32_t offset = 0;   // into the message's body, or from the pattern on
  std::uint32_t changed = 0;  // bytes that are changed; 0: none are
  std::string pattern;        // empty: at the offset, whatever is there
  std::string with;           // what is there afterwards
  int signal = 0;             // to the process that sends the message, or reads it
  bool freezes = false;       // a cgroup
  std::string cgroup;         // that one; empty: the target's
  cut_mode mode = CUT_ENFORCE;
  // Rules that stand before it in the list; empty: it waits for none.
  std::string after;   // must have fired
  std::string during;  // `while:`, its fault must be on
};

// `expect:` — one invariant with its parameters; which apply depends on the name (registry).
struct Expectation {
  std::string invariant;  // e.g. "postgres.atomic"
  std::string service;    // default: the only service of the invariant's protocol
  Severity severity = Severity::high;
  std::vector<std::string> tables;  // postgres.atomic, postgres.exactly_once
  std::string by;                   // column that identifies the unit of work, e.g. "order_id"
  std::optional<Duration> time;     // postgres.recovers_within
  std::optional<Duration> after;    // postgres.no_orphans
  std::optional<Duration> within;   // http.bounded_wait
  std::uint32_t failures = 0;       // http.breaker_opens_within: in a row
  std::optional<Duration> reset;    // http.breaker_opens_within: until a probe
  std::uint32_t probes = 1;         // http.breaker_opens_within: per reset
  double at_most = 0;               // http.retry_amplification
  std::uint32_t requests = 0;       // http.retry_amplification: logical ones; 0: not given
  std::vector<std::string> tasks;   // http.retry_amplification: names; empty: all
  std::optional<Duration> blocked_at_most;  // workers.available
  std::string observer;          // name in `observe:`; default: the only one; empty: there is none
  std::string database;          // amqp.all_processed: the service of the tables
  std::uint32_t deliveries = 3;  // amqp.dead_lettered: at most
  double at_least = 0;           // amqp.throughput_retained: of the rate before
  std::string baseline;          // amqp.throughput_retained: name of a phase
  Duration over = std::chrono::seconds(30);  // amqp.throughput_retained: phases of that length
  std::vector<std::string> require{"dead_letter", "max_length"};  // amqp.topology

  // The service or observer that it is about.
  [[nodiscard]] const std::string& subject() const { return service.empty() ? observer : service; }
  // The service whose tables it counts.
  [[nodiscard]] const std::string& counted_in() const {
    return database.empty() ? service : database;
  }
};

enum class ObserverKind { celery, amqp };

// `observe:` — something that is watched beside the wire: the Celery workers of a broker, or a
// queue and its dead letters.
struct ObserverPlan {
  std::string name;
  ObserverKind kind = ObserverKind::celery;
  std::string broker;  // AMQP URL; may hold a password
  std::string queue;
  Duration every = std::chrono::milliseconds(500);  // the queue's depth is asked
  std::uint32_t workers = 1;  // celery: processes or threads that run tasks, of all nodes together
  std::string management;     // amqp: URL of the management API; may hold a password; empty: none
  std::string dead_letter_queue;  // amqp; empty: none
};

struct Scenario {
  std::string name;
  std::string title;
  std::uint64_t seed = 1;
  std::vector<Service> services;
  // Exactly one of target and workload is set; or `publish`, which may stand beside a target.
  std::optional<Target> target;
  std::optional<OrdersWorkload> workload;
  std::optional<PublishWorkload> publish;
  std::vector<ObserverPlan> observe;
  std::vector<Fault> faults;
  std::vector<Expectation> expect;  // empty: what the faults did is all that is asked for
  std::vector<Claim> claims;
  std::string resolved_yaml;  // after --set and ${VAR}, passwords removed; for --out
};

// The place of the service of that name, as in events; services.size(): there is none.
inline std::uint8_t service_index(const Scenario& scenario, const std::string& name) {
  const auto found = std::find_if(scenario.services.begin(), scenario.services.end(),
                                  [&name](const Service& service) { return service.name == name; });
  return static_cast<std::uint8_t>(found - scenario.services.begin());
}

// The observer of that name; nullptr: there is none.
inline const ObserverPlan* find_observer(const Scenario& scenario, const std::string& name) {
  const auto found =
      std::find_if(scenario.observe.begin(), scenario.observe.end(),
                   [&name](const ObserverPlan& observer) { return observer.name == name; });
  return found == scenario.observe.end() ? nullptr : &*found;
}

// The fault that the scenario calls by that name; nullptr: there is none.
inline const Fault* find_fault(const Scenario& scenario, const std::string& name) {
  const auto found = std::find_if(scenario.faults.begin(), scenario.faults.end(),
                                  [&name](const Fault& fault) { return fault.name == name; });
  return found == scenario.faults.end() ? nullptr : &*found;
}

}  // namespace cutpoint

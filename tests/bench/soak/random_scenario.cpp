// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/soak/random_scenario.h"

#include <fmt/format.h>
#include <vector>

#include "tests/bench/soak/draw.h"

namespace cutpoint::bench {
namespace {

using Names = std::vector<std::string>;

const Names directions{"up", "down", "both"};

// Moments with bytes of their own, and those without.
const Names messages{"query",          "begin",
                     "commit.request", "commit.ack",
                     "statement",      "statement, command: UPDATE",
                     "ready",          "ready, status: T",
                     "parse",          "bind",
                     "execute",        "statement, command: INSERT"};
const Names stream{"first_byte, direction: up", "first_byte, direction: down"};
const Names handshake{"connect", "accept", "close, direction: up", "close, direction: down"};

struct Fault {
  std::string kind;
  std::string act;  // what `do:` says
  std::string at;   // moment, and where in its message
};

std::string duration(Draw& draw) {
  return fmt::format("{}ms", draw.between(100, 800));
}

std::string any_message(Draw& draw) {
  if (draw.one_in(8)) {
    return fmt::format("bytes:{}, direction: {}", draw.between(200, 20'000),
                       draw.one_of(Names{"up", "down"}));
  }
  return draw.one_in(12) ? draw.one_of(stream) : draw.one_of(messages);
}

// Of a fault that falls silent somewhere.
std::string any_place(Draw& draw) {
  if (draw.one_in(8)) return draw.one_of(handshake);
  std::string moment = any_message(draw);
  switch (draw.between(0, 2)) {
    case 0:
      return moment + ", position: before";
    case 1:
      return moment + ", position: after";
    default:
      return moment + fmt::format(", position: \"byte:{}\"", draw.between(1, 12));
  }
}

Fault blackhole(Draw& draw) {
  return {
      "blackhole",
      fmt::format("blackhole: {}, for: {}, scope: {}, heal: {}, acks: {}", draw.one_of(directions),
                  duration(draw), draw.one_of(Names{"flow", "service"}),
                  draw.one_of(Names{"release", "release", "reset"}),
                  draw.one_of(Names{"drop", "drop", "pass"})),
      any_place(draw)};
}

Fault stall(Draw& draw) {
  return {"stall", fmt::format("stall: {}, for: {}", draw.one_of(directions), duration(draw)),
          any_place(draw)};
}

Fault delay(Draw& draw) {
  return {"delay", fmt::format("delay: {}, jitter: {}ms", duration(draw), draw.between(0, 100)),
          any_place(draw)};
}

Fault throttle(Draw& draw) {
  return {"throttle",
          fmt::format("throttle: {}KiB/s, for: {}, direction: {}", draw.between(2, 256),
                      duration(draw), draw.one_of(directions)),
          any_place(draw)};
}

Fault reset(Draw& draw) {
  return {"reset", "reset: " + draw.one_of(Names{"client", "server", "both"}), any_place(draw)};
}

Fault truncate(Draw& draw) {
  return {"truncate",
          fmt::format("truncate: {}, then: {}, for: {}, heal: {}", draw.between(0, 20),
                      draw.one_of(Names{"silence", "fin", "rst"}), duration(draw),
                      draw.one_of(Names{"release", "reset"})),
          any_message(draw)};
}

// Requests become such as PostgreSQL refuses; answers, such as libpq does not look at.
Fault corrupt(Draw& draw) {
  struct Change {
    const char* at;
    const char* from;
    const char* to;
  };
  const auto change = draw.one_of(std::vector<Change>{
      {"statement, command: UPDATE", "UPDATE", "UPD@TE"},
      {"statement, command: INSERT", "INSERT", "INS@RT"},
      {"parse", "SELECT", "SEL@CT"},
      {"commit.ack", "COMMIT", "Commit"},
  });
  return {"corrupt",
          fmt::format("corrupt: replace, pattern: {}, with: \"{}\"", change.from, change.to),
          change.at};
}

Fault duplicate(Draw& draw) {
  return {"duplicate", "duplicate: segment", any_message(draw)};
}

Fault refuse(Draw&) {
  return {"refuse", "refuse: syn", "connect"};
}

Fault pause(Draw& draw) {
  return {"pause",
          fmt::format("pause: {}, for: {}", draw.one_of(Names{"process", "process", "cgroup"}),
                      duration(draw)),
          any_message(draw)};
}

Fault kill(Draw& draw) {
  return {"kill", "kill: " + draw.one_of(Names{"SIGKILL", "SIGTERM"}), any_message(draw)};
}

Fault any_fault(Draw& draw) {
  using Make = Fault (*)(Draw&);
  return draw.one_of(std::vector<Make>{blackhole, blackhole, stall, stall, delay, delay, throttle,
                                       reset, truncate, corrupt, duplicate, refuse, pause, pause,
                                       kill})(draw);
}

// How often it fires, and from which occurrence on.
std::string limits(Draw& draw) {
  std::string text = fmt::format(", nth: {}, times: {}", draw.between(1, 12), draw.between(1, 4));
  if (draw.one_in(3)) text += fmt::format(", every: {}", draw.between(2, 5));
  if (draw.one_in(3)) text += fmt::format(", probability: 0.{}", draw.between(2, 9));
  if (draw.one_in(4)) text += ", once_per: flow";
  return text;
}

}  // namespace

RandomScenario random_scenario(std::uint64_t seed, const std::string& cgroup) {
  Draw draw(seed);
  RandomScenario made;
  made.yaml = fmt::format(R"(scenario: soak
seed: {}
services:
  db: {{ protocol: postgres, dsn: "${{CUTPOINT_PG_DSN}}" }}
target: {{ cgroup: {}, timeout: 6s }}
faults:
)",
                          seed, cgroup);
  const std::uint64_t count = draw.between(1, 3);
  for (std::uint64_t i = 0; i < count; ++i) {
    const Fault fault = any_fault(draw);
    made.yaml += fmt::format("  - name: f{}\n", i);
    if (i > 0 && draw.one_in(4)) made.yaml += "    after: f0\n";
    made.yaml += fmt::format("    at: {{ service: db, moment: {}{} }}\n    do: {{ {} }}\n",
                             fault.at, limits(draw), fault.act);
    made.faults += (i > 0 ? ", " : "") + fault.kind;
  }
  made.yaml += "expect:\n  - { invariant: postgres.no_orphans, after: 1s }\n";
  return made;
}

}  // namespace cutpoint::bench

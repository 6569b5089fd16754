// SPDX-License-Identifier: Apache-2.0
// One line of `cutpoint trace`: a moment of a flow, in words.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>

#include "bpf/abi/event.h"

namespace cutpoint {

// What every line of one flow says.
struct TracedFlow {
  std::string service;
  unsigned protocol = 0;  // enum cut_protocol
  std::string flow;       // format_flow()
  pid_t pid = 0;          // of the process that opened it, or serves it; 0: not known
  std::string comm = {};  // its name then; any bytes but '/' and NUL may be in it
  // Where that process was then. Empty: not known, or there is none.
  std::string cgroup = {};     // as /proc/<pid>/cgroup writes it
  std::string unit = {};       // of systemd
  std::string container = {};  // its id
  bool accepted = false;       // its socket that is looked at is the service's
};

// One moment of a message that may hold several.
struct TracedMoment {
  std::uint64_t seq = 0;  // of the line, consecutive from 1
  unsigned bit = 0;       // of event.moments
};

// How late an answer came, and what TCP did while it was waited for.
struct SlowAnswer {
  unsigned asked_bit = 0;  // the moment that it answers
  std::int64_t took_ns = 0;
  std::size_t retransmissions = 0;  // by either end on this host
  std::size_t timeouts = 0;         // of the target's retransmission timer
};

// One JSON object, no newline: {"seq":…,"ns":…,"service":…,"flow":…,"pid":…,"comm":…,
// "cgroup":…,"unit":…,"container":…,"direction":…,"moment":…,"attributes":{…},"exchange":…}. What
// is not known of the process, or it does not have, is null; `exchange` and `attributes` are left
// out where there is nothing to say.
std::string trace_json(const TracedMoment& moment, const cut_event& event, const TracedFlow& flow);

// "14:03:07.123456 db 127.0.0.1:40112 -> 127.0.0.1:5432 psql[4711] > commit.request
// command=COMMIT", no newline; '>' is upstream, '<' downstream. Behind the process "@" and 12
// digits of its container, or its service of systemd. `unix_ns`: of the event, shown in local time.
std::string trace_text(const TracedMoment& moment, const cut_event& event, const TracedFlow& flow,
                       std::int64_t unix_ns);

// The same of an answer that was slow. As JSON with "after", "took_ns", "retransmissions" and
// "timeouts".
std::string slow_json(const TracedMoment& moment, const cut_event& event, const TracedFlow& flow,
                      const SlowAnswer& slow);
std::string slow_text(const TracedMoment& moment, const cut_event& event, const TracedFlow& flow,
                      const SlowAnswer& slow, std::int64_t unix_ns);

}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
// From a scenario's words to what is installed in the kernel.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bpf/abi/rule.h"
#include "controller/kernel/injector.h"
#include "controller/run/run_state.h"
#include "controller/scenario/model.h"

namespace cutpoint {

// How much later than the heal the kernel itself ends a cut that is healed by resets: the
// controller needs the time for them, and the lease ends it anyway if the controller dies.
inline constexpr Duration reset_grace = std::chrono::seconds(10);

// Numeric address and port, in the form that both sides compare: nullopt if it is no address.
std::optional<cut_endpoint> parse_endpoint(const std::string& address, std::uint16_t port);

cut_rule make_rule(const Scenario& scenario, const Fault& fault);
// What the rule looks for, writes, and asks for in texts.
cut_rule_bytes make_rule_bytes(const Fault& fault);

// `endpoints`: per service of the scenario, in its order.
std::vector<InstalledService> make_services(
    const Scenario& scenario, const std::vector<std::vector<cut_endpoint>>& endpoints);

// Some fault holds segments, to be sent on later.
bool needs_holder(const Scenario& scenario);

// What the programs record of segments: nothing where no rule will be applied, for none will fire.
cut_capturing captures_of(const Scenario& scenario, bool payloads);

// Who has the bytes that the fault keeps from arriving.
HeldBy held_by(const Fault& fault);

// Who is sent an RST when the fault is to end: set of cut_end. 0: nobody.
std::uint8_t ends_to_reset(const Fault& fault);

// Only where the connection could not go on otherwise. The receiver was given a FIN that its sender
// knows nothing of: it acknowledges one byte more than the message has. A sender that has sent no
// further byte takes that for a mistake, discards all that the other says, and both of them try
// again until TCP gives up.
bool resets_only_stuck(const Fault& fault);

// "blackhole both 30 s, scope service, after commit.request of db, 20th, heal release"
std::string describe(const Fault& fault);

}  // namespace cutpoint

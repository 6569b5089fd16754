// SPDX-License-Identifier: Apache-2.0
#include "controller/run/guard_rails.h"

#include <fmt/format.h>

#include "controller/scenario/registry.h"
#include "controller/util/duration.h"
#include "controller/util/host_port.h"

namespace cutpoint {
namespace {

Status expect_short(const Fault& fault) {
  const Duration lasts = fault.duration + fault.jitter;
  if (fault.mode == CUT_OBSERVE || lasts <= longest_fault) return {};
  return Error{
      ExitCode::usage,
      fmt::format("fault `{}` lasts {}, longer than {}: the target may not recover from it",
                  fault.name, format_duration(lasts), format_duration(longest_fault)),
      "shorten it, or say --yes-really"};
}

Status expect_host(const Service& service) {
  const auto place = parse_host_port(service.address);
  if (!place || !place->host.empty() || !service.server_name.empty()) return {};
  return Error{ExitCode::usage,
               fmt::format("service `{}` names no host: every connection of the target to port {}, "
                           "wherever it leads, would be of it",
                           service.name, place->port),
               fmt::format("write `host:{}`, {}or say --yes-really", place->port,
                           find_protocol(service.protocol)->has_server_name
                               ? "add the `server_name` that its clients ask for, "
                               : "")};
}

}  // namespace

Status keep_guard_rails(const Scenario& scenario) {
  for (const Fault& fault : scenario.faults) CUTPOINT_TRY(expect_short(fault));
  for (const Service& service : scenario.services) CUTPOINT_TRY(expect_host(service));
  return {};
}

}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
#include "controller/run/open_connections.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "controller/timeline/flows.h"
#include "controller/timeline/timeline.h"
#include "controller/util/process.h"

namespace cutpoint {

Status OpenConnections::look(const std::vector<pid_t>& pids) {
  std::map<std::uint64_t, cut_join_wish> wishes;
  pids_.clear();
  for (const pid_t pid : pids) {
    for (const std::uint64_t inode : socket_inodes(pid)) {
      wishes.try_emplace(inode);
      pids_.try_emplace(inode, pid);
    }
  }
  if (wishes.empty()) return {};
  CUTPOINT_TRY_ASSIGN(seen, injector_.join(wishes));
  CUTPOINT_TRY_ASSIGN(first, join_accepted(seen));
  take(first);
  CUTPOINT_TRY_ASSIGN(served, ask_services(first));
  if (served.empty()) return {};
  CUTPOINT_TRY_ASSIGN(second, injector_.join(served));
  take(second);
  return {};
}

Result<std::vector<cut_join_sight>> OpenConnections::join_accepted(
    const std::vector<cut_join_sight>& seen) {
  std::vector<cut_join_sight> joined;
  std::set<std::string> connected;
  for (const cut_join_sight& sight : seen) {
    if (sight.accepted != 0) continue;
    joined.push_back(sight);
    connected.insert(format_flow(sight.tuple));
  }
  std::map<std::uint64_t, cut_join_wish> wishes;
  for (const cut_join_sight& sight : seen) {
    if (sight.accepted == 0 || connected.contains(format_flow(sight.tuple))) continue;
    wishes[sight.inode].accepts = 1;
  }
  if (wishes.empty()) return joined;
  CUTPOINT_TRY_ASSIGN(accepted, injector_.join(wishes));
  joined.insert(joined.end(), accepted.begin(), accepted.end());
  return joined;
}

// What each service says of those that are not synchronised yet: who serves it, and whether it
// rests.
Result<std::map<std::uint64_t, cut_join_wish>> OpenConnections::ask_services(
    const std::vector<cut_join_sight>& sights) {
  std::map<std::uint64_t, cut_join_wish> wishes;
  for (std::size_t service = 0; service < services_.size(); ++service) {
    std::map<std::string, const cut_join_sight*> asked;
    std::vector<int> ports;
    for (const cut_join_sight& sight : sights) {
      if (sight.service != service || sight.synchronised != 0) continue;
      asked[format_endpoint(sight.tuple.local, sight.tuple.local_port)] = &sight;
      ports.push_back(sight.tuple.local_port);
    }
    if (ports.empty() || !services_[service].observer) continue;
    CUTPOINT_TRY_ASSIGN(sessions, services_[service].observer->sessions(ports));
    for (const probes::ClientSession& session : sessions) {
      const auto found = asked.find(session.client);
      if (found == asked.end()) continue;
      const cut_join_sight& sight = *found->second;
      cut_join_wish& wish = wishes[sight.inode];
      wish.peer = static_cast<std::uint32_t>(session.pid);
      if (session.status == 0 || sight.quiet == 0) continue;
      wish.sent = sight.sent;
      wish.received = sight.received;
      wish.rests = 1;
      wish.word = static_cast<std::uint8_t>(session.status);
    }
  }
  return wishes;
}

void OpenConnections::see(const cut_event& event) {
  if (event.kind == CUT_EVENT_FLOW_JOINED && is_synchronised(event))
    connections_[event.flow] = true;
}

void OpenConnections::take(const std::vector<cut_join_sight>& sights) {
  for (const cut_join_sight& sight : sights) {
    bool& synchronised = connections_[sight.cookie];
    synchronised = synchronised || sight.synchronised != 0;
    if (sight.accepted != 0) accepted_.insert(sight.cookie);
    const auto holder = pids_.find(sight.inode);
    if (holder != pids_.end()) holders_.try_emplace(sight.cookie, holder->second);
  }
}

pid_t OpenConnections::holder_of(std::uint64_t cookie) const {
  const auto found = holders_.find(cookie);
  return found == holders_.end() ? 0 : found->second;
}

std::size_t OpenConnections::synchronised() const {
  return static_cast<std::size_t>(
      std::count_if(connections_.begin(), connections_.end(),
                    [](const auto& connection) { return connection.second; }));
}

std::string OpenConnections::describe() const {
  return fmt::format("{} {} open before, {} synchronised", found(),
                     found() == 1 ? "flow was" : "flows were", synchronised());
}

}  // namespace cutpoint

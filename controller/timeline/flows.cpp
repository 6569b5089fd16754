// SPDX-License-Identifier: Apache-2.0
#include "controller/timeline/flows.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <unordered_map>

namespace cutpoint {
namespace {

struct TupleLess {
  bool operator()(const cut_tuple& left, const cut_tuple& right) const {
    return std::memcmp(&left, &right, sizeof(cut_tuple)) < 0;
  }
};

using Indices = std::vector<std::size_t>;

void adopt(std::vector<Flow>& flows, const Indices& same_tuple, const Entry& entry) {
  Flow* owner = nullptr;
  for (const std::size_t index : same_tuple) {
    if (flows[index].entries.front()->ns <= entry.ns) owner = &flows[index];
  }
  if (owner != nullptr) owner->entries.push_back(&entry);
}

bool earlier(const Entry* left, const Entry* right) {
  return left->ns < right->ns;
}

}  // namespace

std::vector<Flow> flows_of(const Timeline& timeline) {
  std::vector<Flow> flows;
  std::unordered_map<std::uint64_t, std::size_t> by_cookie;
  std::map<cut_tuple, Indices, TupleLess> by_tuple;
  std::vector<const Entry*> without_socket;

  for (const Entry& entry : timeline.entries()) {
    const cut_event* event = entry.event();
    if (event == nullptr) continue;
    if (event->flow == 0) {
      without_socket.push_back(&entry);
      continue;
    }
    const auto [found, is_new] = by_cookie.try_emplace(event->flow, flows.size());
    if (is_new) {
      flows.push_back({event->flow, event->tuple, event->service, {}});
      by_tuple[event->tuple].push_back(found->second);
    }
    flows[found->second].entries.push_back(&entry);
  }
  for (const Entry* entry : without_socket) {
    const auto found = by_tuple.find(entry->event()->tuple);
    if (found != by_tuple.end()) adopt(flows, found->second, *entry);
  }
  for (Flow& flow : flows) std::stable_sort(flow.entries.begin(), flow.entries.end(), earlier);
  return flows;
}

}  // namespace cutpoint

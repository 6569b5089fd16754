// SPDX-License-Identifier: Apache-2.0
// What the programs have counted, and the flows that they know.
#include <array>
#include <bpf/bpf.h>
#include <cerrno>
#include <cstring>

#include "controller/kernel/counted.h"
#include "controller/kernel/injector_impl.h"
#include "controller/kernel/per_cpu.h"
#include "controller/util/clock.h"

namespace cutpoint {
namespace {

// The view of the other end.
cut_tuple turned(const cut_tuple& tuple) {
  cut_tuple other = tuple;
  other.local = tuple.remote;
  other.remote = tuple.local;
  other.local_port = tuple.remote_port;
  other.remote_port = tuple.local_port;
  return other;
}

constexpr auto unreadable = "cannot read the counters";

// Times that the kernel passed a tracing program over, on any CPU.
Result<std::uint64_t> misses(const std::vector<const bpf_program*>& programs) {
  std::uint64_t sum = 0;
  for (const bpf_program* program : programs) {
    bpf_prog_info info{};
    std::uint32_t size = sizeof info;
    if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) != 0) {
      return refused("cannot read what the tracepoints missed", errno);
    }
    sum += info.recursion_misses;
  }
  return sum;
}

}  // namespace

Result<Counters> Injector::counters() const {
  auto result = counters_of(*impl_->skeleton);
  if (!result) return refused(unreadable, errno);
  const auto& programs = impl_->skeleton->progs;
  CUTPOINT_TRY_ASSIGN(evidence, misses({programs.tp_retransmit, programs.tp_send_reset,
                                        programs.tp_receive_reset}));
  (*result)[CUT_COUNT_EVIDENCE_MISSED] = evidence;
  if (!impl_->joined) return *result;
  CUTPOINT_TRY_ASSIGN(states, misses({programs.tp_set_state}));
  (*result)[CUT_COUNT_STATES_MISSED] = states;
  return *result;
}

Result<MomentCounts> Injector::moment_counts(std::size_t service) const {
  const auto counts = moment_counts_of(*impl_->skeleton, service);
  if (!counts) return refused(unreadable, errno);
  return *counts;
}

Result<std::array<std::uint64_t, CUT_HISTOGRAM_COUNTS>> Injector::histogram(
    std::size_t service) const {
  const auto counts = sum_over_cpus<CUT_HISTOGRAM_COUNTS>(impl_->skeleton->maps.histograms,
                                                          static_cast<std::uint32_t>(service));
  if (!counts) return refused(unreadable, errno);
  return *counts;
}

std::optional<cut_flow_head> Injector::Impl::head_of(const cut_tuple& tuple) const {
  const auto& maps = skeleton->maps;
  std::uint32_t slot = 0;
  std::vector<std::byte> flow(bpf_map__value_size(maps.flow_slots));
  cut_flow_head head{};
  if (bpf_map__lookup_elem(maps.flows, &tuple, sizeof tuple, &slot, sizeof slot, 0) != 0 ||
      bpf_map__lookup_elem(maps.flow_slots, &slot, sizeof slot, flow.data(), flow.size(), 0) != 0) {
    return std::nullopt;
  }
  // Between the two the slot may have become another's.
  if (std::memcmp(flow.data() + CUT_FLOW_TUPLE, &tuple, sizeof tuple) != 0) return std::nullopt;
  std::memcpy(&head, flow.data() + CUT_FLOW_HEAD, sizeof head);
  return head;
}

// False: somebody else has.
bool Injector::Impl::remove_flow(const cut_tuple& tuple) {
  const auto& maps = skeleton->maps;
  std::uint32_t slot = 0;
  if (bpf_map__lookup_and_delete_elem(maps.flows, &tuple, sizeof tuple, &slot, sizeof slot, 0) !=
      0) {
    return false;
  }
  // Before it is free: it is nobody's (bpf/maps/flows.h).
  const std::vector<std::byte> blank(bpf_map__value_size(maps.flow_slots));
  bpf_map__update_elem(maps.flow_slots, &slot, sizeof slot, blank.data(), blank.size(), BPF_ANY);
  bpf_map__update_elem(maps.free_slots, nullptr, 0, &slot, sizeof slot, BPF_ANY);
  return true;
}

Result<std::vector<FlowView>> Injector::Impl::flows(bool copies) const {
  std::vector<FlowView> result;
  const bpf_map* map = skeleton->maps.flows;
  cut_tuple key{};
  const cut_tuple* previous = nullptr;
  while (bpf_map__get_next_key(map, previous, &key, sizeof key) == 0) {
    const std::optional<cut_flow_head> head = head_of(key);
    if (head && (head->ahead != CUT_AHEAD_ITSELF || copies)) result.push_back({key, *head});
    previous = &key;
  }
  if (errno != ENOENT) return refused("cannot list the flows", errno);
  return result;
}

std::optional<HeldFlow> Injector::held(const cut_tuple& segment) const {
  for (const cut_direction direction : {CUT_UPSTREAM, CUT_DOWNSTREAM}) {
    const cut_tuple tuple = direction == CUT_UPSTREAM ? segment : turned(segment);
    const std::optional<cut_flow_head> head = impl_->head_of(tuple);
    if (!head) continue;
    const cut_line& line = head->line[direction];
    if (!is_on(line)) return HeldFlow{direction, 0, head->device, 0};
    return HeldFlow{direction, line.until_ns, head->device,
                    impl_->skeleton->bss->rules[line.rule].rate};
  }
  return std::nullopt;
}

Result<std::vector<FlowView>> Injector::flows() const {
  return impl_->flows(false);
}

std::size_t Injector::most_flows_at_once() const {
  return impl_->skeleton->bss->slots_used;
}

// Of a handshake that nobody has completed: TCP itself gives up later, but a flood of SYNs must not
// take the room of connections.
bool was_given_up(const FlowView& flow) {
  constexpr std::uint64_t patience_ns = 10'000'000'000;
  return flow.head.accepted == CUT_ACCEPTED_ASKED &&
         monotonic_ns() > flow.head.opened_ns + patience_ns;
}

// What a TLS connection has said goes with its flow.
Status Injector::Impl::sweep_sessions() {
  if (!ssl) return {};
  const bpf_map* map = skeleton->maps.sessions;
  std::vector<std::byte> session(bpf_map__value_size(map));
  std::uint32_t slot = 0;
  std::vector<std::byte> key(bpf_map__key_size(map));
  std::vector<std::vector<std::byte>> keys;
  while (bpf_map__get_next_key(map, keys.empty() ? nullptr : key.data(), key.data(), key.size()) ==
         0) {
    keys.push_back(key);
  }
  if (errno != ENOENT) return refused("cannot list the TLS sessions", errno);
  for (const auto& one : keys) {
    if (bpf_map__lookup_elem(map, one.data(), one.size(), session.data(), session.size(), 0) != 0) {
      continue;
    }
    // Its tuple stands first (bpf/maps/sessions.h).
    if (bpf_map__lookup_elem(skeleton->maps.flows, session.data(), sizeof(cut_tuple), &slot,
                             sizeof slot, 0) != 0) {
      bpf_map__delete_elem(map, one.data(), one.size(), 0);
    }
  }
  return {};
}

Result<std::size_t> Injector::sweep() {
  CUTPOINT_TRY_ASSIGN(all, impl_->flows(true));
  std::size_t swept = 0;
  for (const FlowView& flow : all) {
    const bool is_copy = flow.head.ahead == CUT_AHEAD_ITSELF;
    if (flow.head.closed == 0 && !is_copy && !was_given_up(flow)) continue;
    const bool gone = impl_->remove_flow(flow.tuple);
    if (gone && !is_copy) ++swept;
  }
  CUTPOINT_TRY(impl_->sweep_sessions());
  return swept;
}

}  // namespace cutpoint

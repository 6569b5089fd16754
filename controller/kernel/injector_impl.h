// SPDX-License-Identifier: Apache-2.0
// What an Injector is made of; for its own files alone.
#pragma once

#include <bpf/libbpf.h>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controller/kernel/injector.h"
#include "controller/kernel/lease.h"
#include "controller/kernel/ssl_probes.h"
#include "generated/cutpoint.skel.h"

namespace cutpoint {

struct SkeletonCloser {
  void operator()(cutpoint_bpf* skeleton) const { cutpoint_bpf__destroy(skeleton); }
};
struct LinkCloser {
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};
struct RingBufferCloser {
  void operator()(ring_buffer* buffer) const { ring_buffer__free(buffer); }
};
using Skeleton = std::unique_ptr<cutpoint_bpf, SkeletonCloser>;
using Link = std::unique_ptr<bpf_link, LinkCloser>;
using RingBuffer = std::unique_ptr<ring_buffer, RingBufferCloser>;

// `what` failed with this errno; with what libbpf had to say of it.
Error refused(const std::string& what, int error);

// Whether a rule signals the process that sends (upstream), or that reads.
bool signals(const InjectorPlan& plan, cut_direction direction);

std::vector<Hook> hooks_of(const InjectorPlan& plan);

struct Injector::Impl {
  Skeleton skeleton;
  std::unique_ptr<Hooks> places;
  std::vector<Link> links;
  Link iterator;        // iter_join
  bool joined = false;  // some socket has
  const NetworkNamespace* netns = nullptr;
  RingBuffer events;
  std::function<void(const cut_event&)> sink;
  std::function<void(const cut_capture&, std::string_view)> capture_sink;
  std::vector<std::string> hooks;
  std::vector<std::string> uncovered;
  std::unique_ptr<SslProbes> ssl;  // nullptr: TLS is not read
  std::optional<Error> ssl_error;  // of probing what a process has mapped meanwhile
  std::unique_ptr<Lease> lease;    // last: its thread writes to the skeleton's memory

  Status load(const InjectorPlan& plan);
  Status install(const InjectorPlan& plan);
  [[nodiscard]] int fd_of(HookProgram program) const;
  Status attach_to(std::unique_ptr<Hooks> taken);
  Status attach(bpf_program* program);
  Status attach_cgroup(int cgroup_fd);
  Status name_target(int cgroup_fd);
  Status attach_ssl(const InjectorPlan& plan);
  Status sweep_sessions();
  Status open_events();
  Status open_captures();
  [[nodiscard]] Result<std::vector<FlowView>> flows(bool copies) const;  // and the copies of flows
  [[nodiscard]] std::optional<cut_flow_head> head_of(const cut_tuple& tuple) const;
  bool remove_flow(const cut_tuple& tuple);
};

}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
// From the plan to programs that are loaded and attached.
#include <algorithm>
#include <bpf/bpf.h>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fmt/format.h>
#include <iterator>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "controller/kernel/injector_impl.h"
#include "controller/kernel/libbpf_log.h"
#include "controller/kernel/service_places.h"
#include "controller/util/clock.h"
#include "generated/protocols.h"

namespace cutpoint {
namespace {

// The coarse clocks advance by one tick at a time, so their resolution is the kernel's jiffy.
std::uint64_t jiffy_ns() {
  timespec resolution{};
  ::clock_getres(CLOCK_MONOTONIC_COARSE, &resolution);
  return static_cast<std::uint64_t>(resolution.tv_nsec);
}

bool has_link_layer(const std::vector<Interface>& interfaces, LinkLayer layer) {
  return std::any_of(interfaces.begin(), interfaces.end(),
                     [&](const Interface& i) { return i.link_layer == layer; });
}

// The programs and maps that read what TLS connections say: loaded only where they are needed.
void configure_tls(cutpoint_bpf& skeleton, bool reads_tls) {
  skeleton.rodata->plaintext = reads_tls ? 1 : 0;
  const auto& programs = skeleton.progs;
  for (bpf_program* program : {programs.ssl_handshake, programs.ssl_handshaken, programs.ssl_write,
                               programs.ssl_written, programs.ssl_read, programs.ssl_has_read,
                               programs.bio_write, programs.tp_mapped, programs.tp_executed}) {
    bpf_program__set_autoload(program, reads_tls);
  }
  if (reads_tls) return;
  for (bpf_map* map : {skeleton.maps.sessions, skeleton.maps.ssl_calls, skeleton.maps.hellos}) {
    bpf_map__set_max_entries(map, 1);
  }
}

// Room for what is recorded of segments, which with payload is a hundred times as much.
void configure_captures(cutpoint_bpf& skeleton, cut_capturing captures) {
  constexpr std::uint32_t with_payload = 16U << 20U;
  skeleton.rodata->capturing = captures;
  bpf_map* buffer = skeleton.maps.captures;
  if (captures == CUT_CAPTURES_PAYLOADS) bpf_map__set_max_entries(buffer, with_payload);
  if (captures == CUT_CAPTURES_NOTHING) {
    bpf_map__set_max_entries(buffer, static_cast<std::uint32_t>(::getpagesize()));
  }
}

void configure_hooks(cutpoint_bpf& skeleton, const InjectorPlan& plan) {
  const auto& programs = skeleton.progs;
  const bool headerless = has_link_layer(plan.interfaces, LinkLayer::none);
  const bool acts = !plan.only_looks;
  bpf_program__set_autoload(programs.tc_egress, acts);
  bpf_program__set_autoload(programs.tc_ingress, acts);
  bpf_program__set_autoload(programs.tc_egress_l3, acts && headerless);
  bpf_program__set_autoload(programs.tc_ingress_l3, acts && headerless);
  bpf_program__set_autoload(programs.tc_look, plan.only_looks);
  bpf_program__set_autoload(programs.tc_look_l3, plan.only_looks && headerless);
}

void configure_trace(cutpoint_bpf& skeleton, const InjectorPlan& plan) {
  auto& constants = *skeleton.rodata;
  constants.only_looks = plan.only_looks ? 1 : 0;
  constants.only_process = static_cast<std::uint32_t>(plan.only_process);
  constants.accepts = plan.accepts ? 1 : 0;
  constants.counting = plan.counts ? 1 : 0;
  constants.peers_used = static_cast<std::uint32_t>(plan.peers.size());
  std::copy(plan.peers.begin(), plan.peers.end(), const_cast<cut_peer*>(constants.peers));
  bpf_program__set_autoload(skeleton.progs.tp_connects, plan.only_looks);
  bpf_program__set_autoload(skeleton.progs.tp_takes, plan.names_servers);
  bpf_program__set_autoload(skeleton.progs.tp_gives, plan.names_servers);
  if (!plan.accepts) bpf_map__set_max_entries(skeleton.maps.foreigners, 1);
}

// 0: it cannot be told, and no process is resumed by a number that may be another's.
std::uint32_t own_pid_namespace() {
  struct stat file {};
  return ::stat("/proc/self/ns/pid", &file) == 0 ? static_cast<std::uint32_t>(file.st_ino) : 0;
}

// Services that only a name tells apart are read as TLS until then.
std::uint32_t spoken_by(const std::vector<InstalledService>& services) {
  std::uint32_t spoken = 0;
  for (const InstalledService& service : services) {
    spoken |= 1U << service.config.protocol;
    if (service.config.name_length > 0) spoken |= 1U << CUT_PROTOCOL_TLS;
  }
  return spoken;
}

void configure(cutpoint_bpf& skeleton, const InjectorPlan& plan, std::uint64_t netns_cookie) {
  skeleton.rodata->target_netns = netns_cookie;
  skeleton.rodata->spoken = spoken_by(plan.services);
  skeleton.rodata->own_mark = own_mark;
  skeleton.rodata->held_mark = held_mark;
  skeleton.rodata->holder = static_cast<std::uint32_t>(plan.holder);
  skeleton.rodata->jiffy_ns = jiffy_ns();
  skeleton.rodata->own_pid_namespace = own_pid_namespace();
  for (const Interface& interface : plan.interfaces) {
    if (interface.loopback) skeleton.rodata->loopback = static_cast<std::uint32_t>(interface.index);
  }
  if (plan.spared) {
    skeleton.rodata->spared_set = 1;
    std::memcpy(const_cast<cut_tuple*>(&skeleton.rodata->spared), &*plan.spared, sizeof(cut_tuple));
  }
  skeleton.rodata->clsact = plan.hooks == HookKind::clsact ? 1 : 0;
  skeleton.rodata->segmenter =
      plan.segmenter ? static_cast<std::uint32_t>(plan.segmenter->near) : 0;
  bpf_program__set_autoload(skeleton.progs.tc_segmented, plan.segmenter.has_value());
  configure_hooks(skeleton, plan);
  bpf_program__set_autoload(skeleton.progs.iter_join, plan.joins);
  bpf_program__set_autoload(skeleton.progs.tp_set_state, plan.joins);
  bpf_program__set_autoload(skeleton.progs.tp_sent, signals(plan, CUT_UPSTREAM));
  bpf_program__set_autoload(skeleton.progs.tp_taken, signals(plan, CUT_DOWNSTREAM));
  bpf_program__set_autoload(skeleton.progs.tp_exited, plan.tells_of_deaths);
  configure_trace(skeleton, plan);
  configure_tls(skeleton, plan.reads_tls);
  configure_captures(skeleton, plan.captures);
}

}  // namespace

Error refused(const std::string& what, int error) {
  std::string remedy = "run `cutpoint check` to see what this host lacks";
  if (error == EPERM || error == EACCES) remedy = "run as root; then `cutpoint check`";
  std::string message = fmt::format("{}: {}", what, std::strerror(error));
  const std::string log = take_libbpf_log();
  if (!log.empty()) message += "; " + log;
  return Error{ExitCode::unavailable, message, remedy};
}

bool signals(const InjectorPlan& plan, cut_direction direction) {
  return std::any_of(plan.rules.begin(), plan.rules.end(), [&](const cut_rule& rule) {
    return rule.signal != 0 && rule.moment_direction == direction;
  });
}

std::vector<Hook> hooks_of(const InjectorPlan& plan) {
  std::vector<Hook> hooks;
  for (const Interface& interface : plan.interfaces) {
    std::vector<Hook> here =
        plan.only_looks ? looking_hooks_of(interface, plan.hooks) : hooks_of(interface, plan.hooks);
    std::move(here.begin(), here.end(), std::back_inserter(hooks));
  }
  if (plan.segmenter) hooks.push_back(segmenter_hook(plan.segmenter->far, plan.hooks));
  return hooks;
}

Status Injector::Impl::load(const InjectorPlan& plan) {
  netns = plan.netns;
  CUTPOINT_TRY_ASSIGN(cookie, netns->cookie());
  capture_libbpf_log();
  skeleton.reset(cutpoint_bpf__open());
  if (!skeleton) return refused("cannot open the BPF object", errno);
  configure(*skeleton, plan, cookie);
  if (const int error = cutpoint_bpf__load(skeleton.get()); error != 0) {
    return refused("the kernel refused the BPF programs", -error);
  }
  return {};
}

Status Injector::Impl::install(const InjectorPlan& plan) {
  auto& memory = *skeleton->bss;
  for (std::size_t i = 0; i < plan.services.size(); ++i) {
    memory.service_table[i] = plan.services[i].config;
  }
  memory.service_table[CUT_SERVICE_UNDECIDED].protocol = CUT_PROTOCOL_TLS;
  memory.service_table[CUT_SERVICE_UNDECIDED].parsed = CUT_BOTH;
  for (const auto& [endpoint, value] : service_places(plan.services)) {
    memory.wire_ports[endpoint.port / 64] |= 1ULL << (endpoint.port % 64);
    if (bpf_map__update_elem(skeleton->maps.services, &endpoint, sizeof endpoint, &value,
                             sizeof value, BPF_ANY) != 0) {
      return refused("cannot install a service's address", errno);
    }
  }
  for (const Interface& interface : plan.interfaces) {
    if (interface.link_layer == LinkLayer::unsupported) uncovered.push_back(interface.name);
  }
  std::copy(plan.rules.begin(), plan.rules.end(), memory.rules);
  std::copy(plan.rule_bytes.begin(), plan.rule_bytes.end(), memory.rule_bytes);
  memory.control.rules = static_cast<std::uint32_t>(plan.rules.size());
  return {};
}

int Injector::Impl::fd_of(HookProgram program) const {
  const auto& programs = skeleton->progs;
  switch (program) {
    case HookProgram::egress:
      return bpf_program__fd(programs.tc_egress);
    case HookProgram::egress_l3:
      return bpf_program__fd(programs.tc_egress_l3);
    case HookProgram::ingress:
      return bpf_program__fd(programs.tc_ingress);
    case HookProgram::ingress_l3:
      return bpf_program__fd(programs.tc_ingress_l3);
    case HookProgram::look:
      return bpf_program__fd(programs.tc_look);
    case HookProgram::look_l3:
      return bpf_program__fd(programs.tc_look_l3);
    case HookProgram::segmented:
      return bpf_program__fd(programs.tc_segmented);
  }
  return -1;
}

Status Injector::Impl::attach_to(std::unique_ptr<Hooks> taken) {
  places = std::move(taken);
  for (std::size_t i = 0; i < places->list().size(); ++i) {
    CUTPOINT_TRY(places->put(i, fd_of(places->list()[i].program)));
    hooks.push_back(places->list()[i].name);
  }
  return {};
}

Status Injector::Impl::attach(bpf_program* program) {
  Link link(bpf_program__attach(program));
  if (!link) {
    return refused(fmt::format("cannot attach {}", bpf_program__section_name(program)), errno);
  }
  links.push_back(std::move(link));
  hooks.emplace_back(bpf_program__section_name(program));
  return {};
}

Status Injector::Impl::attach_cgroup(int cgroup_fd) {
  Link link(bpf_program__attach_cgroup(skeleton->progs.sockops_enrol, cgroup_fd));
  if (!link) return refused("cannot attach sockops to the target's cgroup", errno);
  links.push_back(std::move(link));
  hooks.emplace_back("sockops");
  return {};
}

// For programs that are called for every process of the host.
Status Injector::Impl::name_target(int cgroup_fd) {
  const std::uint32_t first = 0;
  if (bpf_map__update_elem(skeleton->maps.target_cgroups, &first, sizeof first, &cgroup_fd,
                           sizeof cgroup_fd, BPF_ANY) != 0) {
    return refused("cannot tell the programs which cgroup is the target's", errno);
  }
  return {};
}

// Probes first, then the notices of what else is mapped: what was mapped before is looked at by
// then. Most programs use the libssl that this one has, so that has its probes before they begin.
Status Injector::Impl::attach_ssl(const InjectorPlan& plan) {
  if (!plan.reads_tls) return {};
  const auto& programs = skeleton->progs;
  ssl = std::make_unique<SslProbes>(SslPrograms{
      programs.ssl_handshake, programs.ssl_handshaken, programs.ssl_write, programs.ssl_written,
      programs.ssl_read, programs.ssl_has_read, programs.bio_write});
  CUTPOINT_TRY(ssl->look_at(::getpid()));
  CUTPOINT_TRY(attach(programs.tp_mapped));
  CUTPOINT_TRY(attach(programs.tp_executed));
  for (const pid_t pid : plan.pids) CUTPOINT_TRY(ssl->look_at(pid));
  return {};
}

Status Injector::Impl::open_events() {
  const auto forward = [](void* context, void* data, std::size_t size) {
    cut_event event{};
    std::memcpy(&event, data, std::min(size, sizeof event));
    Impl& impl = *static_cast<Impl*>(context);
    if (event.kind == CUT_EVENT_CODE_MAPPED && impl.ssl) {
      const Status probed = impl.ssl->look_at(static_cast<pid_t>(event.attr[0]));
      if (!probed && !impl.ssl_error) impl.ssl_error = probed.error();
    }
    impl.sink(event);
    return 0;
  };
  events.reset(ring_buffer__new(bpf_map__fd(skeleton->maps.events), forward, this, nullptr));
  if (!events) return refused("cannot map the event buffer", errno);
  return {};
}

// Drained with the events.
Status Injector::Impl::open_captures() {
  const auto forward = [](void* context, void* data, std::size_t size) {
    cut_capture head{};
    const Impl& impl = *static_cast<Impl*>(context);
    if (size < sizeof head || !impl.capture_sink) return 0;
    std::memcpy(&head, data, sizeof head);
    impl.capture_sink(head, {static_cast<const char*>(data) + sizeof head, size - sizeof head});
    return 0;
  };
  const int map = bpf_map__fd(skeleton->maps.captures);
  if (const int error = ring_buffer__add(events.get(), map, forward, this); error != 0) {
    return refused("cannot map the buffer of captured segments", -error);
  }
  return {};
}

}  // namespace cutpoint

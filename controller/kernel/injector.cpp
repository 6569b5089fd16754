// SPDX-License-Identifier: Apache-2.0
#include "controller/kernel/injector.h"

#include <algorithm>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fmt/format.h>
#include <future>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "controller/kernel/lease.h"
#include "controller/kernel/libbpf_log.h"
#include "controller/kernel/service_places.h"
#include "controller/kernel/socket_walk.h"
#include "controller/kernel/ssl_probes.h"
#include "controller/util/clock.h"
#include "controller/util/unique_fd.h"
#include "generated/cutpoint.skel.h"
#include "generated/protocols.h"

namespace cutpoint {
namespace {

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

Error refused(const std::string& what, int error) {
  std::string remedy = "run `cutpoint check` to see what this host lacks";
  if (error == EPERM || error == EACCES) remedy = "run as root; then `cutpoint check`";
  std::string message = fmt::format("{}: {}", what, std::strerror(error));
  const std::string log = take_libbpf_log();
  if (!log.empty()) message += "; " + log;
  return Error{ExitCode::unavailable, message, remedy};
}

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

// Some rule signals who sends, or who reads, a message.
bool signals(const InjectorPlan& plan, cut_direction direction) {
  return std::any_of(plan.rules.begin(), plan.rules.end(), [&](const cut_rule& rule) {
    return rule.signal != 0 && rule.moment_direction == direction;
  });
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

// 0: it cannot be told, and no process is resumed by a number that may be another's.
std::uint32_t own_pid_namespace() {
  struct stat file {};
  return ::stat("/proc/self/ns/pid", &file) == 0 ? static_cast<std::uint32_t>(file.st_ino) : 0;
}

void configure(cutpoint_bpf& skeleton, const InjectorPlan& plan, std::uint64_t netns_cookie) {
  skeleton.rodata->target_netns = netns_cookie;
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
  const bool headerless = has_link_layer(plan.interfaces, LinkLayer::none);
  bpf_program__set_autoload(skeleton.progs.tc_egress_l3, headerless);
  bpf_program__set_autoload(skeleton.progs.tc_ingress_l3, headerless);
  bpf_program__set_autoload(skeleton.progs.iter_join, plan.joins);
  bpf_program__set_autoload(skeleton.progs.tp_set_state, plan.joins);
  bpf_program__set_autoload(skeleton.progs.tp_sent, signals(plan, CUT_UPSTREAM));
  bpf_program__set_autoload(skeleton.progs.tp_taken, signals(plan, CUT_DOWNSTREAM));
  configure_tls(skeleton, plan.reads_tls);
}

std::vector<Hook> hooks_of(const InjectorPlan& plan) {
  std::vector<Hook> hooks;
  for (const Interface& interface : plan.interfaces) {
    for (Hook& hook : hooks_of(interface, plan.hooks)) hooks.push_back(std::move(hook));
  }
  if (plan.segmenter) hooks.push_back(segmenter_hook(plan.segmenter->far, plan.hooks));
  return hooks;
}

// The view of the other end.
cut_tuple turned(const cut_tuple& tuple) {
  cut_tuple other = tuple;
  other.local = tuple.remote;
  other.remote = tuple.local;
  other.local_port = tuple.remote_port;
  other.remote_port = tuple.local_port;
  return other;
}

}  // namespace

struct Injector::Impl {
  Skeleton skeleton;
  std::unique_ptr<Hooks> places;
  std::vector<Link> links;
  Link iterator;        // iter_join
  bool joined = false;  // some socket has
  const NetworkNamespace* netns = nullptr;
  RingBuffer events;
  std::function<void(const cut_event&)> sink;
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
  Status attach_ssl(const InjectorPlan& plan);
  Status sweep_sessions();
  Status open_events();
  [[nodiscard]] Result<std::vector<FlowView>> flows(bool copies) const;  // and the copies of flows
};

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

// Probes first, then the notices of what else is mapped: what was mapped before is looked at by
// then. Most programs use the libssl that this one has, so that has its probes before they begin.
Status Injector::Impl::attach_ssl(const InjectorPlan& plan) {
  if (!plan.reads_tls) return {};
  const auto& programs = skeleton->progs;
  const std::uint32_t first = 0;
  if (bpf_map__update_elem(skeleton->maps.target_cgroups, &first, sizeof first, &plan.cgroup_fd,
                           sizeof plan.cgroup_fd, BPF_ANY) != 0) {
    return refused("cannot tell the programs which cgroup is the target's", errno);
  }
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

Injector::Injector(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Injector::Injector(Injector&&) noexcept = default;
Injector& Injector::operator=(Injector&&) noexcept = default;
Injector::~Injector() = default;

Result<Injector> Injector::start(const InjectorPlan& plan) {
  auto impl = std::make_unique<Impl>();
  auto taking = std::async(
      std::launch::async, [&plan] { return Hooks::take(*plan.netns, hooks_of(plan), plan.hooks); });
  CUTPOINT_TRY(impl->load(plan));
  CUTPOINT_TRY(impl->install(plan));
  CUTPOINT_TRY(impl->open_events());
  // Evidence first, enrolment last: no flow is enrolled that is not seen by every hook.
  const auto& programs = impl->skeleton->progs;
  for (bpf_program* program :
       {programs.tp_retransmit, programs.tp_send_reset, programs.tp_receive_reset}) {
    CUTPOINT_TRY(impl->attach(program));
  }
  if (plan.joins) CUTPOINT_TRY(impl->attach(programs.tp_set_state));
  if (signals(plan, CUT_UPSTREAM)) CUTPOINT_TRY(impl->attach(programs.tp_sent));
  if (signals(plan, CUT_DOWNSTREAM)) CUTPOINT_TRY(impl->attach(programs.tp_taken));
  CUTPOINT_TRY_ASSIGN(places, taking.get());
  CUTPOINT_TRY(impl->attach_to(std::move(places)));
  CUTPOINT_TRY(impl->attach_ssl(plan));
  CUTPOINT_TRY(impl->attach_cgroup(plan.cgroup_fd));
  return Injector(std::move(impl));
}

Result<std::vector<cut_join_sight>> Injector::join(
    const std::map<std::uint64_t, cut_join_wish>& wishes) {
  Impl& impl = *impl_;
  if (!impl.iterator) {
    impl.iterator.reset(bpf_program__attach_iter(impl.skeleton->progs.iter_join, nullptr));
    if (!impl.iterator) return refused("cannot attach iter/tcp", errno);
    impl.hooks.emplace_back("iter/tcp");
  }
  CUTPOINT_TRY_ASSIGN(
      sights, walk_sockets(impl.iterator.get(), impl.skeleton->maps.joins, *impl.netns, wishes));
  impl.joined |= !sights.empty();
  return sights;
}

void Injector::arm() {
  auto& memory = *impl_->skeleton->bss;
  impl_->lease = std::make_unique<Lease>(memory.control.lease_until_ns);
  for (std::size_t i = 0; i < memory.control.rules; ++i) {
    __atomic_store_n(&memory.rule_states[i].phase, std::uint32_t{CUT_RULE_ARMED}, __ATOMIC_RELEASE);
  }
}

bool Injector::lease_lapsed() const {
  return impl_->lease && impl_->lease->lapsed();
}

void Injector::heal(std::size_t rule, std::uint64_t until_ns) {
  auto& healed = impl_->skeleton->bss->rule_states[rule].healed_until_ns;
  if (healed < until_ns) __atomic_store_n(&healed, until_ns, __ATOMIC_RELEASE);
}

void Injector::close(std::size_t rule) {
  __atomic_store_n(&impl_->skeleton->bss->rule_states[rule].phase, std::uint32_t{CUT_RULE_CLOSED},
                   __ATOMIC_RELEASE);
}

void Injector::stop_holding() {
  __atomic_store_n(&impl_->skeleton->bss->control.holds_no_more, 1U, __ATOMIC_RELEASE);
}

void Injector::heal(std::size_t rule) {
  __atomic_store_n(&impl_->skeleton->bss->rule_states[rule].phase, std::uint32_t{CUT_RULE_HEALED},
                   __ATOMIC_RELEASE);
}

int Injector::events_fd() const {
  return ring_buffer__epoll_fd(impl_->events.get());
}

Result<std::size_t> Injector::drain(const std::function<void(const cut_event&)>& sink) {
  impl_->sink = sink;
  const int drained = ring_buffer__consume(impl_->events.get());
  impl_->sink = nullptr;
  if (drained < 0) return refused("cannot read the event buffer", -drained);
  if (impl_->ssl_error) return *std::exchange(impl_->ssl_error, std::nullopt);
  return static_cast<std::size_t>(drained);
}

bool Injector::is_on(const cut_line& line) const {
  const cut_rule_state& state = impl_->skeleton->bss->rule_states[line.rule];
  const bool acts = state.phase == CUT_RULE_ARMED || state.phase == CUT_RULE_CLOSED;
  return line.extent != 0 && acts && line.until_ns > monotonic_ns() &&
         line.until_ns > state.healed_until_ns;
}

bool Injector::is_silent(const FlowView& flow) const {
  return std::any_of(std::begin(flow.head.line), std::end(flow.head.line),
                     [this](const cut_line& line) { return is_on(line); });
}

cut_rule_state Injector::rule_state(std::size_t rule) const {
  return impl_->skeleton->bss->rule_states[rule];
}

namespace {

// Sums over the CPUs, of one element of a per-CPU array that is an array of counts.
template <std::size_t size>
Result<std::array<std::uint64_t, size>> sum_over_cpus(const bpf_map* map, std::uint32_t key) {
  using Counts = std::array<std::uint64_t, size>;
  std::vector<Counts> values(static_cast<std::size_t>(libbpf_num_possible_cpus()));
  if (bpf_map__lookup_elem(map, &key, sizeof key, values.data(), values.size() * sizeof(Counts),
                           0) != 0) {
    return refused("cannot read the counters", errno);
  }
  Counts sums{};
  for (const Counts& value : values) {
    std::transform(sums.begin(), sums.end(), value.begin(), sums.begin(), std::plus<>());
  }
  return sums;
}

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

Result<std::array<std::uint64_t, CUT_COUNTERS_TOTAL>> Injector::counters() const {
  CUTPOINT_TRY_ASSIGN(result, sum_over_cpus<CUT_COUNTERS_TOTAL>(impl_->skeleton->maps.counters, 0));
  const auto& programs = impl_->skeleton->progs;
  CUTPOINT_TRY_ASSIGN(evidence, misses({programs.tp_retransmit, programs.tp_send_reset,
                                        programs.tp_receive_reset}));
  result[CUT_COUNT_EVIDENCE_MISSED] = evidence;
  if (!impl_->joined) return result;
  CUTPOINT_TRY_ASSIGN(states, misses({programs.tp_set_state}));
  result[CUT_COUNT_STATES_MISSED] = states;
  return result;
}

Result<std::array<std::uint64_t, CUT_MOMENT_BITS>> Injector::moment_counts(
    std::size_t service) const {
  return sum_over_cpus<CUT_MOMENT_BITS>(impl_->skeleton->maps.moment_counts,
                                        static_cast<std::uint32_t>(service));
}

Result<std::vector<FlowView>> Injector::Impl::flows(bool copies) const {
  std::vector<FlowView> result;
  const bpf_map* map = skeleton->maps.flows;
  std::vector<std::byte> value(bpf_map__value_size(map));
  cut_tuple key{};
  const cut_tuple* previous = nullptr;
  while (bpf_map__get_next_key(map, previous, &key, sizeof key) == 0) {
    FlowView view;
    view.tuple = key;
    if (bpf_map__lookup_elem(map, &key, sizeof key, value.data(), value.size(), 0) == 0) {
      std::memcpy(&view.head, value.data(), sizeof view.head);
      if (view.head.ahead != CUT_AHEAD_ITSELF || copies) result.push_back(view);
    }
    previous = &key;
  }
  if (errno != ENOENT) return refused("cannot list the flows", errno);
  return result;
}

std::optional<HeldFlow> Injector::held(const cut_tuple& segment) const {
  const bpf_map* map = impl_->skeleton->maps.flows;
  std::vector<std::byte> value(bpf_map__value_size(map));
  for (const cut_direction direction : {CUT_UPSTREAM, CUT_DOWNSTREAM}) {
    const cut_tuple tuple = direction == CUT_UPSTREAM ? segment : turned(segment);
    if (bpf_map__lookup_elem(map, &tuple, sizeof tuple, value.data(), value.size(), 0) != 0) {
      continue;
    }
    cut_flow_head head{};
    std::memcpy(&head, value.data(), sizeof head);
    const cut_line& line = head.line[direction];
    if (!is_on(line)) return HeldFlow{direction, 0, head.device, 0};
    return HeldFlow{direction, line.until_ns, head.device,
                    impl_->skeleton->bss->rules[line.rule].rate};
  }
  return std::nullopt;
}

Result<std::vector<FlowView>> Injector::flows() const {
  return impl_->flows(false);
}

// What a TLS connection has said goes with its flow.
Status Injector::Impl::sweep_sessions() {
  if (!ssl) return {};
  const bpf_map* map = skeleton->maps.sessions;
  std::vector<std::byte> session(bpf_map__value_size(map));
  std::vector<std::byte> flow(bpf_map__value_size(skeleton->maps.flows));
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
    if (bpf_map__lookup_elem(skeleton->maps.flows, session.data(), sizeof(cut_tuple), flow.data(),
                             flow.size(), 0) != 0) {
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
    if (flow.head.closed == 0 && !is_copy) continue;
    const bool gone =
        bpf_map__delete_elem(impl_->skeleton->maps.flows, &flow.tuple, sizeof flow.tuple, 0) == 0;
    if (gone && !is_copy) ++swept;
  }
  CUTPOINT_TRY(impl_->sweep_sessions());
  return swept;
}

const std::vector<std::string>& Injector::hooks() const {
  return impl_->hooks;
}
std::vector<std::string> Injector::ssl_files() const {
  return impl_->ssl ? impl_->ssl->files() : std::vector<std::string>{};
}
const std::vector<std::string>& Injector::uncovered() const {
  return impl_->uncovered;
}

}  // namespace cutpoint

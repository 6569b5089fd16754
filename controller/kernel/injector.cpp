// SPDX-License-Identifier: Apache-2.0
#include "controller/kernel/injector.h"

#include <future>
#include <unistd.h>
#include <utility>

#include "controller/kernel/injector_impl.h"
#include "controller/kernel/socket_walk.h"
#include "controller/util/clock.h"

namespace cutpoint {

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
  if (plan.captures != CUT_CAPTURES_NOTHING) CUTPOINT_TRY(impl->open_captures());
  // Evidence first, enrolment last: no flow is enrolled that is not seen by every hook.
  const auto& programs = impl->skeleton->progs;
  for (bpf_program* program :
       {programs.tp_retransmit, programs.tp_send_reset, programs.tp_receive_reset}) {
    CUTPOINT_TRY(impl->attach(program));
  }
  if (plan.joins) CUTPOINT_TRY(impl->attach(programs.tp_set_state));
  if (plan.only_looks) CUTPOINT_TRY(impl->attach(programs.tp_connects));
  if (plan.names_servers) {
    CUTPOINT_TRY(impl->attach(programs.tp_takes));
    CUTPOINT_TRY(impl->attach(programs.tp_gives));
  }
  if (signals(plan, CUT_UPSTREAM)) CUTPOINT_TRY(impl->attach(programs.tp_sent));
  if (signals(plan, CUT_DOWNSTREAM)) CUTPOINT_TRY(impl->attach(programs.tp_taken));
  CUTPOINT_TRY_ASSIGN(places, taking.get());
  CUTPOINT_TRY(impl->attach_to(std::move(places)));
  CUTPOINT_TRY(impl->name_target(plan.cgroup_fd));
  CUTPOINT_TRY(impl->attach_ssl(plan));
  if (plan.tells_of_deaths) CUTPOINT_TRY(impl->attach(impl->skeleton->progs.tp_exited));
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

void Injector::on_capture(std::function<void(const cut_capture&, std::string_view)> sink) {
  impl_->capture_sink = std::move(sink);
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

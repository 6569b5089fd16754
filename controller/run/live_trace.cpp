// SPDX-License-Identifier: Apache-2.0
#include "controller/run/live_trace.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "controller/timeline/flows.h"
#include "controller/timeline/histogram_text.h"
#include "controller/timeline/names.h"
#include "controller/timeline/timeline.h"
#include "controller/util/clock.h"
#include "controller/util/duration.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

constexpr auto tick = std::chrono::milliseconds(100);
constexpr std::int64_t look_every_ns = 1'000'000'000;

// Far more than come while one answer is waited for: TCP backs off.
constexpr std::size_t most_remembered = 256;

void remember(std::deque<std::int64_t>& times, const cut_event& event) {
  if (times.size() == most_remembered) times.pop_front();
  times.push_back(static_cast<std::int64_t>(event.ns));
}

std::size_t count_within(const std::deque<std::int64_t>& times, const Answered& wait) {
  return static_cast<std::size_t>(std::count_if(times.begin(), times.end(), [&](std::int64_t ns) {
    return ns >= wait.asked_ns && ns <= wait.answered_ns;
  }));
}

}  // namespace

LiveTrace::LiveTrace(TraceContext context)
    : context_(context),
      open_before_(context.injector, context.handles),
      cgroups_(context.target.plan().mount),
      latencies_(measured_exchanges(context.options)),
      lines_(context.options.rate),
      started_ns_(now_ns()) {}

Status LiveTrace::join() {
  if (context_.target.is_command()) return {};
  CUTPOINT_TRY(open_before_.look(context_.target.plan().pids));
  if (open_before_.found() > 0) context_.progress.log("joined: " + open_before_.describe());
  return {};
}

void LiveTrace::on_event(const cut_event& event) {
  if (event.service >= context_.services.size()) return;
  open_before_.see(event);
  switch (static_cast<cut_event_kind>(event.kind)) {
    case CUT_EVENT_FLOW_OPENED:
      on_opened(event);
      return;
    case CUT_EVENT_FLOW_JOINED:
      on_joined(event);
      return;
    case CUT_EVENT_MOMENT:
      on_moment(event);
      return;
    case CUT_EVENT_FLOW_DESYNC:
      ++desynchronised_;
      flow_of(event).unreadable = true;
      latencies_.forget(event.flow);
      context_.stream.note(static_cast<std::int64_t>(event.ns), "desync",
                           fmt::format(R"("flow":"{}")", format_flow(event.tuple)),
                           fmt::format("{}: its {} direction cannot be read from here on",
                                       format_flow(event.tuple), direction_name(event.direction)));
      return;
    case CUT_EVENT_RETRANSMIT:
    case CUT_EVENT_RETRANSMIT_PEER:
      remember(flow_of(event).retransmissions, event);
      return;
    case CUT_EVENT_RTO:
      remember(flow_of(event).timeouts, event);
      return;
    case CUT_EVENT_FLOW_CLOSED:
      closed_.push_back(event.flow);
      return;
    case CUT_EVENT_FLOW_ESTABLISHED:
    case CUT_EVENT_FLOW_STATE:
    case CUT_EVENT_FIRED:
    case CUT_EVENT_HELD:
    case CUT_EVENT_WOULD_FIRE:
    case CUT_EVENT_MISMATCH:
    case CUT_EVENT_TRUNCATED:
    case CUT_EVENT_SWALLOWED:
    case CUT_EVENT_RELEASED:
    case CUT_EVENT_ALTERED:
    case CUT_EVENT_DUPLICATED:
    case CUT_EVENT_DSACK:
    case CUT_EVENT_REFUSED:
    case CUT_EVENT_SIGNALLED:
    case CUT_EVENT_CODE_MAPPED:
    case CUT_EVENT_PROCESS_DIED:
    case CUT_EVENT_RESET_SENT:
    case CUT_EVENT_RESET_RECEIVED:
    case CUT_EVENT_RESET_SENT_PEER:
    case CUT_EVENT_RESET_RECEIVED_PEER:
    case CUT_EVENT_KINDS:
      return;
  }
}

bool LiveTrace::admit_line(const cut_event& event) {
  const auto ns = static_cast<std::int64_t>(event.ns);
  tell_of_withheld(lines_.take_withheld(ns));
  return lines_.admit(ns);
}

void LiveTrace::tell_of_withheld(std::uint64_t lines) {
  if (lines == 0) return;
  context_.stream.note(
      now_ns(), "not_shown", fmt::format(R"("lines":{})", lines),
      fmt::format("{} not shown: past --rate {}/s", counted(lines, "line"), lines_.per_second()));
}

void LiveTrace::on_moment(const cut_event& event) {
  const TracedService& service = context_.services[event.service];
  const Flow& flow = flow_of(event);
  if (!flow.unreadable) answered_ = latencies_.see(event, service.protocol);
  for (const Answered& answered : answered_) show_slow(answered, event, flow);
  const TraceOptions& options = context_.options;
  if (options.over || options.histograms || options.top) return;
  for (std::uint64_t left = event.moments & service.shown; left != 0; left &= left - 1) {
    if (!admit_line(event)) continue;
    context_.stream.add(event, static_cast<unsigned>(__builtin_ctzll(left)), flow.words);
  }
}

void LiveTrace::show_slow(const Answered& answered, const cut_event& event, const Flow& flow) {
  const std::int64_t took = answered.answered_ns - answered.asked_ns;
  if (!context_.options.over || took < context_.options.over->count()) return;
  const MomentPair& pair = moment_pairs()[answered.pair];
  if (((context_.services[event.service].shown >> pair.to) & 1U) == 0) return;
  if (!admit_line(event)) return;
  context_.stream.add_slow(event, pair.to, flow.words,
                           {pair.from, took, count_within(flow.retransmissions, answered),
                            count_within(flow.timeouts, answered)});
}

void LiveTrace::forget_closed() {
  for (const std::uint64_t flow : std::exchange(closed_, {})) {
    flows_.erase(flow);
    latencies_.forget(flow);
    served_.erase(flow);
    for (const auto& watcher : context_.watchers) watcher->flow_gone(flow);
  }
}

Status LiveTrace::tell_of_losses() {
  CUTPOINT_TRY_ASSIGN(counters, context_.injector.counters());
  const std::uint64_t lost = counters[CUT_COUNT_EVENTS_LOST] - lost_;
  if (lost == 0) return {};
  lost_ += lost;
  const std::string words = counted(lost, "event was lost", "events were lost");
  context_.progress.warn(words + ": ask for fewer moments with --moment");
  context_.stream.note(now_ns(), "lost", fmt::format(R"("events":{})", lost), words);
  return {};
}

Status LiveTrace::show_histograms() {
  for (std::size_t i = 0; i < context_.services.size(); ++i) {
    CUTPOINT_TRY_ASSIGN(counts, context_.injector.histogram(i));
    const TracedService& service = context_.services[i];
    const MomentPair& pair = *measured_pair(service.protocol);
    const std::string_view from = moment_name(pair.protocol, pair.from);
    const std::string_view to = moment_name(pair.protocol, pair.to);
    const std::uint64_t passed_over = counts[CUT_HISTOGRAM_PASSED_OVER];
    context_.stream.note(
        now_ns(), "histogram",
        fmt::format(
            R"("service":"{}","from":"{}","to":"{}","measured":{},"passed_over":{},"buckets":{})",
            service.name, from, to, measured(counts), passed_over, histogram_json(counts)),
        fmt::format("{} {} → {}: {} measured{}\n{}", service.name, from, to, measured(counts),
                    passed_over == 0 ? "" : fmt::format(", {} asked again before", passed_over),
                    histogram_text(counts)));
  }
  return {};
}

Status LiveTrace::pump() {
  forget_closed();  // of the last time: what came a little late has been seen by now
  auto drained = context_.injector.drain([this](const cut_event& event) { receive(event); });
  if (!drained) return std::move(drained).error();
  take_in_waiting(false);
  if (now_ns() >= next_look_ns_) {
    CUTPOINT_TRY(tell_of_losses());
    auto swept = context_.injector.sweep();
    if (!swept) return std::move(swept).error();
    next_look_ns_ = now_ns() + look_every_ns;
  }
  if (context_.options.every && now_ns() >= next_histograms_ns_) {
    if (next_histograms_ns_ != 0) CUTPOINT_TRY(show_histograms());
    next_histograms_ns_ = now_ns() + context_.options.every->count();
  }
  tell_of_withheld(lines_.take_withheld(now_ns()));
  CUTPOINT_TRY(let_watchers_look(false));
  return context_.stream.flush();
}

Status LiveTrace::follow() {
  const auto& lasts = context_.options.lasts;
  const std::int64_t ends_ns = lasts ? started_ns_ + lasts->count() : 0;
  for (bool over = false; !over;) {
    auto wait = tick;
    if (lasts) {
      const auto left = std::chrono::nanoseconds(std::max<std::int64_t>(ends_ns - now_ns(), 0));
      wait = std::min(wait, std::chrono::ceil<std::chrono::milliseconds>(left));
    }
    const Wakeup wakeup = wait_for_any(context_.injector.events_fd(), context_.target.pidfd(),
                                       context_.signals.fd(), wait);
    // Asked before the last look: what was said before the end is in the buffer by then.
    over = context_.target.is_over() || (lasts && now_ns() >= ends_ns) ||
           (wakeup.signalled && context_.signals.take() != 0);
    CUTPOINT_TRY(pump());
    CUTPOINT_TRY_ASSIGN(enough, watchers_are_over());
    over = over || enough;
  }
  take_in_waiting(true);
  CUTPOINT_TRY(tell_of_losses());
  tell_of_withheld(lines_.take_withheld());
  CUTPOINT_TRY(let_watchers_look(true));
  if (context_.options.histograms) CUTPOINT_TRY(show_histograms());
  return context_.stream.flush();
}

Result<TraceTotals> LiveTrace::totals() const {
  TraceTotals totals;
  totals.lasted = std::chrono::nanoseconds(now_ns() - started_ns_);
  totals.opened = opened_;
  totals.accepted = accepted_;
  totals.joined = open_before_.found();
  totals.synchronised = open_before_.synchronised();
  totals.desynchronised = desynchronised_;
  CUTPOINT_TRY_ASSIGN(counters, context_.injector.counters());
  totals.counters = counters;
  for (std::size_t i = 0; i < context_.services.size(); ++i) {
    CUTPOINT_TRY_ASSIGN(counts, context_.injector.moment_counts(i));
    totals.services.push_back({context_.services[i].name, context_.services[i].protocol, counts});
  }
  totals.durations = latencies_.durations();
  totals.passed_over = latencies_.passed_over();
  totals.withheld = lines_.withheld();
  totals.unanswered = latencies_.unanswered();
  return totals;
}

}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
// http.breaker_opens_within: does the target stop sending once it could know that nobody answers?
//
// The breaker has to open at the `failures`-th failure in a row: a request that its client gave up,
// whose connection ended without an answer, or which was answered 5xx, or a connection that was
// opened while the fault was on and never carried a request. For `time` after it requests may still
// leave; what was on its way already, and fails later, does not count. From then on until the heal
// none may leave but probes: as many as `probes` at a time, no earlier than `reset` after the
// failure, and after the first of the probes before. After the heal it has to close: requests
// succeed again.
#include <algorithm>
#include <fmt/core.h>

#include "controller/verify/http_case.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

using Requests = std::vector<const HttpRequest*>;

// The application's clock starts a little before its failure is seen on the wire, and timers have
// their own grain: a probe may come that much earlier.
constexpr std::int64_t early_part = 20;  // one 20th of the reset time

struct Breaker {
  std::int64_t due_ns = 0;  // the failure that has to open it
  std::int64_t late_ns = 0;
  Requests meanwhile;                     // sent after the failure, in the time allowed
  Requests probes;                        // as many as may be
  Requests excess;                        // sent although it should have been open
  std::optional<std::int64_t> opened_ns;  // nothing but probes was sent from then on
};

// The failure at which the count is full; nullptr: it never was.
const HttpRequest* tripping(const HttpTraffic& traffic, const FaultWindow& window,
                            std::uint32_t failures) {
  Requests ended;
  for (const HttpRequest& request : traffic.requests) {
    if (request.end != HttpEnd::open && window.covers(request.end_ns)) ended.push_back(&request);
  }
  std::stable_sort(ended.begin(), ended.end(), [](const auto* left, const auto* right) {
    return left->end_ns < right->end_ns;
  });
  std::uint32_t in_a_row = 0;
  for (const HttpRequest* request : ended) {
    in_a_row = request->failed() ? in_a_row + 1 : 0;
    if (in_a_row == failures) return request;
  }
  return nullptr;
}

Requests sent(const HttpTraffic& traffic, std::int64_t after_ns, std::int64_t until_ns) {
  Requests chosen;
  for (const HttpRequest& request : traffic.requests) {
    if (request.sent_ns > after_ns && request.sent_ns <= until_ns) chosen.push_back(&request);
  }
  return chosen;
}

// Of what was sent although the breaker should have been open, probes are what comes a reset time
// after the failure, and after the first of the probes before.
void sort_out_probes(Breaker& breaker, const Requests& late, const Expectation& expectation) {
  const std::int64_t reset = expectation.reset->count();
  std::int64_t since = breaker.due_ns;
  std::uint32_t used = expectation.probes;
  for (const HttpRequest* request : late) {
    if (request->sent_ns - since >= reset - reset / early_part) {
      since = request->sent_ns;
      used = 0;
    }
    (used < expectation.probes ? breaker.probes : breaker.excess).push_back(request);
    if (used < expectation.probes) ++used;
  }
}

// It opened when the last request left that was no probe, if as long as a reset time followed.
void find_opening(Breaker& breaker, const FaultWindow& window, const Expectation& expectation) {
  const Requests& last = breaker.excess.empty() ? breaker.meanwhile : breaker.excess;
  const std::int64_t last_ns = last.empty() ? breaker.due_ns : last.back()->sent_ns;
  if (breaker.excess.empty() || window.until_ns - last_ns >= expectation.reset->count()) {
    breaker.opened_ns = last_ns;
  }
}

Breaker read_breaker(const HttpTraffic& traffic, const FaultWindow& window,
                     const HttpRequest& failure, const Expectation& expectation) {
  Breaker breaker;
  breaker.due_ns = failure.end_ns;
  breaker.late_ns = failure.end_ns + expectation.time->count();
  breaker.meanwhile = sent(traffic, breaker.due_ns, std::min(breaker.late_ns, window.until_ns));
  sort_out_probes(breaker, sent(traffic, breaker.late_ns, window.until_ns), expectation);
  find_opening(breaker, window, expectation);
  return breaker;
}

// How many requests would have left in that time, at the pace of the time without faults.
double expected_requests(const HttpTraffic& traffic, std::int64_t ns) {
  std::int64_t outside = traffic.requests.back().sent_ns - traffic.requests.front().sent_ns;
  std::size_t count = 0;
  for (const FaultWindow& window : traffic.windows) {
    const std::int64_t from = std::max(window.from_ns, traffic.requests.front().sent_ns);
    const std::int64_t until = std::min(window.until_ns, traffic.requests.back().sent_ns);
    outside -= std::max<std::int64_t>(until - from, 0);
  }
  for (const HttpRequest& request : traffic.requests) {
    const bool in_fault =
        std::any_of(traffic.windows.begin(), traffic.windows.end(),
                    [&](const FaultWindow& window) { return window.covers(request.sent_ns); });
    count += in_fault || request.ordinal == 0 ? 0 : 1;
  }
  const double shortest = 1e9;
  return static_cast<double>(count) * static_cast<double>(ns) /
         std::max(static_cast<double>(outside), shortest);
}

std::string probes_text(const Breaker& breaker) {
  return breaker.probes.empty() ? "no probe was sent"
                                : counted(breaker.probes.size(), "probe") + " sent";
}

std::string failure_text(const Expectation& expectation) {
  if (expectation.failures == 1) return "the failure";
  return fmt::format("the {} failure in a row", ordinal(expectation.failures));
}

InvariantResult judge_excess(const Breaker& breaker, const FaultWindow& window,
                             const Expectation& expectation) {
  InvariantResult result;
  result.outcome = Outcome::violated;
  const std::string left = amount_text(breaker.excess);
  const std::string failed = fmt::format("{}, {} into the fault", failure_text(expectation),
                                         elapsed(breaker.due_ns - window.from_ns));
  if (!breaker.opened_ns) {
    result.observed =
        fmt::format("it never opened: {} left after it should have (after {})", left, failed);
    if (!breaker.probes.empty()) {
      result.observed += fmt::format("; {} more could pass for probes", breaker.probes.size());
    }
  } else {
    result.observed = fmt::format("it opened {} after {}: until then {} left that should not; {}",
                                  elapsed(*breaker.opened_ns - breaker.due_ns), failed, left,
                                  probes_text(breaker));
  }
  constexpr std::size_t most_cited = 10;
  for (std::size_t i = 0; i < std::min(breaker.excess.size(), most_cited); ++i) {
    cite(result, *breaker.excess[i]);
  }
  return result;
}

const HttpRequest* first_success_sent_after(const HttpTraffic& traffic, std::int64_t ns) {
  const HttpRequest* first = nullptr;
  for (const HttpRequest& request : traffic.requests) {
    if (request.sent_ns <= ns || !request.succeeded()) continue;
    if (first == nullptr || request.end_ns < first->end_ns) first = &request;
  }
  return first;
}

// It was open while it had to be: is it closed again?
InvariantResult judge_closing(const HttpTraffic& traffic, const Breaker& breaker,
                              const FaultWindow& window, const Expectation& expectation) {
  InvariantResult result;
  const std::string opened =
      fmt::format("it opened {} after {}, {} into the fault; {}",
                  elapsed(*breaker.opened_ns - breaker.due_ns), failure_text(expectation),
                  elapsed(*breaker.opened_ns - window.from_ns), probes_text(breaker));
  for (const HttpRequest* probe : breaker.probes) cite(result, *probe);
  if (const HttpRequest* first = first_success_sent_after(traffic, window.until_ns)) {
    result.outcome = Outcome::held;
    result.observed = fmt::format("{}; it closed by {} after the heal", opened,
                                  elapsed(first->end_ns - window.until_ns));
    cite(result, *first);
    return result;
  }
  const Requests tried = sent(traffic, window.until_ns, traffic.end_ns);
  const bool given_time =
      traffic.end_ns - window.until_ns > expectation.reset->count() + expectation.time->count();
  if (tried.empty() || !given_time) {
    result.observed = fmt::format(
        "{}; nothing succeeded in the {} that the run lasted after the heal: an open breaker "
        "cannot be told from a target that has nothing left to do. Give it more work than the "
        "fault covers",
        opened, elapsed(traffic.end_ns - window.until_ns));
    return result;
  }
  result.outcome = Outcome::violated;
  result.observed = fmt::format("{}; but it never closed: of {} sent after the heal none succeeded",
                                opened, amount_text(tried));
  return result;
}

InvariantResult judge_window(const Case& of, const HttpTraffic& traffic,
                             const FaultWindow& window) {
  const Expectation& expectation = of.expectation;
  InvariantResult result;
  const HttpRequest* failure = tripping(traffic, window, expectation.failures);
  if (failure == nullptr) {
    result.observed = fmt::format(
        "there were never {} in a row while the fault was on ({}): let it last longer than the "
        "target's patience",
        counted(expectation.failures, "failure"), elapsed(window.until_ns - window.from_ns));
    return result;
  }
  const Breaker breaker = read_breaker(traffic, window, *failure, expectation);
  const std::int64_t reset = expectation.reset->count();
  if (!breaker.excess.empty()) {
    result = judge_excess(breaker, window, expectation);
  } else if (failure->waited_ns() >= reset - reset / early_part) {
    result.observed = fmt::format(
        "nothing was sent for as long as the target waited for its answers, {}: one that waits so "
        "long cannot be told from a breaker that opens for {}. Choose a `reset` above its patience",
        elapsed(failure->waited_ns()), elapsed(reset));
  } else if (expected_requests(traffic, window.until_ns - breaker.late_ns) < 1) {
    result.observed = fmt::format(
        "the fault was over {} after {}: at the target's usual pace no request was due by then",
        elapsed(window.until_ns - breaker.due_ns), failure_text(expectation));
  } else {
    result = judge_closing(traffic, breaker, window, expectation);
  }
  cite(result, *failure);
  return result;
}

InvariantResult breaker(const Case& of, const HttpTraffic& traffic) {
  InvariantResult worst;
  bool first = true;
  for (const FaultWindow& window : traffic.windows) {
    InvariantResult result = judge_window(of, traffic, window);
    if (result.outcome == Outcome::violated) return result;
    // What could be judged of one fault is not undone by another that could not.
    if (first || (worst.outcome == Outcome::inconclusive && result.outcome == Outcome::held)) {
      worst = std::move(result);
    }
    first = false;
  }
  return worst;
}

}  // namespace

InvariantResult judge_breaker(const Case& of) {
  InvariantResult result;
  const Expectation& expectation = of.expectation;
  if (only_observes(of.facts)) {
    result.outcome = Outcome::held;
    result.observed = "observe mode: nothing was cut, there was nothing to open for";
  } else {
    result = judge_traffic(of, breaker);
  }
  result.expected = fmt::format(
      "within {} of {} the target stops sending, but for {} per {}; after the heal requests "
      "succeed again",
      elapsed(expectation.time->count()), failure_text(expectation),
      counted(expectation.probes, "probe"), elapsed(expectation.reset->count()));
  return result;
}

}  // namespace cutpoint

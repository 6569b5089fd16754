// SPDX-License-Identifier: Apache-2.0
// http.bounded_wait and http.recovers_within, and what all invariants of HTTP have in common.
#include <algorithm>
#include <fmt/core.h>

#include "controller/timeline/flows.h"
#include "controller/verify/http_case.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t longest_sample = 10 * second;  // in which a rate is measured

InvariantResult inconclusive(std::string why) {
  InvariantResult result;
  result.outcome = Outcome::inconclusive;
  result.observed = std::move(why);
  return result;
}

std::string how_ended(const HttpRequest& request) {
  switch (request.end) {
    case HttpEnd::answered:
      return fmt::format("answered {}", request.status);
    case HttpEnd::abandoned:
      return "given up by its client";
    case HttpEnd::refused:
      return "ended by the service without an answer";
    case HttpEnd::open:
      return "without an answer at the end of the run";
  }
  return "";
}

// Nearest rank: the least wait that so many percent of all do not exceed. `waits`: sorted, not
// empty.
std::int64_t percentile(const std::vector<std::int64_t>& waits, std::size_t percent) {
  const std::size_t rank = (waits.size() * percent + 99) / 100;
  return waits[std::max<std::size_t>(rank, 1) - 1];
}

std::string distribution(const std::vector<std::int64_t>& waits) {
  return fmt::format("half were over within {}, 99 % within {}", elapsed(percentile(waits, 50)),
                     elapsed(percentile(waits, 99)));
}

InvariantResult bounded_wait(const Case& of, const HttpTraffic& traffic) {
  const std::int64_t limit = of.expectation.within->count();
  std::vector<std::int64_t> waits;
  std::vector<const HttpRequest*> all;
  std::vector<const HttpRequest*> longer;
  std::vector<const HttpRequest*> streams;  // of them, those that may have been given up before
  std::vector<const HttpRequest*> open;
  for (const HttpRequest& request : traffic.requests) {
    all.push_back(&request);
    waits.push_back(request.waited_ns());
    if (waits.back() > limit) longer.push_back(&request);
    if (waits.back() > limit && request.is_stream) streams.push_back(&request);
    if (request.end == HttpEnd::open && waits.back() <= limit) open.push_back(&request);
  }
  std::sort(waits.begin(), waits.end());
  InvariantResult result;
  const HttpRequest& worst = *longest_wait(traffic);
  cite(result, worst);
  const std::string longest =
      fmt::format("{} after {}, {}", label(worst), elapsed(worst.waited_ns()), how_ended(worst));
  if (!longer.empty() && longer.size() == streams.size()) {
    result.observed = fmt::format(
        "{} of {} had no answer for longer, all on streams of HTTP/2, which a client can give up "
        "without a word: how long it waited is not known",
        longer.size(), amount_text(all));
  } else if (!longer.empty()) {
    result.outcome = Outcome::violated;
    result.observed = fmt::format("{} of {} waited longer: {}; the longest was {}", longer.size(),
                                  amount_text(all), distribution(waits), longest);
  } else if (!open.empty()) {
    result.observed = fmt::format("{} had no answer yet when the run ended: let it run longer",
                                  amount_text(open));
  } else {
    result.outcome = Outcome::held;
    result.observed = fmt::format("the longest wait was {}; of {} {}", elapsed(waits.back()),
                                  amount_text(all), distribution(waits));
  }
  return result;
}

const HttpRequest* first_success(const HttpTraffic& traffic, std::int64_t from_ns,
                                 std::int64_t until_ns) {
  const HttpRequest* first = nullptr;
  for (const HttpRequest& request : traffic.requests) {
    if (!request.succeeded() || request.end_ns < from_ns || request.end_ns > until_ns) continue;
    if (first == nullptr || request.end_ns < first->end_ns) first = &request;
  }
  return first;
}

std::vector<std::int64_t> successes(const HttpTraffic& traffic, std::int64_t from_ns,
                                    std::int64_t until_ns) {
  std::vector<std::int64_t> times;
  for (const HttpRequest& request : traffic.requests) {
    if (request.succeeded() && request.end_ns >= from_ns && request.end_ns <= until_ns) {
      times.push_back(request.end_ns);
    }
  }
  std::sort(times.begin(), times.end());
  return times;
}

// The most of them in any stretch of that length.
std::size_t most_within(const std::vector<std::int64_t>& times, std::int64_t length) {
  std::size_t most = 0;
  std::size_t first = 0;
  for (std::size_t last = 0; last < times.size(); ++last) {
    while (times[last] - times[first] > length) ++first;
    most = std::max(most, last - first + 1);
  }
  return most;
}

double per_second(std::size_t count, std::int64_t ns) {
  return static_cast<double>(count) * second / static_cast<double>(ns);
}

// How fast it was before the fault, and in how long a stretch that was measured.
struct Pace {
  std::size_t count = 0;
  std::int64_t ns = 0;  // 0: nothing had succeeded before
};

// Up to 10 s before the fault, at least one.
Pace pace_before(const HttpTraffic& traffic, const FaultWindow& window, std::int64_t after_ns) {
  Pace pace;
  const HttpRequest* first = first_success(traffic, after_ns, window.from_ns);
  if (first == nullptr) return pace;
  const std::int64_t began =
      std::max(std::max(first->sent_ns, after_ns), window.from_ns - longest_sample);
  pace.count = successes(traffic, began, window.from_ns).size();
  pace.ns = pace.count == 0 ? 0 : std::max(window.from_ns - began, second);
  return pace;
}

InvariantResult judge_pace(const HttpTraffic& traffic, const Pace& before, const HttpRequest& first,
                           std::int64_t heal_ns, std::int64_t limit) {
  InvariantResult result;
  const std::string came =
      fmt::format("the first success came {} after the heal", elapsed(first.end_ns - heal_ns));
  cite(result, first);
  if (before.ns == 0) {
    result.outcome = Outcome::held;
    result.observed = came + "; none had come before the fault to compare their rate with";
    return result;
  }
  const std::int64_t length = std::min(before.ns, limit);
  const auto after = successes(traffic, heal_ns, heal_ns + limit);
  const double was = per_second(before.count, before.ns);
  const double is = per_second(most_within(after, length), length);
  const std::string rates =
      fmt::format("{:.1f}/s again at best, {:.1f}/s before the fault", is, was);
  if (2 * is >= was) {
    result.outcome = Outcome::held;
    result.observed = fmt::format("{}; {}", came, rates);
  } else if (traffic.end_ns < heal_ns + limit) {
    result.observed = fmt::format(
        "{}; but only {}, and the run ended {} after the heal: give the target more work", came,
        rates, elapsed(traffic.end_ns - heal_ns));
  } else {
    result.outcome = Outcome::violated;
    result.observed = fmt::format("{}, but only {}", came, rates);
  }
  return result;
}

// `next_ns`: the next fault began, or the run ended.
InvariantResult judge_heal(const Case& of, const HttpTraffic& traffic, const FaultWindow& window,
                           std::int64_t after_ns) {
  const std::int64_t heal_ns = window.until_ns;
  const std::int64_t limit = of.expectation.time->count();
  if (const HttpRequest* first = first_success(traffic, heal_ns, heal_ns + limit)) {
    return judge_pace(traffic, pace_before(traffic, window, after_ns), *first, heal_ns, limit);
  }
  const auto tried =
      std::count_if(traffic.requests.begin(), traffic.requests.end(),
                    [&](const HttpRequest& request) { return request.sent_ns > heal_ns; });
  InvariantResult result;
  if (const HttpRequest* late = first_success(traffic, heal_ns, traffic.end_ns)) {
    result.outcome = Outcome::violated;
    result.observed =
        fmt::format("the first success came {} after the heal", elapsed(late->end_ns - heal_ns));
    cite(result, *late);
  } else if (traffic.end_ns < heal_ns + limit) {
    result.observed = fmt::format(
        "the run ended {} after the heal, and nothing had succeeded by then: give the target more "
        "work than the fault covers",
        elapsed(traffic.end_ns - heal_ns));
  } else {
    result.outcome = Outcome::violated;
    result.observed = fmt::format("of {} that were sent after the heal none succeeded",
                                  counted(static_cast<std::uint64_t>(tried), "request"));
  }
  return result;
}

InvariantResult recovery(const Case& of, const HttpTraffic& traffic) {
  const std::int64_t limit = of.expectation.time->count();
  InvariantResult result;
  std::int64_t after_ns = traffic.begin_ns;
  for (std::size_t i = 0; i < traffic.windows.size(); ++i) {
    const FaultWindow& window = traffic.windows[i];
    const bool is_last = i + 1 == traffic.windows.size();
    // Its time must be over before the next fault begins.
    if (is_last || traffic.windows[i + 1].from_ns > window.until_ns + limit) {
      result = judge_heal(of, traffic, window, after_ns);
    }
    if (result.outcome == Outcome::violated) break;
    after_ns = window.until_ns;
  }
  return result;
}

}  // namespace

InvariantResult judge_traffic(const Case& of, HttpJudge judge) {
  const auto words = http_words();
  if (!words) return inconclusive("this version of cutpoint cannot read HTTP");
  const HttpTraffic traffic = read_traffic(of.facts, of.service, *words);
  if (traffic.requests.empty()) {
    return inconclusive("no request was seen on " + of.expectation.service);
  }
  if (traffic.windows.empty() && !only_observes(of.facts)) {
    return inconclusive("no fault on " + of.expectation.service + " fired");
  }
  InvariantResult result = judge(of, traffic);
  if (!traffic.gaps.empty() && result.outcome != Outcome::inconclusive) {
    result.outcome = Outcome::inconclusive;
    result.observed = fmt::format("not all of it is known ({}); as far as it is, {}",
                                  listed(traffic.gaps), result.observed);
  }
  return result;
}

std::string label(const HttpRequest& request) {
  const std::string flow = format_flow(request.tuple);
  if (request.ordinal == 0) return "the connection " + flow + ", which carried no request,";
  return fmt::format("the {} request on {}", ordinal(static_cast<std::uint64_t>(request.ordinal)),
                     flow);
}

void cite(InvariantResult& result, const HttpRequest& request) {
  result.evidence.insert(result.evidence.end(), request.evidence.begin(), request.evidence.end());
}

std::string amount_text(std::size_t requests, std::size_t connections) {
  if (connections == 0) return counted(requests, "request");
  const std::string without = counted(connections, "connection") + " without one";
  return requests == 0 ? counted(connections, "connection") + " without a request"
                       : counted(requests, "request") + " and " + without;
}

std::string amount_text(const std::vector<const HttpRequest*>& requests) {
  const auto without = static_cast<std::size_t>(std::count_if(
      requests.begin(), requests.end(), [](const auto* one) { return one->ordinal == 0; }));
  return amount_text(requests.size() - without, without);
}

InvariantResult judge_bounded_wait(const Case& of) {
  InvariantResult result = judge_traffic(of, bounded_wait);
  result.expected = fmt::format("no request is without its answer for longer than {}",
                                elapsed(of.expectation.within->count()));
  return result;
}

InvariantResult judge_http_recovery(const Case& of) {
  const std::string limit = elapsed(of.expectation.time->count());
  InvariantResult result;
  if (only_observes(of.facts)) {
    result.outcome = Outcome::held;
    result.observed = "observe mode: nothing was cut, there was nothing to recover from";
  } else {
    result = judge_traffic(of, recovery);
  }
  result.expected = fmt::format(
      "requests succeed again within {} of the heal, at least half as many per second as before",
      limit);
  return result;
}

}  // namespace cutpoint

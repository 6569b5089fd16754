// SPDX-License-Identifier: Apache-2.0
// How exact `delay` is: COMMITs on eight connections at a time, each 150 ms late; beside them one
// connection whose messages no rule matches. One way, from the client's send() to the server's
// recv(), over what it takes without a delay.
#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "controller/util/clock.h"
#include "generated/faults.h"
#include "tests/bench/bench_main.h"
#include "tests/bench/interruption.h"
#include "tests/bench/rows_file.h"
#include "tests/socket/datapath/harness/cutter.h"
#include "tests/socket/datapath/harness/pgwire.h"
#include "tests/socket/datapath/harness/require.h"
#include "tests/socket/datapath/harness/session.h"

namespace cutpoint::bench {
namespace {

using namespace datapath;

constexpr std::size_t default_trials = 1000;
constexpr std::size_t connections = 8;
constexpr std::size_t bare_trials = 400;
constexpr auto pause_between = std::chrono::milliseconds(5);  // of the unmatched messages
constexpr std::uint64_t delay_ns = 150'000'000;
constexpr double ns_per_ms = 1e6;

struct Times {
  std::vector<double> commits;    // ms
  std::vector<double> unmatched;  // ms
};

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto index = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + index, values.end());
  return values[static_cast<std::size_t>(index)];
}

// One message from client to server, and its answer.
double pass(Session& session, const std::string& request, const std::string& answer) {
  const std::uint64_t sent = monotonic_ns();
  session.client.send(request);
  session.sent_up += request.size();
  if (!session.server.await(session.sent_up)) throw std::runtime_error("a message did not arrive");
  const std::uint64_t arrived = monotonic_ns();
  session.exchange("", answer);
  return static_cast<double>(arrived - sent) / ns_per_ms;
}

void commit(Session& session, std::size_t times, std::vector<double>& into) {
  for (std::size_t i = 0; i < times; ++i) {
    throw_if_interrupted();
    into.push_back(
        pass(session, pgwire::commit(), pgwire::complete("COMMIT") + pgwire::ready('I')));
    pass(session, pgwire::query("BEGIN"), pgwire::complete("BEGIN") + pgwire::ready('T'));
  }
}

Times measure(const Playground& playground, const Listener& listener, const cut_rule& rule,
              std::size_t trials) {
  Cutter cutter(playground, {endpoint_of(over_v4.connected, service_port)}, {rule});
  std::vector<Session> sessions;
  for (std::size_t i = 0; i < connections + 1; ++i) {
    sessions.push_back(Session::open(playground, over_v4, listener));
  }
  Times times;
  std::vector<std::future<std::vector<double>>> clients;
  for (std::size_t i = 0; i < connections; ++i) {
    const std::size_t share = trials / connections + (i < trials % connections ? 1 : 0);
    clients.push_back(std::async(std::launch::async, [&session = sessions[i], share] {
      std::vector<double> own;
      commit(session, share, own);
      return own;
    }));
  }
  const auto done = [&clients] {
    return std::all_of(clients.begin(), clients.end(), [](const auto& client) {
      return client.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    });
  };
  while (!done()) {
    times.unmatched.push_back(pass(sessions.back(), pgwire::query("SELECT 1"),
                                   pgwire::complete("SELECT 1") + pgwire::ready('T')));
    clients.front().wait_for(pause_between);
  }
  for (auto& client : clients) {
    const std::vector<double> own = client.get();
    times.commits.insert(times.commits.end(), own.begin(), own.end());
  }
  if (const std::string damage = cutter.damage(); !damage.empty()) {
    throw std::runtime_error("the run is worth nothing: " + damage);
  }
  return times;
}

int run(const Options& options) {
  const Playground playground;
  const Listener listener = listen(playground.netns(), over_v4);
  cut_rule rule = blackhole(CUT_PG_COMMIT_REQUEST, CUT_BEFORE);
  rule.fault = CUT_FAULT_DELAY;
  rule.duration_ns = delay_ns;
  rule.times = 0;
  cut_rule never = rule;
  never.nth = UINT32_MAX;
  const Times bare = measure(playground, listener, never, bare_trials);
  const Times delayed = measure(playground, listener, rule, options.trials);

  const double usual = percentile(bare.commits, 0.5);
  const double unmatched_usual = percentile(bare.unmatched, 0.5);
  const double wanted = static_cast<double>(delay_ns) / ns_per_ms;
  const double p50 = percentile(delayed.commits, 0.5) - usual;
  const double p99 = percentile(delayed.commits, 0.99) - usual;
  const double unmatched = percentile(delayed.unmatched, 0.99) - unmatched_usual;
  fmt::print("delay of {:.0f} ms, over {:.3f} ms without\n", wanted, usual);
  fmt::print("{:<10} {:>6} {:>14} {:>14} {:>18}\n", "", "trials", "added_ms_p50", "added_ms_p99",
             "unmatched_ms_p99");
  fmt::print("{:<10} {:>6} {:>14.3f} {:>14.3f} {:>18.3f}\n", "commits", delayed.commits.size(), p50,
             p99, unmatched);
  write_rows(options.json_file, "delay",
             nlohmann::json::array({{{"delay_ms", wanted},
                                     {"trials", delayed.commits.size()},
                                     {"added_ms_p50", p50},
                                     {"added_ms_p99", p99},
                                     {"unmatched", delayed.unmatched.size()},
                                     {"unmatched_ms_p99", unmatched}}}));
  // Never early, on any machine; how late it is depends on what else runs there.
  const double least = *std::min_element(delayed.commits.begin(), delayed.commits.end());
  return least >= wanted ? 0 : 1;
}

}  // namespace
}  // namespace cutpoint::bench

// What CLI11 and fmt could throw outside the try block would end the program, as it should.
int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape)
  using namespace cutpoint::bench;
  CLI::App app("How exact the fault `delay` is", "delay");
  return bench_main(app, {.trials = default_trials, .json_file = {}}, argc, argv, run);
}

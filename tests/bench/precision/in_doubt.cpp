// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/precision/in_doubt.h"

#include <csignal>
#include <fmt/format.h>
#include <pqxx/pqxx>
#include <sstream>
#include <thread>

#include "controller/util/clock.h"
#include "controller/util/file.h"
#include "probes/postgres/dsn.h"
#include "tests/bench/interruption.h"
#include "tests/scenarios/program.h"
#include "tests/socket/datapath/harness/require.h"
#include "tests/socket/datapath/harness/stream.h"

namespace cutpoint::bench {
namespace {

using datapath::patience;
using datapath::require;

// Neither end raises an event. Longer than the client's work: then it waits for an answer.
constexpr auto look_again = std::chrono::milliseconds(60);
constexpr auto goes_on = std::chrono::seconds(3);  // who does not rest by then

class Trials {
 public:
  Trials(const PrivatePostgres& postgres, const NetworkNamespace& netns)
      : cgroup_(require(Cgroup::create(require(find_cgroup_mount()), "bench"))),
        place_{.postgres = postgres, .netns = netns, .cgroup = cgroup_},
        observer_(postgres.local_dsn()) {
    ask("DROP TABLE IF EXISTS orders, items");
    ask("CREATE TABLE orders (trial int, number int)");
    ask("CREATE TABLE items (trial int, number int)");
  }

  InDoubtRow measure(const NamedWay& named, std::chrono::milliseconds work, std::size_t trials) {
    InDoubtRow row{.way = named.name, .work = work, .trials = trials};
    const auto way = named.make(place_);
    for (std::size_t trial = 1; trial <= trials; ++trial) {
      throw_if_interrupted();
      Shopper shopper = start(trial, work, way->port());
      way->sever(shopper);
      const bool rests = await_rest(shopper);
      if (!rests) ++row.went_on;
      if (is_in_doubt(shopper, trial, row) && rests) ++row.hits;
      end_backend(shopper);
      way->heal();
    }
    return row;
  }

 private:
  pqxx::result ask(const std::string& sql) { return pqxx::nontransaction(observer_).exec(sql); }

  [[nodiscard]] Shopper start(std::size_t trial, std::chrono::milliseconds work,
                              std::uint16_t port) const {
    const std::string name = fmt::format("shopper-{}", trial);
    Program::Options options;
    options.netns = &place_.netns;
    options.cgroup_fd = cgroup_.fd();
    options.environment = {{"CUTPOINT_PG_DSN", require(probes::Dsn::parse(place_.postgres.dsn()))
                                                   .with("port", std::to_string(port))
                                                   .with("application_name", name)
                                                   .conninfo()}};
    return {Program({"/usr/bin/python3", CUTPOINT_BENCH_CLIENTS "/shopper.py",
                     std::to_string(trial), std::to_string(work.count())},
                    options),
            name};
  }

  // What would change if one of the two still did something. A process that waits is not switched
  // to; empty: its backend is at work.
  std::string doings(const Shopper& shopper) {
    const auto backend =
        ask("SELECT state, state_change FROM pg_stat_activity WHERE application_name = '" +
            shopper.name + "'");
    if (!backend.empty() && backend[0][0].as<std::string>("") == "active") return {};
    const auto status = read_file(fmt::format("/proc/{}/status", shopper.program.pid()));
    const std::string switches =
        status ? status->substr(std::min(status->find("voluntary"), status->size())) : "gone";
    return switches + (backend.empty() ? "none" : backend[0][1].as<std::string>(""));
  }

  // False: the client goes on.
  bool await_rest(const Shopper& shopper) {
    const Deadline deadline(goes_on);
    for (std::string before; !deadline.passed();) {
      throw_if_interrupted();
      std::string now = doings(shopper);
      if (!now.empty() && now == before) return true;
      before = std::move(now);
      std::this_thread::sleep_for(look_again);
    }
    return false;
  }

  // Also adds up what it says of its time.
  bool is_in_doubt(Shopper& shopper, std::size_t trial, InDoubtRow& row) {
    shopper.program.signal(SIGKILL);
    std::istringstream told(shopper.program.wait().out);
    int last = 0;
    for (double commit_us = 0, order_us = 0; told >> last >> commit_us >> order_us;) {
      row.commit_us += commit_us;
      row.order_us += order_us;
    }
    return !ask(fmt::format("SELECT 1 FROM orders WHERE trial = {} AND number = {}", trial,
                            last + 1))
                .empty();
  }

  // What the client's kernel still holds for it must not arrive later.
  void end_backend(const Shopper& shopper) {
    const Deadline deadline(patience);
    while (!ask("SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity "
                "WHERE application_name = '" +
                shopper.name + "'")
                .empty()) {
      throw_if_interrupted();
      if (deadline.passed()) throw std::runtime_error("a backend does not end");
    }
  }

  Cgroup cgroup_;
  Place place_;
  pqxx::connection observer_;
};

}  // namespace

InDoubtRow measure_in_doubt(const NamedWay& way, std::chrono::milliseconds work,
                            const PrivatePostgres& postgres, const NetworkNamespace& netns,
                            std::size_t trials) {
  return Trials(postgres, netns).measure(way, work, trials);
}

}  // namespace cutpoint::bench

// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/precision/ways.h"

#include <csignal>
#include <fmt/format.h>
#include <pqxx/pqxx>
#include <stdexcept>
#include <thread>

#include "controller/util/clock.h"
#include "tests/bench/haproxy.h"
#include "tests/bench/interruption.h"
#include "tests/socket/datapath/harness/cutter.h"

namespace cutpoint::bench {
namespace {

using namespace datapath;

constexpr __u64 fuse_ns = 30'000'000'000;
constexpr __u32 one_in_five = UINT32_MAX / 5;

// Several orders later: the moment itself is what is left to chance.
void wait_at_random(std::mt19937& random) {
  std::uniform_int_distribution<int> microseconds(0, 100'000);
  std::this_thread::sleep_for(std::chrono::microseconds(microseconds(random)));
}

void run(const NetworkNamespace& netns, std::vector<std::string> command) {
  Program::Options options;
  options.netns = &netns;
  const std::string name = command.front();
  const auto ended = Program::run(std::move(command), options);
  if (ended.code != 0) throw std::runtime_error(name + ": " + ended.err);
}

// In the kernel, behind the last byte of some COMMIT.
class Cutpoint : public Way {
 public:
  explicit Cutpoint(Place& place)
      : port_(place.postgres.port()),
        cutter_(place.cgroup, place.netns, {endpoint_of("127.0.0.1", port_)}, {rule()}) {}

  [[nodiscard]] std::uint16_t port() const override { return port_; }
  void sever(Shopper&) override {
    if (!cutter_.await(CUT_EVENT_FIRED)) throw std::runtime_error("the rule does not fire");
    cutter_.forget();
  }
  void heal() override { cutter_.injector().heal(0, monotonic_ns() + fuse_ns); }

 private:
  static cut_rule rule() {
    cut_rule rule = blackhole(CUT_PG_COMMIT_REQUEST, CUT_AFTER);
    rule.duration_ns = fuse_ns;
    rule.times = 0;
    rule.probability = one_in_five;
    rule.once_per_flow = 1;
    return rule;
  }

  std::uint16_t port_;
  Cutter cutter_;
};

// A rule that drops what comes, either way, added at a random time.
class NftablesDrop : public Way {
 public:
  explicit NftablesDrop(Place& place) : place_(place) {
    nft("add table inet today; add chain inet today input { type filter hook input priority 0; }");
  }
  NftablesDrop(const NftablesDrop&) = delete;
  NftablesDrop& operator=(const NftablesDrop&) = delete;
  ~NftablesDrop() override {
    try {
      nft("delete table inet today");
    } catch (const std::exception& error) {
      fmt::print(stderr, "{}\n", error.what());
    }
  }

  [[nodiscard]] std::uint16_t port() const override { return place_.postgres.port(); }
  void sever(Shopper& shopper) override {
    shopper.await_first_order();
    wait_at_random(place_.random);
    nft(
        fmt::format("add rule inet today input tcp dport {0} drop; "
                    "add rule inet today input tcp sport {0} drop",
                    port()));
  }
  void heal() override { nft("flush chain inet today input"); }

 private:
  void nft(const std::string& what) { run(place_.netns, {"nft", what}); }

  Place& place_;
};

// `ss -K` when pg_stat_activity shows what one waits for.
class KilledSocket : public Way {
 public:
  KilledSocket(Place& place, std::string seen) : place_(place), seen_(std::move(seen)) {}

  [[nodiscard]] std::uint16_t port() const override { return place_.postgres.port(); }
  void sever(Shopper& shopper) override {
    shopper.await_first_order();
    wait_at_random(place_.random);
    pqxx::nontransaction session(observer_);
    const std::string question = fmt::format(
        "SELECT 1 FROM pg_stat_activity WHERE application_name = '{}' AND {}", shopper.name, seen_);
    while (session.exec(question).empty()) throw_if_interrupted();
    run(place_.netns, {"ss", "-K", "dst", "127.0.0.1", "dport", "=", fmt::format(":{}", port())});
  }
  void heal() override {}

 private:
  Place& place_;
  std::string seen_;
  pqxx::connection observer_{place_.postgres.local_dsn()};
};

// A proxy in between, which gets a signal at a random time.
class SignalledProxy : public Way {
 public:
  SignalledProxy(Place& place, int signal)
      : place_(place), signal_(signal), proxy_(place.netns, place.postgres.port()) {}

  [[nodiscard]] std::uint16_t port() const override { return proxy_.port(); }
  void sever(Shopper& shopper) override {
    shopper.await_first_order();
    wait_at_random(place_.random);
    proxy_.signal(signal_);
  }
  void heal() override { proxy_.restart(); }

 private:
  Place& place_;
  int signal_;
  HaProxy proxy_;
};

}  // namespace

void Shopper::await_first_order() {
  if (program.out_line("").empty()) {
    throw std::runtime_error("the client ended by itself: " + program.wait().err);
  }
}

const std::vector<NamedWay>& all_ways() {
  static const std::vector<NamedWay> ways{
      {"cutpoint, after commit.request",
       [](Place& place) -> std::unique_ptr<Way> { return std::make_unique<Cutpoint>(place); }},
      {"nftables DROP at a random time",
       [](Place& place) -> std::unique_ptr<Way> { return std::make_unique<NftablesDrop>(place); }},
      {"ss -K on seeing the transaction",
       [](Place& place) -> std::unique_ptr<Way> {
         return std::make_unique<KilledSocket>(place, "backend_xid IS NOT NULL");
       }},
      {"ss -K on seeing its COMMIT",
       [](Place& place) -> std::unique_ptr<Way> {
         return std::make_unique<KilledSocket>(place, "state = 'active' AND query = 'COMMIT'");
       }},
      {"HAProxy stopped at a random time",
       [](Place& place) -> std::unique_ptr<Way> {
         return std::make_unique<SignalledProxy>(place, SIGSTOP);
       }},
      {"HAProxy killed at a random time",
       [](Place& place) -> std::unique_ptr<Way> {
         return std::make_unique<SignalledProxy>(place, SIGKILL);
       }},
  };
  return ways;
}

}  // namespace cutpoint::bench

// SPDX-License-Identifier: Apache-2.0
// pgbench, as the target.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "tests/bench/overhead/attachment.h"
#include "tests/bench/overhead/site.h"
#include "tests/bench/private_postgres.h"

namespace cutpoint::bench {

struct Workload {
  std::string name;
  int scale;  // of pgbench's tables; 1: 15 MB
  std::vector<std::string> arguments;
  bool spread = false;   // over all processors; else on the last one
  bool durable = false;  // commits wait for the disk, as PostgreSQL has it by default
};

// What pgbench says of one.
struct Round {
  double tps = 0;  // without the time that connecting took
  std::uint64_t transactions = 0;
};

// From a place to the server: as it is, or through a proxy that is there.
struct Way {
  const Place& place;
  std::string host = place.address;
  std::uint16_t port = place.port;
};

// Of two that took turns: transactions a second of the time that each had.
struct Turns {
  double tps = 0;
  double other_tps = 0;
  double ratio = 0;                // of the two: typical_ratio() of neighbouring turns
  std::uint64_t transactions = 0;  // of the first, with those before and after the turns
};

class Pgbench {
 public:
  // Fills the tables, twice. What it refers to outlives it.
  Pgbench(const Workload& workload, const PrivatePostgres& postgres);

  // The attachment's events are taken meanwhile, if there is one.
  Round run(std::chrono::seconds time, const Way& way, Attachment* attachment = nullptr) const;

  // Two at once, on tables of their own, of which one stands still while the other runs: for 25 ms
  // each, so that both have what a shared machine gives at the time. The attachment is of the
  // first.
  Turns run_in_turns(std::chrono::seconds time, const Way& way, const Way& other,
                     Attachment* attachment = nullptr) const;

 private:
  struct Running;
  enum class Log : bool { none, each_transaction };
  // On the tables in that schema.
  Running start(std::chrono::seconds time, const Way& way, const std::string& schema,
                Log log) const;
  // True: it has ended; false: it is `until`.
  static bool attend(const Running& running, Attachment* attachment,
                     std::chrono::steady_clock::time_point until);
  static Round end(Running& running);

  const Workload& workload_;
  const PrivatePostgres& postgres_;
  mutable std::mt19937 random_{std::random_device{}()};
};

}  // namespace cutpoint::bench

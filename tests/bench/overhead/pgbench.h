// SPDX-License-Identifier: Apache-2.0
// pgbench, as the target.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "controller/util/cgroup.h"
#include "controller/util/netns.h"
#include "tests/bench/overhead/attachment.h"
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

class Pgbench {
 public:
  // Fills the tables. What it refers to outlives it.
  Pgbench(const Workload& workload, const PrivatePostgres& postgres, const Cgroup& cgroup,
          const NetworkNamespace& netns);

  // Over that address. The attachment's events are taken meanwhile.
  Round run(std::chrono::seconds time, const std::string& host, std::uint16_t port,
            Attachment& attachment) const;

 private:
  const Workload& workload_;
  const PrivatePostgres& postgres_;
  const Cgroup& cgroup_;
  const NetworkNamespace& netns_;
};

}  // namespace cutpoint::bench

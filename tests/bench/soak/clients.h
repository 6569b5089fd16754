// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "controller/util/cgroup.h"
#include "tests/bench/soak/bank.h"

namespace cutpoint::bench {

// Several clients of the bank in one cgroup, each one process of pgbench after the other: where a
// connection dies, only its own session is over, and every session says exactly what it was told.
class Clients {
 public:
  Clients(const Cgroup& cgroup, const std::string& dsn, const std::string& script_file,
          std::size_t count, std::uint64_t seed);
  Clients(const Clients&) = delete;
  Clients& operator=(const Clients&) = delete;
  ~Clients() { finishing_ = true; }  // and waits until every session is over

  // Lets the sessions come to their ends. Throws what a client could not go on from.
  std::vector<Session> finish();

 private:
  void work(std::uint64_t seed);
  Session run_session(const std::string& protocol);

  const Cgroup& cgroup_;
  std::string dsn_;
  std::string script_file_;
  std::atomic<int> next_number_ = 1;
  std::atomic<bool> finishing_ = false;
  std::mutex mutex_;  // of what follows
  std::vector<Session> sessions_;
  std::exception_ptr failure_;
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace cutpoint::bench

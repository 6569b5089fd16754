// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cutpoint::bench {

// One process of pgbench, with one client.
struct Session {
  enum class End {
    complete,  // it did all of its transactions
    aborted,   // its connection died, or a statement failed: its last transaction is in doubt
    silent,    // killed: it told nothing of what it had done
  };
  int number = 0;
  std::uint64_t told = 0;  // transactions that it says are committed
  End end = End::complete;
};

// The books of pgbench's bank when all is quiet, against what the clients say.
struct Balance {
  std::uint64_t rows = 0;  // of pgbench_history: one per transaction
  std::uint64_t told = 0;  // by sessions that told of their transactions
  std::uint64_t in_doubt =
      0;  // transactions that are done, of which an aborted session knows nothing
  std::uint64_t silent = 0;        // rows of silent sessions
  std::vector<std::string> wrong;  // one line each; empty: everything agrees
};

// pgbench's TPC-B, in which every row of the history names its session.
class Bank {
 public:
  static constexpr int scale = 10;  // branches: with one, every client waits for every other

  // Fills the tables. `local_dsn` is never cut.
  explicit Bank(std::string local_dsn);

  // The script for pgbench --file; it wants --define=session=N.
  [[nodiscard]] static std::string script();

  // Waits until no transaction is open any more; throws where that takes too long.
  [[nodiscard]] Balance balance(const std::vector<Session>& sessions) const;

 private:
  [[nodiscard]] std::map<int, std::uint64_t> rows_by_session() const;
  void await_quiet() const;

  std::string dsn_;
};

}  // namespace cutpoint::bench

// SPDX-License-Identifier: Apache-2.0
// libpqxx: connects, commits one transaction, and begins anew, until it is killed. A line
// "committed" for each COMMIT of which it was told; ends with an error other than a lost
// connection.
//   usage: pqxx_commits        (CUTPOINT_PG_DSN)
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <pqxx/pqxx>
#include <string>

namespace {

constexpr std::size_t longest = 700;  // bytes of what stands before the transaction

// Whether it was told.
bool commit_once(std::size_t trial) {
  pqxx::connection connection(std::getenv("CUTPOINT_PG_DSN"));
  const pqxx::quiet_errorhandler quiet(connection);
  try {
    pqxx::work transaction(connection);
    transaction.exec("SELECT '" + std::string(trial * 37 % longest, 'x') + "'");
    transaction.exec("INSERT INTO cuts VALUES (pg_backend_pid())");
    transaction.commit();
  } catch (const pqxx::broken_connection&) {
    return false;
  } catch (const pqxx::in_doubt_error&) {
    return false;
  }
  return true;
}

}  // namespace

int main() {
  try {
    for (std::size_t trial = 0;; ++trial) {
      if (!commit_once(trial)) continue;
      std::puts("committed");
      std::fflush(stdout);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return EXIT_FAILURE;
  }
}

// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/private_postgres.h"

#include <cstdio>
#include <fcntl.h>
#include <stdexcept>
#include <sys/file.h>

#include "probes/postgres/dsn.h"
#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::bench {

using datapath::require;

PrivatePostgres::PrivatePostgres(const NetworkNamespace& netns, const std::string& also, bool tls)
    : lab_{CUTPOINT_BENCH_LAB_DIR, CUTPOINT_BENCH_LAB_PORT, &netns, also, tls},
      lock_(::open(CUTPOINT_BENCH_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  require(::flock(lock_.get(), LOCK_EX) == 0, "cannot wait for another bench");
  down();  // what a killed one left
  try {
    const auto up = lab_.run("up");
    if (up.code != 0) throw std::runtime_error(up.err);
    const std::string environment = lab_.run("env").out;
    dsn_ = exported(environment, "CUTPOINT_PG_DSN");
    if (tls) dsn_ += "?sslmode=require";
    local_dsn_ = require(probes::Dsn::parse(dsn_))
                     .with("host", exported(environment, "CUTPOINT_PG_SOCKET_DIR"))
                     .conninfo();
  } catch (...) {
    down();
    throw;
  }
}

PrivatePostgres::~PrivatePostgres() {
  down();
}

void PrivatePostgres::down() noexcept {
  try {
    const auto down = lab_.run("down");
    if (down.code != 0) std::fputs(down.err.c_str(), stderr);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cannot take the lab down: %s\n", error.what());
  }
}

std::uint16_t PrivatePostgres::port() const {
  return static_cast<std::uint16_t>(std::stoi(lab_.port));
}

}  // namespace cutpoint::bench

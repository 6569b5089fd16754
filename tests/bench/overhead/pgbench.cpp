// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/overhead/pgbench.h"

#include <optional>
#include <pqxx/pqxx>
#include <stdexcept>

#include "controller/run/event_loop.h"
#include "controller/util/child.h"
#include "probes/postgres/dsn.h"
#include "tests/bench/interruption.h"
#include "tests/bench/overhead/processors.h"
#include "tests/bench/transcript.h"
#include "tests/scenarios/program.h"
#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::bench {
namespace {

using datapath::require;

constexpr auto look_for_signals = std::chrono::milliseconds(100);

std::string behind(const std::string& before, const std::string& said) {
  const auto at = said.find(before);
  if (at == std::string::npos) throw std::runtime_error("pgbench:\n" + said);
  return said.substr(at + before.size());
}

}  // namespace

Pgbench::Pgbench(const Workload& workload, const PrivatePostgres& postgres, const Cgroup& cgroup,
                 const NetworkNamespace& netns)
    : workload_(workload), postgres_(postgres), cgroup_(cgroup), netns_(netns) {
  const auto made = Program::run({"pgbench", "--initialize", "--quiet", "--scale",
                                  std::to_string(workload.scale), postgres.local_dsn()});
  if (made.code != 0) throw std::runtime_error("pgbench: " + made.err);
  // What disturbs a round and not its neighbour: autovacuum, and the disk.
  pqxx::connection connection(postgres.local_dsn());
  pqxx::nontransaction session(connection);
  session.exec(std::string("ALTER ROLE cutpoint SET synchronous_commit = ") +
               (workload.durable ? "on" : "off"));
  for (const char* table : {"accounts", "branches", "tellers", "history"}) {
    session.exec(std::string("ALTER TABLE pgbench_") + table + " SET (autovacuum_enabled = off)");
  }
}

Round Pgbench::run(std::chrono::seconds time, const std::string& host, std::uint16_t port,
                   Attachment& attachment) const {
  const Transcript said;
  SpawnOptions options;
  options.command = {"pgbench", "--no-vacuum", "--time=" + std::to_string(time.count())};
  options.command.insert(options.command.end(), workload_.arguments.begin(),
                         workload_.arguments.end());
  options.command.push_back(require(probes::Dsn::parse(postgres_.dsn()))
                                .with("host", host)
                                .with("port", std::to_string(port))
                                .conninfo());
  enter_netns(options, netns_);
  options.cgroup_fd = cgroup_.fd();
  options.stdout_fd = said.fd();
  options.stderr_fd = said.fd();
  Child child = [&] {
    std::optional<OnLastProcessor> pinned;
    if (!workload_.spread) pinned.emplace();
    return require(Child::spawn(options));
  }();
  for (;;) {
    throw_if_interrupted();
    const Wakeup wakeup = wait_for_any(attachment.events_fd(), child.pidfd(), -1, look_for_signals);
    attachment.drain();
    if (wakeup.target_ended) break;
  }
  const ExitStatus status = require(child.wait());
  if (!status.success()) {
    throw std::runtime_error("pgbench, " + status.describe() + ":\n" + said.text());
  }
  const std::string text = said.text();
  return {.tps = std::stod(behind("\ntps = ", text)),
          .transactions = std::stoull(behind("number of transactions actually processed: ", text))};
}

}  // namespace cutpoint::bench

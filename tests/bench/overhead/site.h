// SPDX-License-Identifier: Apache-2.0
// Where the rounds of a bench take place: a client's network namespace and cgroup, and a PostgreSQL
// that is reached from there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bpf/abi/endpoint.h"
#include "controller/util/cgroup.h"
#include "controller/util/netns.h"
#include "tests/bench/private_postgres.h"

namespace cutpoint::bench {

// Between client and server: a veth pair, as to a container, or loopback, where each segment meets
// both hooks, and the server's are met as well.
enum class Path : bool { veth, loopback };

// A kind of round: as pgbench and PostgreSQL run by themselves, on all processors, commits waiting
// for the disk; or on one processor that nothing else uses, without the disk, so that every
// nanosecond shows.
struct Setting {
  Path path;
  bool alone;

  // "tpcb, loopback, one processor"
  [[nodiscard]] std::string name_of(const std::string& workload) const;
};
// Those on all processors first: for the others the bench leaves one.
const std::vector<Setting>& settings();

class Site {
 public:
  // `spread`: the server is on all processors of this host; else on the last one.
  Site(Path path, bool spread);

  [[nodiscard]] const NetworkNamespace& netns() const { return netns_; }  // the client's
  [[nodiscard]] const Cgroup& cgroup() const { return cgroup_; }          // likewise
  [[nodiscard]] const PrivatePostgres& postgres() const { return *postgres_; }
  // The server's.
  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] std::uint16_t port() const { return postgres_->port(); }
  [[nodiscard]] cut_endpoint service() const;

 private:
  NetworkNamespace netns_;
  std::optional<NetworkNamespace> far_;  // the server's, if it has its own
  std::string address_;
  Cgroup cgroup_;
  std::optional<PrivatePostgres> postgres_;
};

}  // namespace cutpoint::bench

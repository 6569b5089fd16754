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

// Where clients are: their network namespace and cgroup, and the server as it is seen from there.
struct Place {
  NetworkNamespace netns;
  Cgroup cgroup;
  std::string address;
  std::uint16_t port = 0;

  [[nodiscard]] cut_endpoint service() const;
};

class Site {
 public:
  // `spread`: the server is on all processors of this host; else on the last one.
  Site(Path path, bool spread);

  // One over loopback; over veth two alike, each with a pair of its own.
  [[nodiscard]] const std::vector<Place>& places() const { return places_; }
  [[nodiscard]] const Place& place() const { return places_.front(); }
  [[nodiscard]] const PrivatePostgres& postgres() const { return *postgres_; }

 private:
  std::vector<Place> places_;
  std::optional<NetworkNamespace> far_;  // the server's, if it has its own
  std::optional<PrivatePostgres> postgres_;
};

}  // namespace cutpoint::bench

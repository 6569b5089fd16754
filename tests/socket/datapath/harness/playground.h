// SPDX-License-Identifier: Apache-2.0
// A place where nobody else is: network namespaces, and a cgroup with a process that makes sockets
// there. A socket belongs to the cgroup of the process that made it, whoever uses it.
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>

#include "controller/util/cgroup.h"
#include "controller/util/netns.h"
#include "controller/util/unique_fd.h"

namespace cutpoint::datapath {

// Why there can be no playground on this host; nullopt: there can.
std::optional<std::string> playground_lacks();

// A new namespace with loopback up, and with TCP's shortest retransmission time-out at 20 ms
// instead of 200, where the kernel (6.11) lets us: cuts are seen through in a tenth of the time.
NetworkNamespace make_netns();

// Runs a shell command to its end in the namespace; throws if it fails. `inherit` stays open in it.
void run_in(const NetworkNamespace& netns, const std::string& command, int inherit = -1);

// A veth pair with MTU 1500: `near` is 10.9.0.1 and fd09::1, the device `far9` in `far` 10.9.0.2
// and fd09::2. Offloads are on, as on a real host: TCP hands over segments of up to 64 KiB.
// `network`: the digit in place of 9; a far end that is joined to two near ones needs another for
// each.
void join(const NetworkNamespace& near, const NetworkNamespace& far, int network = 9);

enum class Transport : bool { tcp, multipath_tcp };

// A socket of somebody else: of the calling process.
UniqueFd outside_socket(int family, const NetworkNamespace& in,
                        Transport transport = Transport::tcp);

class Playground {
 public:
  Playground();
  Playground(const Playground&) = delete;
  Playground& operator=(const Playground&) = delete;
  ~Playground();

  [[nodiscard]] const NetworkNamespace& netns() const { return netns_; }
  [[nodiscard]] const Cgroup& cgroup() const { return cgroup_; }

  // A socket of the target: made inside the cgroup.
  [[nodiscard]] UniqueFd target_socket(int family) const { return target_socket(family, netns_); }
  [[nodiscard]] UniqueFd target_socket(int family, const NetworkNamespace& in,
                                       Transport transport = Transport::tcp) const;

 private:
  Cgroup cgroup_;
  NetworkNamespace netns_;
  UniqueFd maker_;  // to the process that makes the target's sockets; its end ends it
  pid_t maker_pid_ = -1;
};

}  // namespace cutpoint::datapath

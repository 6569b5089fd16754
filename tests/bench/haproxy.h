// SPDX-License-Identifier: Apache-2.0
// A TCP proxy in front of a bench's PostgreSQL. Gone with this object.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "controller/util/netns.h"
#include "controller/util/unique_fd.h"
#include "tests/scenarios/program.h"
#include "tests/socket/datapath/harness/stream.h"

namespace cutpoint::bench {

class HaProxy {
 public:
  // Passes what comes to port() on 127.0.0.1 on to `service_port` of `service`. It may be used at
  // once: we listen in its place until it runs.
  HaProxy(const NetworkNamespace& netns, std::uint16_t service_port,
          const std::string& service = "127.0.0.1");

  [[nodiscard]] std::uint16_t port() const { return port_; }

  void signal(int number) { program_->signal(number); }
  // Kills the one that runs, with its connections, and starts another at the same port.
  void restart();

 private:
  const NetworkNamespace& netns_;
  std::uint16_t port_;
  datapath::Listener listener_;
  UniqueFd configuration_;
  std::optional<Program> program_;
};

}  // namespace cutpoint::bench

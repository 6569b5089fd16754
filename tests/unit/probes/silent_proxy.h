// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace cutpoint::probes::test {

// A TCP relay in front of the lab's PostgreSQL that makes one connection fall silent at its n-th
// COMMIT; all others pass. A client that closes a silent connection closes it towards the server.
class SilentProxy {
 public:
  enum class Silence {
    request_lost,  // the COMMIT does not reach the server
    reply_lost,    // it does, and its answer does not reach the client
    deaf,          // just before it, the client's segments are dropped unacknowledged; the server's
                   // end stays open until the proxy goes
  };

  SilentProxy(std::uint16_t server_port, Silence silence, int nth_commit);
  ~SilentProxy();
  SilentProxy(const SilentProxy&) = delete;
  SilentProxy& operator=(const SilentProxy&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] bool fell_silent() const { return fell_silent_; }

 private:
  struct Pair;

  void serve();
  void accept_client();
  void from_client(Pair& pair);
  void from_server(Pair& pair);

  const std::uint16_t server_port_;
  const Silence silence_;
  const int nth_commit_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  int wake_ = -1;
  int commits_ = 0;
  std::atomic<bool> fell_silent_ = false;
  std::vector<std::unique_ptr<Pair>> pairs_;
  std::thread thread_;
};

}  // namespace cutpoint::probes::test

// SPDX-License-Identifier: Apache-2.0
// Where Prometheus asks for numbers: HTTP, at one address.
#pragma once

#include <memory>
#include <string>
#include <sys/socket.h>

#include "controller/util/result.h"

namespace prometheus {
class Collectable;
class Exposer;
}  // namespace prometheus

namespace cutpoint {

// Where it is to listen.
struct MetricsAddress {
  std::string text;  // "127.0.0.1:9464", "[::1]:0"; port 0: any that is free
  sockaddr_storage storage{};
  socklen_t size = 0;
};

// Errors (2): anything else. It must say where it listens: neither "all addresses" by default, nor
// a name that may lead elsewhere tomorrow.
Result<MetricsAddress> parse_metrics_address(const std::string& text);

class MetricsServer {
 public:
  // Its threads answer from now on; `numbers` are asked for at each scrape, in one of them. Errors
  // (3): the address is taken, or not this host's.
  static Result<MetricsServer> start(const MetricsAddress& address,
                                     const std::shared_ptr<prometheus::Collectable>& numbers);
  MetricsServer(MetricsServer&&) noexcept;
  MetricsServer& operator=(MetricsServer&&) noexcept;
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;
  ~MetricsServer();

  // "http://127.0.0.1:9464/metrics"
  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  explicit MetricsServer(std::unique_ptr<prometheus::Exposer> exposer);

  std::unique_ptr<prometheus::Exposer> exposer_;
  std::string url_;
};

}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "controller/util/result.h"

namespace cutpoint::probes {

// amqp://user:password@host:port/vhost, taken apart. `host//` and `host/` mean the virtual host
// `/`, as `host` does (Celery reads it so).
struct BrokerUrl {
  std::string host;
  int port = 0;
  std::string user;
  std::string password;
  std::string vhost;

  // Error (2), without a piece of the text.
  static Result<BrokerUrl> parse(const std::string& url);

  [[nodiscard]] std::string address() const;  // "127.0.0.1:5672"
};

}  // namespace cutpoint::probes

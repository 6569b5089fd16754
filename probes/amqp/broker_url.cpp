// SPDX-License-Identifier: Apache-2.0
#include "probes/amqp/broker_url.h"

#include <amqp.h>
#include <fmt/format.h>
#include <vector>

namespace cutpoint::probes {
namespace {

std::string with_vhost_escaped(std::string url) {
  if (url.ends_with("//") && !url.ends_with("://")) url.replace(url.size() - 1, 1, "%2F");
  if (url.ends_with("/")) url.pop_back();
  return url;
}

}  // namespace

Result<BrokerUrl> BrokerUrl::parse(const std::string& url) {
  const std::string escaped = with_vhost_escaped(url);
  std::vector<char> text(escaped.begin(), escaped.end());  // which the library writes to
  text.push_back('\0');
  amqp_connection_info info{};
  amqp_default_connection_info(&info);
  if (amqp_parse_url(text.data(), &info) != AMQP_STATUS_OK) {
    return Error{ExitCode::usage, "the broker's address cannot be read",
                 "it is amqp://user@host:port/vhost, special characters as %XX"};
  }
  return BrokerUrl{info.host, info.port, info.user, info.password, info.vhost};
}

std::string BrokerUrl::address() const {
  return fmt::format("{}:{}", host, port);
}

}  // namespace cutpoint::probes

// SPDX-License-Identifier: Apache-2.0
#include "controller/run/metrics_server.h"

#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <exception>
#include <fmt/format.h>
#include <netinet/in.h>
#include <optional>
#include <prometheus/collectable.h>
#include <prometheus/exposer.h>

#include "controller/util/errno_error.h"
#include "controller/util/unique_fd.h"

namespace cutpoint {
namespace {

// nullopt: it is none.
std::optional<MetricsAddress> metrics_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, port);
  if (error != std::errc{} || stop != end) return std::nullopt;
  std::string host = text.substr(0, colon);
  MetricsAddress address{.text = text};
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&address.storage, &v4, sizeof v4);
    address.size = sizeof v4;
    return address;
  }
  if (!host.starts_with('[') || !host.ends_with(']')) return std::nullopt;
  host = host.substr(1, host.size() - 2);
  if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) != 1) return std::nullopt;
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  std::memcpy(&address.storage, &v6, sizeof v6);
  address.size = sizeof v6;
  return address;
}

// The server itself would not say why it cannot.
Status expect_free(const MetricsAddress& address) {
  const UniqueFd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  const bool bound =
      fd && ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
      ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0 &&
      ::listen(fd.get(), 1) == 0;
  if (bound) return {};
  return errno_error("--metrics: cannot listen at " + address.text, errno,
                     "name another port, or 0 for any that is free; the address must be one of "
                     "this host's");
}

}  // namespace

Result<MetricsAddress> parse_metrics_address(const std::string& text) {
  if (const auto address = metrics_address(text)) return *address;
  return Error{
      ExitCode::usage,
      fmt::format("--metrics {}: it must be an address of this host in numbers and a port", text),
      "write e.g. `--metrics 127.0.0.1:9464`"};
}

Result<MetricsServer> MetricsServer::start(
    const MetricsAddress& address, const std::shared_ptr<prometheus::Collectable>& numbers) {
  CUTPOINT_TRY(expect_free(address));
  try {
    auto exposer = std::make_unique<prometheus::Exposer>(address.text, 1);
    exposer->RegisterCollectable(numbers);
    MetricsServer server(std::move(exposer));
    const std::string host = address.text.substr(0, address.text.rfind(':'));
    server.url_ =
        fmt::format("http://{}:{}/metrics", host, server.exposer_->GetListeningPorts().at(0));
    return Result<MetricsServer>(std::move(server));
  } catch (const std::exception& error) {
    return Error{ExitCode::unavailable,
                 fmt::format("--metrics: cannot listen at {}: {}", address.text, error.what()),
                 "name another address"};
  }
}

MetricsServer::MetricsServer(std::unique_ptr<prometheus::Exposer> exposer)
    : exposer_(std::move(exposer)) {}
MetricsServer::MetricsServer(MetricsServer&&) noexcept = default;
MetricsServer& MetricsServer::operator=(MetricsServer&&) noexcept = default;
MetricsServer::~MetricsServer() = default;

}  // namespace cutpoint

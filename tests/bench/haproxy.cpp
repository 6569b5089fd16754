// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/haproxy.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include "controller/util/file.h"
#include "tests/socket/datapath/harness/playground.h"
#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::bench {
namespace {

using datapath::require;

// Threads and everything else as HAProxy itself chooses.
std::string configuration(int listener, const std::string& service, std::uint16_t service_port) {
  return fmt::format(R"(global
  maxconn 200
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen db
  bind fd@{}
  server db {}:{}
)",
                     listener, service, service_port);
}

}  // namespace

HaProxy::HaProxy(const NetworkNamespace& netns, std::uint16_t service_port,
                 const std::string& service)
    : netns_(netns),
      port_(static_cast<std::uint16_t>(service_port + 1)),
      listener_(datapath::outside_socket(AF_INET, netns), datapath::address_of("127.0.0.1", port_)),
      configuration_(::memfd_create("haproxy.cfg", MFD_CLOEXEC)) {
  require(static_cast<bool>(configuration_), "memfd_create");
  require(write_all(configuration_.get(), configuration(listener_.fd(), service, service_port),
                    "haproxy.cfg"));
  restart();
}

void HaProxy::restart() {
  program_.reset();
  Program::Options options;
  options.netns = &netns_;
  options.inherit = {listener_.fd(), configuration_.get()};
  program_.emplace(std::vector<std::string>{"haproxy", "-db", "-f",
                                            fmt::format("/proc/self/fd/{}", configuration_.get())},
                   options);
}

}  // namespace cutpoint::bench

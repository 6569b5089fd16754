// SPDX-License-Identifier: Apache-2.0
#include "controller/run/live_flows.h"

#include <algorithm>
#include <arpa/inet.h>
#include <fmt/format.h>
#include <sstream>

#include "controller/timeline/timeline.h"
#include "controller/util/file.h"
#include "controller/util/process.h"

namespace cutpoint {
namespace {

constexpr int hexadecimal = 16;
constexpr const char* established = "01";  // TCP_ESTABLISHED in /proc/net/tcp

// "0100007F:1538": words of the address in host byte order, port; proc_pid_net(5).
cut_endpoint parse_proc_address(const std::string& text) {
  cut_endpoint endpoint{};
  const std::size_t colon = text.find(':');
  endpoint.port = static_cast<__u16>(std::stoul(text.substr(colon + 1), nullptr, hexadecimal));
  constexpr std::size_t digits = 8;
  const bool v4 = colon == digits;
  if (v4) endpoint.address.word[2] = htonl(0xffff);
  for (std::size_t i = 0; i * digits < colon; ++i) {
    endpoint.address.word[v4 ? 3 : i] =
        static_cast<__u32>(std::stoul(text.substr(i * digits, digits), nullptr, hexadecimal));
  }
  return endpoint;
}

bool is_service(const cut_endpoint& endpoint, const std::vector<ServiceHandle>& services) {
  return std::any_of(services.begin(), services.end(),
                     [&](const ServiceHandle& service) { return is_at(service, endpoint); });
}

}  // namespace

std::vector<std::string> live_flows(const std::vector<pid_t>& pids,
                                    const std::vector<ServiceHandle>& services) {
  std::vector<std::string> flows;
  for (const pid_t pid : pids) {
    const auto inodes = socket_inodes(pid);
    for (const char* table : {"tcp", "tcp6"}) {
      const auto text = read_file(fmt::format("/proc/{}/net/{}", pid, table));
      if (!text) continue;
      std::istringstream lines(*text);
      std::string line;
      std::getline(lines, line);  // the heading
      while (std::getline(lines, line)) {
        std::istringstream words(line);
        std::string slot, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
        words >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> uid >>
            timeout >> inode;
        if (state != established || !inodes.contains(std::stoull(inode))) continue;
        const cut_endpoint to = parse_proc_address(remote);
        const cut_endpoint from = parse_proc_address(local);
        if (!is_service(to, services)) continue;
        flows.push_back(fmt::format("pid {}: {} -> {} (open before arming)", pid,
                                    format_endpoint(from.address, from.port),
                                    format_endpoint(to.address, to.port)));
      }
    }
  }
  return flows;
}

}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/probes/lab_command.h"

#include <arpa/inet.h>
#include <array>
#include <cstdio>
#include <netinet/in.h>
#include <optional>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace cutpoint::probes::test {

std::string run(const std::string& command) {
  std::FILE* pipe = popen(command.c_str(), "r");
  std::string output;
  std::array<char, 4096> buffer{};
  while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) output += buffer.data();
  if (pclose(pipe) != 0) throw std::runtime_error("failed: " + command);
  return output;
}

namespace {

// Binds to that port (0: any); the port, or nullopt: it is taken.
std::optional<std::uint16_t> bind_to(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t length = sizeof address;
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  close(fd);
  if (!bound) return std::nullopt;
  return ntohs(address.sin_port);
}

}  // namespace

std::uint16_t free_port() {
  const auto port = bind_to(0);
  if (!port) throw std::runtime_error("no free port");
  return *port;
}

std::uint16_t free_ports(int count) {
  constexpr int lowest = 32000;  // above those of the other tests
  constexpr int tries = 100;
  for (int i = 0; i < tries; ++i) {
    const int first = lowest + (getpid() + i) % tries * count;
    int free = 0;
    while (free < count && bind_to(static_cast<std::uint16_t>(first + free))) ++free;
    if (free == count) return static_cast<std::uint16_t>(first);
  }
  throw std::runtime_error("no free ports");
}

std::string exported(const std::string& environment, const std::string& name) {
  const std::string start = "export " + name + "='";
  const auto begin = environment.find(start);
  if (begin == std::string::npos) throw std::runtime_error("the lab exports no " + name);
  const auto value = begin + start.size();
  return environment.substr(value, environment.find('\'', value) - value);
}

}  // namespace cutpoint::probes::test

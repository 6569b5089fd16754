// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/probes/lab_command.h"

#include <arpa/inet.h>
#include <array>
#include <cstdio>
#include <netinet/in.h>
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

std::uint16_t free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  close(fd);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

std::string exported(const std::string& environment, const std::string& name) {
  const std::string start = "export " + name + "='";
  const auto begin = environment.find(start);
  if (begin == std::string::npos) throw std::runtime_error("the lab exports no " + name);
  const auto value = begin + start.size();
  return environment.substr(value, environment.find('\'', value) - value);
}

}  // namespace cutpoint::probes::test

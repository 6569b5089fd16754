// SPDX-License-Identifier: Apache-2.0
#include "tests/scenarios/web.h"

#include <arpa/inet.h>
#include <csignal>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <thread>

#include "controller/util/unique_fd.h"

namespace cutpoint {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A socket that holds a port which nobody else has.
UniqueFd any_port(std::string& port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd.get(), generic, size) != 0 || ::getsockname(fd.get(), generic, &size) != 0)
    throw std::runtime_error("no port for nginx");
  port = std::to_string(ntohs(address.sin_port));
  return fd;
}

bool accepts(const std::string& port) {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(static_cast<std::uint16_t>(std::stoi(port)));
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

// No daemon and no worker: one process, which ends with the test.
std::string config(const std::string& directory, const std::string& port,
                   const std::string& http2_port, const std::string& events) {
  return fmt::format(R"(load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;
daemon off;
master_process off;
pid {0}/pid;
error_log {0}/error;
events {{ worker_connections 1024; }}
http {{
  log_format plain '$request_method $request_uri $status';
  access_log {0}/access plain;
  client_body_temp_path {0}/body;
  proxy_temp_path {0}/proxy;
  fastcgi_temp_path {0}/fastcgi;
  uwsgi_temp_path {0}/uwsgi;
  scgi_temp_path {0}/scgi;
  server {{
    listen 127.0.0.1:{1};
    listen 127.0.0.1:{2} http2;
    location /json {{ default_type application/json; return 200 '{{"ok":true}}'; }}
    location /read {{ echo_read_request_body; echo read; }}
    location /never {{ echo_sleep 3600; echo late; }}
    location /busy {{ return 503 busy; }}
    location /events {{
      proxy_pass http://127.0.0.1:{3};
      proxy_http_version 1.1;
      proxy_buffering off;
    }}
  }}
}}
)",
                     directory, port, http2_port, events);
}

}  // namespace

Web::Web(std::string directory, const std::string& events) : directory_(std::move(directory)) {
  {
    const UniqueFd one = any_port(port_);
    const UniqueFd two = any_port(http2_port_);
  }
  std::ofstream(directory_ + "/conf") << config(directory_, port_, http2_port_, events);
  nginx_ = std::make_unique<Program>(
      std::vector<std::string>{"/usr/sbin/nginx", "-p", directory_, "-c", directory_ + "/conf"});
  const auto end = std::chrono::steady_clock::now() + Program::longest;
  while (!accepts(port_) || !accepts(http2_port_)) {
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error("nginx does not listen");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));  // it says nothing
  }
}

Web::~Web() {
  nginx_->signal(SIGTERM);
  nginx_->wait();
}

std::string Web::log() const {
  std::ifstream file(directory_ + "/access");
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace cutpoint

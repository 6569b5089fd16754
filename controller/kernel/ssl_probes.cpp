// SPDX-License-Identifier: Apache-2.0
#include "controller/kernel/ssl_probes.h"

#include <algorithm>
#include <array>
#include <bpf/libbpf.h>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <sstream>

#include "controller/kernel/libbpf_log.h"

namespace cutpoint {

// One function and what is set on it.
struct SslProbes::Place {
  const char* function;
  bpf_program* entry;
  bpf_program* exit;
  std::uint64_t cookie;  // CUT_SSL_EX of bpf/prog/ssl_probes.h: its result is told by pointer
};

namespace {

// A file of which the process executes something.
struct Mapping {
  std::string path;
  std::string device;
  std::uint64_t inode = 0;
  std::string link;  // that leads to it, also from another mount namespace, or once it is deleted
};

// "00400000-00b71000" as /proc/PID/maps writes it -> "400000-b71000", the name in map_files.
std::string map_file_name(const std::string& range) {
  const auto without_zeros = [](const std::string& address) {
    return address.substr(std::min(address.find_first_not_of('0'), address.size() - 1));
  };
  const auto dash = range.find('-');
  return without_zeros(range.substr(0, dash)) + "-" + without_zeros(range.substr(dash + 1));
}

// proc(5): address perms offset dev inode pathname.
std::vector<Mapping> executable_mappings(pid_t pid) {
  std::vector<Mapping> result;
  std::ifstream maps(fmt::format("/proc/{}/maps", pid));
  for (std::string line; std::getline(maps, line);) {
    std::istringstream fields(line);
    std::string range;
    std::string permissions;
    std::string offset;
    Mapping mapping;
    fields >> range >> permissions >> offset >> mapping.device >> mapping.inode >> std::ws;
    std::getline(fields, mapping.path);
    if (mapping.inode == 0 || permissions.find('x') == std::string::npos) continue;
    mapping.link = fmt::format("/proc/{}/map_files/{}", pid, map_file_name(range));
    result.push_back(std::move(mapping));
  }
  return result;
}

bool is_library(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  return name.find(".so") != std::string::npos;
}

bool may_hold_ssl(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  return name.starts_with("libssl") || name.starts_with("libcrypto") || !is_library(name);
}

bool is_gone(int error) {
  return error == ENOENT || error == ESRCH;
}

}  // namespace

SslProbes::~SslProbes() {
  for (bpf_link* link : links_) bpf_link__destroy(link);
}

Status SslProbes::look_at(pid_t pid) {
  for (const Mapping& mapping : executable_mappings(pid)) {
    if (!may_hold_ssl(mapping.path)) continue;
    if (!known_.emplace(mapping.device, mapping.inode).second) continue;
    CUTPOINT_TRY(probe(mapping.link, mapping.path));
  }
  return {};
}

// A file that has none of the functions is passed over: libssl has some, libcrypto another.
Status SslProbes::probe(const std::string& path, const std::string& shown) {
  const std::array places = {
      Place{"BIO_write", programs_.bio_write, nullptr, 0},
      Place{"SSL_do_handshake", programs_.handshake, programs_.handshaken, 0},
      Place{"SSL_read", programs_.read, programs_.has_read, 0},
      Place{"SSL_read_ex", programs_.read, programs_.has_read, 1},
      Place{"SSL_write", programs_.write, programs_.written, 0},
      Place{"SSL_write_ex", programs_.write, programs_.written, 1},
  };
  const std::size_t before = links_.size();
  for (const Place& place : places) {
    for (bpf_program* program : {place.exit, place.entry}) {
      if (program == nullptr) continue;
      LIBBPF_OPTS(bpf_uprobe_opts, options);
      options.func_name = place.function;
      options.retprobe = program == place.exit;
      options.bpf_cookie = place.cookie;
      bpf_link* link = bpf_program__attach_uprobe_opts(program, -1, path.c_str(), 0, &options);
      if (link != nullptr) {
        links_.push_back(link);
        continue;
      }
      const int error = errno;
      take_libbpf_log();
      if (is_gone(error)) break;
      return Error{ExitCode::unavailable,
                   fmt::format("cannot set a uprobe on {} of {}: {}", place.function, shown,
                               std::strerror(error)),
                   "run `cutpoint check`; without it what TLS connections say cannot be read"};
    }
  }
  if (links_.size() > before) files_.push_back(shown);
  return {};
}

}  // namespace cutpoint

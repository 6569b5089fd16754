// SPDX-License-Identifier: Apache-2.0
#include "controller/kernel/ssl_probes.h"

#include <array>
#include <bpf/libbpf.h>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>

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

bool is_gone(int error) {
  return error == ENOENT || error == ESRCH;
}

}  // namespace

SslProbes::~SslProbes() {
  for (bpf_link* link : links_) bpf_link__destroy(link);
}

Status SslProbes::look_at(pid_t pid) {
  for (const CodeFile& file : code_files(pid)) {
    if (!file.may_hold_openssl() || !known_.insert(file.id).second) continue;
    CUTPOINT_TRY(probe(file.link, file.path));
  }
  return {};
}

// A file that has none of the functions is passed over: libssl has some, libcrypto another. The
// handshake, by which a connection becomes known, comes last: all else of it is seen by then.
Status SslProbes::probe(const std::string& path, const std::string& shown) {
  const std::array places = {
      Place{"BIO_write", programs_.bio_write, nullptr, 0},
      Place{"SSL_read", programs_.read, programs_.has_read, 0},
      Place{"SSL_read_ex", programs_.read, programs_.has_read, 1},
      Place{"SSL_write", programs_.write, programs_.written, 0},
      Place{"SSL_write_ex", programs_.write, programs_.written, 1},
      Place{"SSL_do_handshake", programs_.handshake, programs_.handshaken, 0},
  };
  const std::size_t before = links_.size();
  for (const Place& place : places) {
    for (bpf_program* program : {place.exit, place.entry}) {
      if (program == nullptr) continue;
      bpf_uprobe_opts options{};
      options.sz = sizeof options;
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

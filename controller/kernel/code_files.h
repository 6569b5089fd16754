// SPDX-License-Identifier: Apache-2.0
// The files that a process executes, and what of OpenSSL is in them.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace cutpoint {

struct CodeFile {
  // A device and an inode, as /proc/<pid>/maps writes them.
  using Id = std::pair<std::string, std::uint64_t>;

  std::string path;  // as the process calls it
  Id id;
  std::string link;  // that leads to it, also from another mount namespace, or once it is deleted

  [[nodiscard]] std::string name() const { return path.substr(path.rfind('/') + 1); }
  // Only such files are looked into: libraries by their name, executables whatever they are called.
  [[nodiscard]] bool may_hold_openssl() const;
};

// proc(5); each file once. Empty: the process is gone, or none of ours to look at.
std::vector<CodeFile> code_files(pid_t pid);

// Functions of OpenSSL's libssl that uprobes are set on.
inline constexpr const char* ssl_functions[] = {"SSL_do_handshake", "SSL_read", "SSL_read_ex",
                                                "SSL_write", "SSL_write_ex"};

// Whether the ELF file has symbols of all of them, and with which it can be probed; false too if it
// is no ELF file, or cannot be read.
bool has_ssl_functions(const std::string& file);

}  // namespace cutpoint

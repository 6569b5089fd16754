// SPDX-License-Identifier: Apache-2.0
// uprobes on libssl and libcrypto: they show what TLS connections say in clear (bpf/prog/
// ssl_probes.h). They are set on files, whichever processes map them, each once.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <sys/types.h>
#include <vector>

#include "controller/kernel/code_files.h"
#include "controller/util/result.h"

struct bpf_link;
struct bpf_program;

namespace cutpoint {

// The programs of the object, by what they are set on.
struct SslPrograms {
  bpf_program* handshake = nullptr;
  bpf_program* handshaken = nullptr;
  bpf_program* write = nullptr;
  bpf_program* written = nullptr;
  bpf_program* read = nullptr;
  bpf_program* has_read = nullptr;
  bpf_program* bio_write = nullptr;
};

class SslProbes {
 public:
  explicit SslProbes(SslPrograms programs) : programs_(programs) {}
  ~SslProbes();
  SslProbes(const SslProbes&) = delete;
  SslProbes& operator=(const SslProbes&) = delete;

  // Sets probes on what the process has mapped of libssl and libcrypto, or has of them in its
  // executable, and that has none yet. No error if the process is gone, or has none of them.
  Status look_at(pid_t pid);

  // The files that have probes, as the processes call them.
  [[nodiscard]] const std::vector<std::string>& files() const { return files_; }

 private:
  struct Place;

  Status probe(const std::string& path, const std::string& shown);

  SslPrograms programs_;
  std::set<CodeFile::Id> known_;
  std::vector<std::string> files_;
  std::vector<bpf_link*> links_;
};

}  // namespace cutpoint

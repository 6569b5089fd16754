// SPDX-License-Identifier: Apache-2.0
// A file without a name that programs write to, each at the end of what the others wrote.
#pragma once

#include <cstddef>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>

#include "controller/util/file.h"
#include "controller/util/unique_fd.h"
#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::bench {

class Transcript {
 public:
  Transcript() : file_(::memfd_create("transcript", MFD_CLOEXEC)) {
    datapath::require(static_cast<bool>(file_), "memfd_create");
  }

  [[nodiscard]] int fd() const { return file_.get(); }
  [[nodiscard]] std::size_t size() const {
    struct stat status {};
    datapath::require(::fstat(fd(), &status) == 0, "fstat");
    return static_cast<std::size_t>(status.st_size);
  }
  // Opened anew: the place where the writers are is theirs.
  [[nodiscard]] std::string text() const {
    return datapath::require(read_file("/proc/self/fd/" + std::to_string(fd())));
  }

 private:
  UniqueFd file_;
};

}  // namespace cutpoint::bench

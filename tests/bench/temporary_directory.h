// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <sys/stat.h>

#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::bench {

// One that others may enter; gone, with what is in it, with this object.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    datapath::require(::mkdtemp(path_.data()) != nullptr && ::chmod(path_.c_str(), 0755) == 0,
                      "cannot make a directory that others may enter");
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/cutpoint-bench-XXXXXX";
};

}  // namespace cutpoint::bench

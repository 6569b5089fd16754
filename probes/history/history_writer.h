// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "controller/util/result.h"
#include "probes/history/history.h"

namespace cutpoint::probes {

// The history file, opened for append. One write(2) per line, so that lines of several threads, or
// of a process killed in between, never mix.
class HistoryWriter {
 public:
  static Result<HistoryWriter> open(const std::string& path);

  HistoryWriter(HistoryWriter&& other) noexcept;
  HistoryWriter& operator=(HistoryWriter&& other) = delete;
  ~HistoryWriter();

  // Sets record.ns to now.
  Status write(HistoryRecord record) const;

 private:
  HistoryWriter(int file, std::string path);

  int file_;
  std::string path_;
};

}  // namespace cutpoint::probes

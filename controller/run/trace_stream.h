// SPDX-License-Identifier: Apache-2.0
// Where the lines of a trace go: to stdout or into a file, as text or as JSON lines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "controller/timeline/trace_line.h"
#include "controller/util/result.h"
#include "controller/util/unique_fd.h"

namespace cutpoint {

enum class TraceFormat { text, jsonl };

class TraceStream {
 public:
  // `file`: empty means stdout. A new file is mode 0600; one that exists is replaced.
  static Result<TraceStream> open(TraceFormat format, const std::string& file);

  void add(const cut_event& event, unsigned bit, const TracedFlow& flow);
  void add_slow(const cut_event& event, unsigned bit, const TracedFlow& flow,
                const SlowAnswer& slow);
  // Something that is no moment: {"seq":…,"ns":…,"what":WHAT,DATA}. As text "time -- TEXT".
  void note(std::int64_t ns, const std::string& what, const std::string& data,
            const std::string& text);
  // While somebody else draws on stdout nothing but add_last() is taken.
  void be_silent(bool silent) { silent_ = silent; }
  // At the end, as it is: text for people, or one JSON object.
  void add_last(const std::string& text);

  // Writes what was added. Error: nobody takes it.
  Status flush();

  [[nodiscard]] TraceFormat format() const { return format_; }
  [[nodiscard]] bool is_stdout() const { return !file_; }

 private:
  TraceStream(TraceFormat format, UniqueFd file, std::string name);

  TraceFormat format_;
  std::string name_;
  UniqueFd file_;  // none: stdout
  std::string waiting_;
  bool silent_ = false;
  std::uint64_t seq_ = 0;
  std::int64_t unix_minus_monotonic_ns_;
};

}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
// Events of the Chrome trace event format, one line of text each. Source: "Trace Event Format" of
// the Chromium project, JSON object format; https://perfetto.dev/docs, "Other trace formats".
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "controller/util/result.h"

namespace cutpoint {

// Takes text, piece by piece.
using TextSink = std::function<Status(std::string_view)>;

// A row of the picture. The numbers are of the trace, not of processes.
struct TraceThread {
  int process = 0;
  int thread = 0;
};

// Times are CLOCK_MONOTONIC in nanoseconds; they are written in microseconds with three digits
// behind the point. The first error of the sink is kept, and nothing is written after it.
class TraceEvents {
 public:
  explicit TraceEvents(TextSink sink) : sink_(std::move(sink)) {}

  void name_process(int process, const std::string& name);  // shown in the order of their numbers
  void name_thread(const TraceThread& thread, const std::string& name);

  // A slice of a thread. Those of one thread nest: the last that began ends first.
  void begin(const TraceThread& thread, std::int64_t ns, std::string_view name,
             const nlohmann::json& args);
  void end(const TraceThread& thread, std::int64_t ns, const nlohmann::json& args);

  // One that may overlap others of its process. `category`, `name` and `id` of both are the same.
  struct Async {
    int process = 0;
    std::string category;
    std::string name;
    std::uint64_t id = 0;  // no two of a trace have the same
  };
  void begin(const Async& span, std::int64_t ns, const nlohmann::json& args);
  void end(const Async& span, std::int64_t ns, const nlohmann::json& args);

  void instant(const TraceThread& thread, std::int64_t ns, std::string_view category,
               std::string_view name, const nlohmann::json& args);
  void counter(int process, std::int64_t ns, std::string_view name, std::uint64_t value);

  // The text ends here; `other`: otherData of the whole trace.
  Status finish(const nlohmann::json& other);

 private:
  void write(const std::string& event);
  void flush();

  TextSink sink_;
  std::string text_;
  bool any_ = false;
  Status failed_;
};

}  // namespace cutpoint

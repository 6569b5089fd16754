// SPDX-License-Identifier: Apache-2.0
// What a trace's options want beside its lines.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "controller/run/live_trace.h"
#include "controller/run/metrics_server.h"
#include "controller/run/progress.h"
#include "controller/run/trace_stream.h"
#include "controller/run/trace_watcher.h"
#include "controller/util/netns.h"

namespace cutpoint {

class TraceWatchers {
 public:
  // Opens the table, and listens. Errors (3): one of them cannot be.
  static Result<TraceWatchers> start(const TraceOptions& options,
                                     const std::vector<TracedService>& services,
                                     const NetworkNamespace& netns, Progress& progress,
                                     TraceStream& stream);

  [[nodiscard]] const std::vector<std::unique_ptr<TraceWatcher>>& all() const { return all_; }

 private:
  std::vector<std::unique_ptr<TraceWatcher>> all_;
  std::optional<MetricsServer> server_;
};

}  // namespace cutpoint

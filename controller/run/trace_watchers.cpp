// SPDX-License-Identifier: Apache-2.0
#include "controller/run/trace_watchers.h"

#include "controller/run/trace_metrics.h"

namespace cutpoint {

Result<TraceWatchers> TraceWatchers::start(const TraceOptions& options,
                                           const std::vector<TracedService>& services,
                                           const NetworkNamespace& netns, Progress& progress,
                                           TraceStream& stream) {
  TraceWatchers watchers;
  if (options.metrics) {
    auto metrics = std::make_unique<TraceMetrics>(services);
    CUTPOINT_TRY_ASSIGN(server, MetricsServer::start(*options.metrics, metrics->page()));
    // Also where it is quiet: the port may be one that nobody else knows.
    progress.warn("metrics: " + server.url());
    watchers.server_.emplace(std::move(server));
    watchers.all_.push_back(std::move(metrics));
  }
  if (options.top) {
    CUTPOINT_TRY_ASSIGN(top, TopView::open(*options.top, netns, stream));
    watchers.all_.push_back(std::move(top));
  }
  return Result<TraceWatchers>(std::move(watchers));
}

}  // namespace cutpoint

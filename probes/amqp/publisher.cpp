// SPDX-License-Identifier: Apache-2.0
#include "probes/amqp/publisher.h"

#include <cstdio>
#include <fmt/format.h>

#include "probes/amqp/publish_run.h"

namespace cutpoint::probes {
namespace {

Status publish(const PublishOptions& options) {
  CUTPOINT_TRY_ASSIGN(history, HistoryWriter::open(options.history));
  return PublishRun(options, std::move(history)).run();
}

}  // namespace

int run_publisher(const PublishOptions& options) {
  const auto published = publish(options);
  if (published) return 0;
  const auto& [code, message, remedy] = published.error();
  fmt::print(stderr, "amqp.publish: {}{}{}\n", message, remedy.empty() ? "" : "; ", remedy);
  return 1;
}

}  // namespace cutpoint::probes

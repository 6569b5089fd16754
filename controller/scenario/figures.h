// SPDX-License-Identifier: Apache-2.0
// The named figures of a report: report.json has them in figures[], a claim is decided by them, a
// comparison sets them side by side. How each is measured: controller/verify/figures.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cutpoint {

enum class FigureUnit { count, milliseconds, ratio };

// Whose figure it is.
enum class FigureOf {
  run,      // the target, and what it says of itself
  service,  // each service of the protocol
  workers,  // each observer of Celery's workers
  queue,    // each observer of a queue
  waiting,  // each observer: both kinds ask how many messages wait
};

struct FigureInfo {
  std::string name;
  FigureUnit unit;
  FigureOf of;
  std::string protocol;  // of the service; empty: of none
  std::string description;
};

const std::vector<FigureInfo>& figures();
// nullptr: there is none of that name.
const FigureInfo* find_figure(std::string_view name);

std::string_view unit_name(FigureUnit unit);  // "count", "ms", "ratio"

}  // namespace cutpoint

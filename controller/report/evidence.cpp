// SPDX-License-Identifier: Apache-2.0
#include "controller/report/evidence.h"

#include <fmt/format.h>

#include "controller/report/pcapng.h"
#include "controller/report/segment_comments.h"
#include "controller/verify/phrases.h"
#include "generated/version.h"

namespace cutpoint {
namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;

std::size_t captured(const RunFacts& facts) {
  return facts.captures == nullptr ? 0 : facts.captures->size();
}

std::string missing(std::uint64_t segments) {
  return counted(segments, "segment") + (segments == 1 ? " is missing" : " are missing");
}

std::string about(const RunFacts& facts) {
  std::string text = fmt::format(
      "The segments around each cut of scenario {}, as the target sent and received them, before "
      "anything was cut off.\nWhat cutpoint itself sent (resets, copies) is not among them.",
      facts.scenario->name);
  text += facts.payloads ? "\nWith payload."
                         : "\nHeaders alone; the payload is recorded with --payloads.";
  const std::uint64_t lost = facts.counters[CUT_COUNT_CAPTURES_LOST];
  const std::uint64_t beyond = facts.counters[CUT_COUNT_CAPTURES_BEYOND];
  if (lost > 0) text += "\n" + missing(lost) + ": there was no room.";
  if (beyond > 0) {
    text += fmt::format("\n{}: {} are recorded of a cut flow at most.", missing(beyond),
                        CUT_CAPTURES_DURING);
  }
  return text;
}

}  // namespace

nlohmann::json evidence_section(const RunFacts& facts) {
  return {{"file", evidence_file},
          {"payloads", facts.payloads},
          {"segments", captured(facts)},
          {"lost", facts.counters[CUT_COUNT_CAPTURES_LOST]},
          {"beyond_bound", facts.counters[CUT_COUNT_CAPTURES_BEYOND]}};
}

std::string render_evidence(const RunFacts& facts, const HostFacts& host) {
  const auto unix_ns = [&host](std::int64_t ns) {
    return host.started_unix_ms * ns_per_ms + (ns - host.started_ns);
  };
  PcapngFile file("cutpoint " CUTPOINT_VERSION, about(facts), "target");
  SegmentComments comments(facts);
  if (facts.captures != nullptr) {
    for (const CapturedSegment& segment : facts.captures->segments()) {
      const std::string comment = comments.next(segment);
      file.add({.unix_ns = unix_ns(static_cast<std::int64_t>(segment.head.ns)),
                .bytes = segment.bytes,
                .length = segment.head.length,
                .outbound = segment.head.direction == CUT_UPSTREAM,
                .comment = comment});
    }
  }
  const std::uint64_t missing =
      facts.counters[CUT_COUNT_CAPTURES_LOST] + facts.counters[CUT_COUNT_CAPTURES_BEYOND];
  return std::move(file).finish(host.finished_unix_ms * ns_per_ms, captured(facts) + missing,
                                missing);
}

}  // namespace cutpoint

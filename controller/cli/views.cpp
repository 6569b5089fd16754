// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/views.h"

#include "controller/report/audit.h"
#include "controller/report/compare.h"
#include "controller/report/html/picture.h"
#include "controller/report/recorded_timeline.h"
#include "controller/run/output.h"

namespace cutpoint {
namespace {

using nlohmann::json;

// Of each run, what its timeline looks like; null where its directory is not known or has none.
Result<std::vector<json>> pictures_of(const std::vector<RecordedRun>& runs) {
  std::vector<json> pictures;
  pictures.reserve(runs.size());
  for (const auto& [report, directory] : runs) {
    json picture;
    if (!directory.empty()) {
      CUTPOINT_TRY_ASSIGN(beside, html::picture_beside(report, directory));
      picture = std::move(beside);
    }
    pictures.push_back(std::move(picture));
  }
  return pictures;
}

Result<std::string> rendered(const std::string& format, const std::vector<RecordedRun>& runs,
                             const TextStyle& style) {
  const std::vector<json> reports = reports_of(runs);
  const bool single = reports.size() == 1;
  if (format == "junit") return render_junit(reports);
  if (format == "md") return render_markdown(build_audit(reports));
  if (format == "html") {
    CUTPOINT_TRY_ASSIGN(pictures, pictures_of(runs));
    return render_html(build_audit(reports), pictures);
  }
  if (format == "json") return indented(single ? runs.front().report : build_audit(reports));
  return single ? render_text(reports.front(), style)
                : render_audit_text(build_audit(reports), style);
}

// Of all runs, from their timelines.
Status write_trace(const std::vector<RecordedRun>& runs, const TextSink& sink) {
  std::vector<RecordedTimeline> timelines;
  for (const RecordedRun& run : runs) {
    CUTPOINT_TRY_ASSIGN(timeline, RecordedTimeline::open(run.report, run.directory));
    timelines.push_back(std::move(timeline));
  }
  Trace trace(sink);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    trace.begin_run(runs[i].report, runs.size() > 1);
    CUTPOINT_TRY(timelines[i].read([&](const json& entry) { trace.add(entry); }));
    trace.end_run();
  }
  return trace.finish();
}

}  // namespace

std::vector<json> reports_of(const std::vector<RecordedRun>& runs) {
  std::vector<json> reports;
  reports.reserve(runs.size());
  for (const RecordedRun& run : runs) {
    json& report = reports.emplace_back(run.report);
    if (!run.directory.empty()) report["out"] = run.directory;
  }
  return reports;
}

Status render_runs(const std::string& format, const std::vector<RecordedRun>& runs,
                   const TextStyle& style, const TextSink& sink) {
  if (format == "trace") return write_trace(runs, sink);
  CUTPOINT_TRY_ASSIGN(text, rendered(format, runs, style));
  return sink(text);
}

Status render_comparison(const std::string& format, const json& comparison, const TextStyle& style,
                         const TextSink& sink) {
  if (format == "md") return sink(render_comparison_markdown(comparison));
  if (format == "json") return sink(indented(comparison));
  return sink(render_comparison_text(comparison, style));
}

}  // namespace cutpoint

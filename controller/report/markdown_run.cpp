// SPDX-License-Identifier: Apache-2.0
#include "controller/report/markdown_run.h"

#include <fmt/core.h>

#include "controller/report/fault_text.h"
#include "controller/report/markdown_words.h"
#include "controller/report/summary.h"

namespace cutpoint::markdown {
namespace {

using nlohmann::json;

std::string list(const json& items) {
  std::string text;
  for (const json& item : items) text += "- " + shown(item) + "\n";
  return text;
}

std::string invariants(const json& report) {
  if (report.at("invariants").empty()) return "";
  Table table({"", "invariant", "severity", "expected", "observed", "evidence"});
  for (const json& one : report.at("invariants")) {
    table.row({fmt::format("{} {}", mark_of(one.at("outcome").get<std::string>()).sign,
                           shown(one.at("outcome"))),
               code(one.at("name").get<std::string>()), shown(one.at("severity")),
               shown(one.at("expected")), shown(one.at("observed")), shown(one.at("evidence"))});
  }
  return std::move(table).take();
}

// What a fault's rule counted; 0 is left out.
std::string counts(const json& fault) {
  std::string text;
  for (const auto& [key, value] : fault.items()) {
    if (!value.is_number_integer() || value == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", code(key), value.dump());
  }
  return text;
}

std::string fault(const json& fault, const json& why_not_fired) {
  Table table({"", code(fault.at("name").get<std::string>())});
  for (const Line& line : fault_lines(fault, why_not_fired)) {
    table.row({line.label, escaped(line.text)});
  }
  table.row({"armed", shown_ms(fault.at("armed"))});
  if (const std::string numbers = counts(fault); !numbers.empty()) table.row({"counted", numbers});
  return std::move(table).take();
}

std::string belief_and_truth(const json& report) {
  Table table({"committed, told", "committed, not told", "ghost", "resolved", "duplicate",
               "aborted, not told", "aborted, told", "unknown"});
  std::vector<std::string> cells;
  for (const char* key : {"committed_acked", "committed_unacked", "ghost", "resolved", "duplicate",
                          "aborted_unacked", "aborted_acked", "unknown"}) {
    cells.push_back(shown(report.at("belief_vs_truth").at(key)));
  }
  table.row(cells);
  const json& latency = report.at("commit_latency");
  return std::move(table).take() +
         fmt::format("\nFrom COMMIT to its answer, of {} acknowledged: median {}, longest {}.\n",
                     shown(latency.at("count")), shown_ms(latency.at("p50_ms")),
                     shown_ms(latency.at("max_ms")));
}

std::string attempts(const json& report) {
  if (report.at("attempts").empty()) return "";
  Table table({"attempt", "xid", "flow", "the client was told", "the database holds", "requested",
               "delivered", "client gone", "released", "evidence"});
  for (const json& one : report.at("attempts")) {
    table.row({shown(one.at("label")), shown(one.at("xid")), shown(one.at("flow")),
               shown(one.at("belief")), shown(one.at("truth")), shown_ms(one.at("requested")),
               shown_ms(one.at("delivered")), shown_ms(one.at("client_gone")),
               shown_ms(one.at("released")), shown(one.at("evidence"))});
  }
  return std::move(table).take();
}

std::string traffic(const json& report) {
  std::string text;
  for (const Line& line : traffic_lines(report.at("series"))) {
    text += fmt::format("- {}: {}\n", code(line.label), escaped(line.text));
  }
  return text;
}

std::string exchanges(const json& report) {
  if (report.at("exchanges").empty()) return "";
  Table table({"flow", "service", "requests", "answers begun", "answered"});
  for (const json& one : report.at("exchanges")) {
    table.row({shown(one.at("flow")), shown(one.at("service")), shown(one.at("requests")),
               shown(one.at("begun")), shown(one.at("answered"))});
  }
  return std::move(table).take();
}

std::string counters(const json& events) {
  std::string text =
      fmt::format("{} events seen, {} lost, {} flows desynchronised", shown(events.at("seen")),
                  shown(events.at("lost")), shown(events.at("desynchronised")));
  for (const auto& [name, value] : events.at("counters").items()) {
    if (value != 0) text += fmt::format("; {} {}", code(name), value.dump());
  }
  return text;
}

std::string held(const json& held) {
  return fmt::format("{} segments held, {} sent on, {} lost, {} not taken",
                     shown(held.at("segments")), shown(held.at("sent_on")), shown(held.at("lost")),
                     shown(held.at("not_taken")));
}

// By what, on what, from when to when: enough to do it again.
std::string circumstances(const json& report) {
  const json& host = report.at("host");
  const json& writer = report.at("cutpoint");
  const double took =
      host.at("finished_unix_ms").get<double>() - host.at("started_unix_ms").get<double>();
  Table table({"", ""});
  table.row({"cutpoint",
             fmt::format("{} ({})", shown(writer.at("version")), shown(writer.at("revision")))});
  table.row({"kernel", shown(host.at("kernel"))});
  table.row({"hooks", shown(host.at("hooks"))});
  table.row({"took", fmt::format("{}, of it {} until armed", shown_ms(took),
                                 shown_ms(host.at("start_to_armed_ms")))});
  table.row({"seed", shown(report.at("seed"))});
  table.row(
      {"target", fmt::format("{}, exit code {}, signal {}", shown(report.at("target").at("kind")),
                             shown(report.at("target").at("exit_code")),
                             shown(report.at("target").at("signal")))});
  table.row({"events", counters(report.at("events"))});
  if (!report.at("held").is_null()) table.row({"held", held(report.at("held"))});
  if (report.contains("out")) table.row({"files", shown(report.at("out"))});
  if (report.contains("not_written")) table.row({"not written", shown(report.at("not_written"))});
  return std::move(table).take();
}

bool has_postgres(const json& report) {
  for (const json& service : report.at("services")) {
    if (service.at("protocol") == "postgres") return true;
  }
  return false;
}

}  // namespace

std::string run_section(const json& report, std::size_t depth) {
  std::string text;
  const auto section = [&](const char* heading, const std::string& content) {
    if (content.empty()) return;
    text += fmt::format("\n{} {}\n\n{}", std::string(depth, '#'), heading, content);
  };
  section("Inconclusive because", list(report.at("inconclusive_because")));
  section("Expected and observed", invariants(report));
  std::string faults;
  for (const json& one : report.at("faults")) {
    faults += (faults.empty() ? "" : "\n") + fault(one, report.at("why_not_fired"));
  }
  section("Faults", faults);
  section("What happened", list(report.at("summary")));
  if (has_postgres(report)) section("Belief and truth", belief_and_truth(report));
  section("Attempts that did not go as usual", attempts(report));
  section("Traffic", traffic(report));
  section("Requests and answers", exchanges(report));
  section("Problems", list(report.at("problems")));
  section("Circumstances", circumstances(report));
  return text;
}

}  // namespace cutpoint::markdown

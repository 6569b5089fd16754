// SPDX-License-Identifier: Apache-2.0
#include "controller/report/markdown_run.h"

#include <ctime>
#include <fmt/chrono.h>
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
  table.row({"trigger", escaped(trigger_text(fault))});
  for (const Line& line : fault_lines(fault, why_not_fired)) {
    table.row({line.label, escaped(line.text)});
  }
  table.row({"armed", shown_ms(fault.at("armed"))});
  if (const json& cut = fault.at("cut"); !cut.is_null()) {
    table.row({"direction", shown(cut.at("direction"))});
    table.row({"evidence", shown(cut.at("evidence"))});
  }
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
  Table table({"attempt", "backend", "xid", "flow", "belief", "truth", "ghost", "refused",
               "resolved", "requested", "delivered", "acked", "client gone", "released",
               "evidence"});
  for (const json& one : report.at("attempts")) {
    std::vector<std::string> cells;
    for (const char* key :
         {"label", "pid", "xid", "flow", "belief", "truth", "ghost", "refused", "resolved"}) {
      cells.push_back(shown(one.at(key)));
    }
    for (const char* key : {"requested", "delivered", "acked", "client_gone", "released"}) {
      cells.push_back(shown_ms(one.at(key)));
    }
    cells.push_back(shown(one.at("evidence")));
    table.row(cells);
  }
  return std::move(table).take();
}

std::string traffic(const json& report) {
  std::string text;
  for (const Line& line : traffic_lines(report.at("series"))) {
    text += fmt::format("- {}: {}\n", code(line.label), escaped(line.text));
  }
  if (report.at("series").is_null()) return text;
  for (const json& window : report.at("series").at("faults")) {
    text += fmt::format("- {} was on from {} to {}\n", code(window.at("fault").get<std::string>()),
                        shown_ms(window.at("from")), shown_ms(window.at("until")));
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

std::string services(const json& report) {
  std::string text;
  for (const json& one : report.at("services")) {
    text += fmt::format("{}{} ({}, {})", text.empty() ? "" : ", ", shown(one.at("name")),
                        shown(one.at("protocol")),
                        one.at("asked").get<bool>() ? "asked" : "only heard");
    if (one.contains("server_name")) text += " " + shown(one.at("server_name"));
  }
  return text;
}

std::string target(const json& target) {
  std::string text = fmt::format("{}, exit code {}, signal {}", shown(target.at("kind")),
                                 shown(target.at("exit_code")), shown(target.at("signal")));
  if (!target.at("started").get<bool>()) text += ", not started";
  if (target.at("timed_out").get<bool>()) text += ", ended by its timeout";
  if (target.at("exited_at_once").get<bool>()) text += ", exited before it spoke to any service";
  text += target.at("has_history").get<bool>() ? ", told its history" : ", told no history";
  const json& open = target.at("open_before");
  return text + fmt::format(
                    " ({} lines of it malformed); {} connections from before, {} of them "
                    "synchronised",
                    shown(target.at("history_malformed")), shown(open.at("flows")),
                    shown(open.at("synchronised")));
}

std::string utc(const json& unix_ms) {
  constexpr std::int64_t ms_per_second = 1000;
  const auto seconds = unix_ms.get<std::int64_t>() / ms_per_second;
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

// By what, on what, from when to when: enough to do it again.
std::string circumstances(const json& report) {
  const json& host = report.at("host");
  const json& writer = report.at("cutpoint");
  Table table({"", ""});
  table.row({"cutpoint",
             fmt::format("{} ({})", shown(writer.at("version")), shown(writer.at("revision")))});
  table.row({"kernel", shown(host.at("kernel"))});
  table.row({"hooks", shown(host.at("hooks"))});
  table.row({"time", fmt::format("{} to {}, {} until armed", utc(host.at("started_unix_ms")),
                                 utc(host.at("finished_unix_ms")),
                                 shown_ms(host.at("start_to_armed_ms")))});
  table.row({"exit code", shown(report.at("exit_code")) +
                              (report.at("interrupted").get<bool>() ? ", interrupted" : "")});
  table.row({"seed", shown(report.at("seed"))});
  table.row({"services", services(report)});
  table.row({"target", target(report.at("target"))});
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
  section("Claims", claims(report));
  section("Faults", faults);
  section("What happened", list(report.at("summary")));
  if (has_postgres(report)) section("Belief and truth", belief_and_truth(report));
  section("Attempts that did not go as usual", attempts(report));
  section("Traffic", traffic(report));
  section("Requests and answers", exchanges(report));
  section("Figures", figures(report));
  section("Problems", list(report.at("problems")));
  section("Circumstances", circumstances(report));
  return text;
}

}  // namespace cutpoint::markdown

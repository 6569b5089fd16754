// SPDX-License-Identifier: Apache-2.0
#include "controller/report/run_tables.h"

#include <algorithm>
#include <fmt/core.h>

#include "controller/report/fault_text.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

using nlohmann::json;

constexpr const char* nothing = "–";

// What a fault's rule counted; 0 is left out.
std::string counts_text(const json& fault) {
  std::string text;
  for (const auto& [key, value] : fault.items()) {
    if (!value.is_number_integer() || value == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", key, value.dump());
  }
  return text;
}

std::string filters_text(const json& at) {
  std::string text;
  if (!at.contains("filters")) return text;
  for (const auto& [key, value] : at.at("filters").items()) {
    text += fmt::format(", {} {}", key, plain(value));
  }
  return text;
}

std::string failure_text(const json& fault) {
  const json& act = fault.at("do");
  std::string text = fmt::format("{} {}", plain(act.at("kind")), plain(act.at("value")));
  if (act.contains("scope")) text += ", scope " + plain(act.at("scope"));
  if (act.value("acks", "drop") == "pass") text += ", acknowledgements pass";
  if (act.at("mode") == "observe") text += "; observed alone: nothing is done";
  return text;
}

std::string recovery_text(const json& act) {
  const std::string heal = act.value("heal", "");
  if (heal == "release") return "release: TCP delivers what it still holds";
  if (heal == "reset") return "reset: both ends are told, no held byte arrives";
  const std::string then = act.value("then", "silence");
  return then == "silence" ? "none is needed: each message is met once" : "then " + then;
}

}  // namespace

std::string plain(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number()) return value.dump();
  if (!value.is_array() || value.empty()) return nothing;
  std::vector<std::string> items;
  for (const json& item : value) items.push_back(plain(item));
  return listed(items, items.size());
}

std::string evidence_text(const json& numbers) {
  constexpr std::size_t most = 10;  // more than a reader looks up
  if (numbers.size() <= most) return plain(numbers);
  std::vector<std::string> items;
  for (const json& number : numbers) items.push_back(plain(number));
  return listed(items, most) + ", in report.json";
}

std::string plain_ms(const json& milliseconds) {
  return milliseconds.is_null() ? nothing : milliseconds_text(milliseconds.get<double>());
}

PlainTable design_table(const json& fault) {
  const json& act = fault.at("do");
  const json duration = act.value("for_ms", act.value("by_ms", json(nullptr)));
  return {{"", ""},
          {{"trigger point", trigger_text(fault) + filters_text(fault.at("at"))},
           {"failure", failure_text(fault)},
           {"duration", duration.is_null() ? "the message itself" : plain_ms(duration)},
           {"recovery", recovery_text(act)}}};
}

PlainTable effect_table(const json& fault, const json& why_not_fired) {
  PlainTable table{{"", ""}, {}};
  for (const Line& line : fault_lines(fault, why_not_fired)) {
    table.rows.push_back({line.label, line.text});
  }
  table.rows.push_back({"armed", plain_ms(fault.at("armed"))});
  if (const json& cut = fault.at("cut"); !cut.is_null()) {
    table.rows.push_back({"direction", plain(cut.at("direction"))});
    table.rows.push_back({"evidence", plain(cut.at("evidence"))});
  }
  if (const std::string text = counts_text(fault); !text.empty()) {
    table.rows.push_back({"counted", text});
  }
  return table;
}

PlainTable belief_table(const json& report) {
  const json& of = report.at("belief_vs_truth");
  PlainTable table{{"committed, told", "committed, not told", "ghost", "resolved", "duplicate",
                    "aborted, not told", "aborted, told", "unknown"},
                   {{}}};
  for (const char* key : {"committed_acked", "committed_unacked", "ghost", "resolved", "duplicate",
                          "aborted_unacked", "aborted_acked", "unknown"}) {
    table.rows.front().push_back(plain(of.at(key)));
  }
  return table;
}

std::string commit_latency_text(const json& report) {
  const json& latency = report.at("commit_latency");
  return fmt::format("From COMMIT to its answer, of {} acknowledged: median {}, longest {}.",
                     plain(latency.at("count")), plain_ms(latency.at("p50_ms")),
                     plain_ms(latency.at("max_ms")));
}

PlainTable attempts_table(const json& report) {
  PlainTable table{
      {"attempt", "backend", "xid", "flow", "belief", "truth", "ghost", "refused", "resolved",
       "requested", "delivered", "acked", "client gone", "released", "evidence"},
      {}};
  for (const json& one : report.at("attempts")) {
    std::vector<std::string> cells;
    for (const char* key :
         {"label", "pid", "xid", "flow", "belief", "truth", "ghost", "refused", "resolved"}) {
      cells.push_back(plain(one.at(key)));
    }
    for (const char* key : {"requested", "delivered", "acked", "client_gone", "released"}) {
      cells.push_back(plain_ms(one.at(key)));
    }
    cells.push_back(evidence_text(one.at("evidence")));
    table.rows.push_back(cells);
  }
  return table;
}

PlainTable exchanges_table(const json& report) {
  PlainTable table{{"flow", "service", "requests", "answers begun", "answered"}, {}};
  for (const json& one : report.at("exchanges")) {
    table.rows.push_back({plain(one.at("flow")), plain(one.at("service")),
                          plain(one.at("requests")), plain(one.at("begun")),
                          plain(one.at("answered"))});
  }
  return table;
}

PlainTable traffic_table(const json& report) {
  PlainTable table{{"", ""}, {}};
  const json& series = report.at("series");
  for (const Line& line : traffic_lines(series)) table.rows.push_back({line.label, line.text});
  if (series.is_null()) return table;
  for (const json& window : series.at("faults")) {
    table.rows.push_back(
        {plain(window.at("fault")), fmt::format("was on from {} to {}", plain_ms(window.at("from")),
                                                plain_ms(window.at("until")))});
  }
  return table;
}

bool has_postgres(const json& report) {
  const json& services = report.at("services");
  return std::any_of(services.begin(), services.end(),
                     [](const json& service) { return service.at("protocol") == "postgres"; });
}

}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
#include <ctime>
#include <fmt/chrono.h>
#include <fmt/core.h>

#include "controller/report/run_tables.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

using nlohmann::json;

std::string counted_at(const json& object, const char* key, const char* noun) {
  return counted(object.at(key).get<std::uint64_t>(), noun);
}

std::string counters_text(const json& events) {
  std::string text =
      fmt::format("{} seen, {} lost, {} desynchronised", counted_at(events, "seen", "event"),
                  plain(events.at("lost")), counted_at(events, "desynchronised", "flow"));
  for (const auto& [name, value] : events.at("counters").items()) {
    if (value != 0) text += fmt::format("; {} {}", name, value.dump());
  }
  return text;
}

std::string held_text(const json& held) {
  return fmt::format("{} held, {} sent on, {} lost, {} not taken",
                     counted_at(held, "segments", "segment"), plain(held.at("sent_on")),
                     plain(held.at("lost")), plain(held.at("not_taken")));
}

std::string packets_text(const json& evidence) {
  return fmt::format("{}: {}, {}; {} more were lost, {} beyond what is kept",
                     plain(evidence.at("file")), counted_at(evidence, "segments", "segment"),
                     evidence.at("payloads").get<bool>() ? "with payloads" : "headers alone",
                     plain(evidence.at("lost")), plain(evidence.at("beyond_bound")));
}

std::string services_text(const json& report) {
  std::string text;
  for (const json& one : report.at("services")) {
    text += fmt::format("{}{} ({}, {})", text.empty() ? "" : ", ", plain(one.at("name")),
                        plain(one.at("protocol")),
                        one.at("asked").get<bool>() ? "asked" : "only heard");
    if (one.contains("server_name")) text += " " + plain(one.at("server_name"));
  }
  return text;
}

std::string target_text(const json& target) {
  std::string text = fmt::format("{}, exit code {}, signal {}", plain(target.at("kind")),
                                 plain(target.at("exit_code")), plain(target.at("signal")));
  if (!target.at("started").get<bool>()) text += ", not started";
  if (target.at("timed_out").get<bool>()) text += ", ended by its timeout";
  if (target.at("exited_at_once").get<bool>()) text += ", exited before it spoke to any service";
  text += target.at("has_history").get<bool>() ? ", told its history" : ", told no history";
  const json& open = target.at("open_before");
  return text + fmt::format(" ({} of it malformed); {} from before, {} of them synchronised",
                            counted_at(target, "history_malformed", "line"),
                            counted_at(open, "flows", "connection"),
                            plain(open.at("synchronised")));
}

std::string utc(const json& unix_ms) {
  constexpr std::int64_t ms_per_second = 1000;
  const auto seconds = unix_ms.get<std::int64_t>() / ms_per_second;
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

std::string writer_text(const json& writer) {
  return fmt::format("{} ({})", plain(writer.at("version")), plain(writer.at("revision")));
}

}  // namespace

PlainTable circumstances_table(const json& report) {
  const json& host = report.at("host");
  PlainTable table{{"", ""}, {}};
  const auto row = [&](const char* label, const std::string& text) {
    table.rows.push_back({label, text});
  };
  row("cutpoint", writer_text(report.at("cutpoint")));
  row("kernel", plain(host.at("kernel")));
  row("hooks", plain(host.at("hooks")));
  row("time",
      fmt::format("{} to {}, {} until armed", utc(host.at("started_unix_ms")),
                  utc(host.at("finished_unix_ms")), plain_ms(host.at("start_to_armed_ms"))));
  row("exit code", plain(report.at("exit_code")) +
                       (report.at("interrupted").get<bool>() ? ", interrupted" : ""));
  row("seed", plain(report.at("seed")));
  row("services", services_text(report));
  row("target", target_text(report.at("target")));
  row("events", counters_text(report.at("events")));
  if (!report.at("held").is_null()) row("held", held_text(report.at("held")));
  row("packets", packets_text(report.at("evidence")));
  if (report.contains("out")) row("files", plain(report.at("out")));
  if (report.contains("not_written")) row("not written", plain(report.at("not_written")));
  return table;
}

}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
// The series in words: the numbers that matter, a line for each service and observer.
#include <fmt/core.h>
#include <string>
#include <vector>

#include "controller/report/fault_text.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

using nlohmann::json;

// "per second 8.2 before, 0.4 during and 8.0 after the faults"; empty: none is known.
std::string rates_text(const json& rates) {
  std::vector<std::string> parts;
  for (const char* when : {"before", "during", "after"}) {
    if (rates.at(when).is_null()) continue;
    parts.push_back(fmt::format("{:.1f} {}", rates.at(when).get<double>(), when));
  }
  return parts.empty() ? "" : "; per second " + listed(parts) + " the fault";
}

std::string service_text(const json& numbers) {
  const auto count = [&](const char* key) { return numbers.at(key).get<std::uint64_t>(); };
  std::string text = count("requests") == 0 ? "no request" : counted(count("requests"), "request");
  if (const auto without = count("connections_without_request"); without > 0) {
    text += fmt::format(" and {} without one", counted(without, "connection"));
  }
  if (count("requests") > 0) {
    text += fmt::format(", {} answered, at most {} at once, the longest wait {}",
                        count("answered") == 0 ? "none" : std::to_string(count("answered")),
                        count("most_in_flight"),
                        milliseconds_text(numbers.at("longest_wait_ms").get<double>()));
  }
  text += rates_text(numbers.at("requests_per_s"));
  for (const json& gap : numbers.at("not_known")) text += "; not known: " + gap.get<std::string>();
  return text;
}

std::string depth_text(std::uint64_t deepest) {
  return deepest == 0 ? "never a message in the queue"
                      : fmt::format("at most {} in the queue", counted(deepest, "message"));
}

std::string queue_text(const json& numbers) {
  const auto dead = numbers.at("dead_letters").get<std::uint64_t>();
  std::string text =
      fmt::format("{}; {}", depth_text(numbers.at("deepest_queue").get<std::uint64_t>()),
                  dead == 0 ? "no dead letter" : counted(dead, "dead letter"));
  if (!numbers.at("lost").is_null())
    text += "; the broker was lost for a while: " + numbers.at("lost").get<std::string>();
  return text;
}

std::string blocked_text(const json& numbers) {
  const auto workers = numbers.at("workers").get<std::uint64_t>();
  const std::string all = workers == 1 ? "the only worker" : fmt::format("all {} workers", workers);
  const auto longest = numbers.at("longest_all_blocked_ms").get<double>();
  if (longest <= 0) {
    return workers == 1 ? "; the only worker never blocked"
                        : fmt::format("; never {} blocked", all);
  }
  return fmt::format("; {} blocked for {} at a stretch, {} in all", all, milliseconds_text(longest),
                     milliseconds_text(numbers.at("all_blocked_ms").get<double>()));
}

std::string observer_text(const json& numbers) {
  if (numbers.contains("dead_letters")) return queue_text(numbers);
  const auto count = [&](const char* key) { return numbers.at(key).get<std::uint64_t>(); };
  const auto succeeded = count("succeeded");
  std::string text = (succeeded == 0 ? "no task" : counted(succeeded, "task")) + " succeeded";
  for (const char* how : {"failed", "retried"}) {
    if (count(how) > 0) text += fmt::format(", {} {}", count(how), how);
  }
  if (count("open") > 0) text += fmt::format(", {} still ran", count("open"));
  if (!numbers.at("deepest_queue").is_null()) {
    text += "; " + depth_text(count("deepest_queue"));
  }
  text += blocked_text(numbers);
  if (!numbers.at("lost").is_null()) {
    text += "; then nothing more was seen: " + numbers.at("lost").get<std::string>();
  }
  return text;
}

}  // namespace

std::vector<Line> traffic_lines(const json& series) {
  std::vector<Line> lines;
  if (series.is_null()) return lines;
  for (const json& one : series.at("services")) {
    lines.push_back({one.at("service").get<std::string>(), service_text(one.at("numbers"))});
  }
  for (const json& one : series.at("observers")) {
    lines.push_back({one.at("observer").get<std::string>(), observer_text(one.at("numbers"))});
  }
  return lines;
}

}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
#include "controller/run/top_table.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <tuple>

#include "controller/run/top_columns.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

struct Order {
  char key;
  TopOrder order;
  std::string_view name;
};

constexpr std::array orders{
    Order{'o', TopOrder::oldest, "oldest"}, Order{'w', TopOrder::in_flight, "wait"},
    Order{'r', TopOrder::answers, "req/s"}, Order{'5', TopOrder::p50, "p50"},
    Order{'9', TopOrder::p99, "p99"},       Order{'t', TopOrder::retransmits, "retr"},
    Order{'e', TopOrder::errors, "errors"},
};

double rank(const TopRow& row, TopOrder order) {
  switch (order) {
    case TopOrder::oldest:
      return static_cast<double>(row.oldest_ns);
    case TopOrder::in_flight:
      return static_cast<double>(row.in_flight);
    case TopOrder::answers:
      return row.answers_per_second;
    case TopOrder::p50:
      return static_cast<double>(row.p50_ns);
    case TopOrder::p99:
      return static_cast<double>(row.p99_ns);
    case TopOrder::retransmits:
      return static_cast<double>(row.retransmits);
    case TopOrder::errors:
      return row.error.empty() ? 0 : 1;
  }
  return 0;
}

std::string elapsed_text(const TopStatus& status) {
  return fmt::format("{:.1f} s", static_cast<double>(status.elapsed_ns) / 1e9);
}

std::string status_line(const TopStatus& status) {
  return fmt::format("{} | {} | not synchronised: {} | moments/s: {} | events lost: {}",
                     elapsed_text(status), counted(status.flows, "flow"), status.not_synchronised,
                     short_number(status.moments_per_second), status.events_lost);
}

// What the table lacks; empty: nothing.
std::string limits(const TopStatus& status, const std::vector<std::string>& left_out) {
  std::string text;
  const auto add = [&](const std::string& words) { text += (text.empty() ? "" : ", ") + words; };
  if (status.not_covered != 0) add(fmt::format("not covered: {}", status.not_covered));
  if (status.passed_over != 0) add(fmt::format("not counted: {}", status.passed_over));
  if (!left_out.empty()) add("no room for " + fmt::format("{}", fmt::join(left_out, " ")));
  return text;
}

std::string keys_line(const TopStatus& status, TopOrder order) {
  std::string keys;
  for (const Order& each : orders) {
    keys += each.order == order ? fmt::format("[{}:{}] ", each.key, each.name)
                                : fmt::format("{}:{} ", each.key, each.name);
  }
  return keys + (status.by_process ? "p:by flow q:quit" : "p:by process q:quit");
}

}  // namespace

std::string short_duration(std::int64_t ns) {
  struct Unit {
    double ns;
    const char* name;
    double most;
  };
  constexpr std::array units{Unit{1e3, "us", 1e3}, Unit{1e6, "ms", 1e3},   Unit{1e9, "s", 1e3},
                             Unit{60e9, "m", 100}, Unit{3600e9, "h", 100}, Unit{86400e9, "d", 1e9}};
  if (ns <= 0) return "-";
  for (const Unit& unit : units) {
    const double value = static_cast<double>(ns) / unit.ns;
    if (value < 9.95) return fmt::format("{:.1f}{}", value, unit.name);
    if (value < unit.most - 0.5) return fmt::format("{:.0f}{}", value, unit.name);
  }
  return "long";
}

std::string short_number(double number) {
  if (number <= 0) return "0";
  for (const char* unit : {"", "k", "M", "G"}) {
    if (number < 9.95) return fmt::format("{:.1f}{}", number, unit);
    if (number < 999.5) return fmt::format("{:.0f}{}", number, unit);
    number /= 1000;
  }
  return "many";
}

const TopOrder* top_order_of(char key) {
  const auto* const found = std::find_if(orders.begin(), orders.end(),
                                         [key](const Order& each) { return each.key == key; });
  return found == orders.end() ? nullptr : &found->order;
}

std::string_view top_order_name(TopOrder order) {
  return std::find_if(orders.begin(), orders.end(),
                      [order](const Order& each) { return each.order == order; })
      ->name;
}

void sort_rows(std::vector<TopRow>& rows, TopOrder order) {
  std::stable_sort(rows.begin(), rows.end(), [order](const TopRow& a, const TopRow& b) {
    return std::tuple(rank(a, order), a.oldest_ns, a.p99_ns) >
           std::tuple(rank(b, order), b.oldest_ns, b.p99_ns);
  });
}

TopScreen top_screen(const std::vector<TopRow>& rows, const TopStatus& status, TopOrder order,
                     std::size_t width, std::size_t height) {
  constexpr std::size_t around = 4;  // status, keys, columns' names, what is not shown
  const std::size_t room = height > around ? height - around : 0;
  const std::size_t shown = std::min(rows.size(), room);
  const std::vector<TopRow> visible(rows.begin(),
                                    rows.begin() + static_cast<std::ptrdiff_t>(shown));
  std::vector<TopColumn> columns = top_columns(visible, status.by_process);
  const std::vector<std::string> left_out = fit_columns(columns, width);

  TopScreen screen;
  screen.lines = {status_line(status), keys_line(status, order), top_line(columns, -1)};
  screen.header = screen.lines.size() - 1;
  for (std::size_t i = 0; i < shown; ++i) {
    screen.lines.push_back(top_line(columns, static_cast<int>(i)));
  }
  std::string last =
      rows.size() > shown ? fmt::format("{} more not shown", rows.size() - shown) : std::string();
  const std::string lacks = limits(status, left_out);
  if (!lacks.empty()) last += (last.empty() ? "" : "; ") + lacks;
  screen.lines.resize(height > 0 ? height - 1 : 0);
  screen.lines.push_back(last);
  screen.lines.resize(height);
  for (std::string& line : screen.lines) line.resize(std::min(line.size(), width));
  return screen;
}

std::string top_text(const std::vector<TopRow>& rows, const TopStatus& status) {
  const std::vector<TopColumn> columns = top_columns(rows, status.by_process);
  std::string text = status_line(status) + "\n";
  const std::string lacks = limits(status, {});
  if (!lacks.empty()) text += lacks + "\n";
  const int last = static_cast<int>(rows.size());
  for (int row = -1; row < last; ++row) text += top_line(columns, row) + "\n";
  return text;
}

std::string top_json(const std::vector<TopRow>& rows, const TopStatus& status) {
  nlohmann::ordered_json all = {{"elapsed_ns", status.elapsed_ns},
                                {"flows", status.flows},
                                {"not_synchronised", status.not_synchronised},
                                {"moments_per_second", status.moments_per_second},
                                {"lost", status.events_lost},
                                {"passed_over", status.passed_over},
                                {"not_covered", status.not_covered}};
  auto& list = all["rows"] = nlohmann::ordered_json::array();
  for (const TopRow& row : rows) {
    const auto or_null = [](auto value) {
      return value == decltype(value){} ? nlohmann::ordered_json() : nlohmann::ordered_json(value);
    };
    nlohmann::ordered_json object = {
        {"service", row.service}, {"pid", or_null(row.pid)}, {"comm", or_null(row.process)}};
    if (status.by_process) object["flows"] = row.flows;
    if (!status.by_process) object["client"] = row.client;
    object.update({{"in_flight", row.in_flight},
                   {"oldest_ns", or_null(row.oldest_ns)},
                   {"not_synchronised", row.not_readable},
                   {"answers_per_second", row.answers_per_second},
                   {"p50_ns", or_null(row.p50_ns)},
                   {"p99_ns", or_null(row.p99_ns)},
                   {"retransmits", row.retransmits},
                   {"rtt_us", or_null(row.rtt_us)},
                   {"rto_us", or_null(row.rto_us)},
                   {"service_window_zero", row.service_window_zero},
                   {"client_window_zero", row.client_window_zero},
                   {"error", or_null(row.error)}});
    list.push_back(std::move(object));
  }
  const std::string object = all.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return object.substr(1, object.size() - 2);
}

}  // namespace cutpoint

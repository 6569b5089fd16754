// SPDX-License-Identifier: Apache-2.0
#include "controller/run/top_columns.h"

#include <algorithm>
#include <fmt/format.h>

namespace cutpoint {
namespace {

constexpr std::int64_t ns_per_us = 1000;
constexpr int names_urgency = 100;
constexpr std::size_t least_number = 4;
constexpr std::size_t shortest_name = 14;  // in columns, of a process or an address

// A process may call itself anything. What is no printable ASCII may be a command to the terminal,
// or wider than it seems.
std::string printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

std::string process_cell(const TopRow& row) {
  return row.pid == 0 ? "?" : fmt::format("{}[{}]", printable(row.process), row.pid);
}

// Of what cannot be read, nothing is known: 0 would be a claim.
std::string in_flight_cell(const TopRow& row) {
  if (row.not_readable == 0) return std::to_string(row.in_flight);
  return row.not_readable == row.flows ? "?" : fmt::format("{}+?", row.in_flight);
}

std::string window_cell(const TopRow& row) {
  if (row.service_window_zero && row.client_window_zero) return "both";
  if (row.service_window_zero) return "svc";
  return row.client_window_zero ? "cli" : "-";
}

template <typename Cell>
TopColumn column(const std::vector<TopRow>& rows, std::string name, int urgency, Cell cell) {
  TopColumn made{std::move(name), {}, urgency == names_urgency, urgency, 0};
  // Numbers change all the time: columns that follow them closely would dance.
  made.width = std::max(made.name.size(), made.is_text ? 0 : least_number);
  made.cells.reserve(rows.size());
  for (const TopRow& row : rows) {
    made.cells.push_back(cell(row));
    made.width = std::max(made.width, made.cells.back().size());
  }
  return made;
}

std::size_t width_of(const std::vector<TopColumn>& columns) {
  std::size_t width = columns.empty() ? 0 : columns.size() - 1;
  for (const TopColumn& each : columns) width += each.width;
  return width;
}

// The beginning of a name tells more than its end, but for addresses, which end in the port, and
// processes, which end in the pid.
std::string shortened(const std::string& text, std::size_t width) {
  if (text.size() <= width) return text;
  const std::size_t bracket = text.rfind('[');
  if (bracket != std::string::npos && text.back() == ']') {
    const std::string pid = text.substr(bracket);
    if (pid.size() < width) return text.substr(0, width - pid.size() - 1) + "~" + pid;
  }
  return "~" + text.substr(text.size() - width + 1);
}

}  // namespace

std::vector<TopColumn> top_columns(const std::vector<TopRow>& rows, bool by_process) {
  const auto add = [&](std::string name, int urgency, auto cell) {
    return column(rows, std::move(name), urgency, cell);
  };
  const auto us = [](std::uint32_t time) { return short_duration(time * ns_per_us); };
  std::vector<TopColumn> columns;
  columns.push_back(add("PROCESS", names_urgency, process_cell));
  columns.push_back(
      add("SVC", names_urgency, [](const TopRow& row) { return printable(row.service); }));
  if (by_process) {
    columns.push_back(add("FLOWS", 9, [](const TopRow& row) { return std::to_string(row.flows); }));
  } else {
    columns.push_back(
        add("CLIENT", names_urgency, [](const TopRow& row) { return printable(row.client); }));
  }
  columns.push_back(add("WAIT", 12, in_flight_cell));
  columns.push_back(
      add("OLDEST", 13, [](const TopRow& row) { return short_duration(row.oldest_ns); }));
  columns.push_back(
      add("REQ/S", 8, [](const TopRow& row) { return short_number(row.answers_per_second); }));
  columns.push_back(add("P50", 5, [](const TopRow& row) { return short_duration(row.p50_ns); }));
  columns.push_back(add("P99", 7, [](const TopRow& row) { return short_duration(row.p99_ns); }));
  columns.push_back(
      add("RETR", 10, [](const TopRow& row) { return std::to_string(row.retransmits); }));
  columns.push_back(add("RTT", 3, [&](const TopRow& row) { return us(row.rtt_us); }));
  columns.push_back(add("RTO", 4, [&](const TopRow& row) { return us(row.rto_us); }));
  columns.push_back(add("ZWIN", 6, window_cell));
  columns.push_back(add("ERROR", 11, [](const TopRow& row) {
    return row.error.empty() ? "-" : printable(row.error);
  }));
  return columns;
}

std::vector<std::string> fit_columns(std::vector<TopColumn>& columns, std::size_t width) {
  std::vector<std::string> left_out;
  // How narrow it gets where the names are as short as they may be.
  const auto least = [&] {
    std::size_t sum = width_of(columns);
    for (const TopColumn& each : columns) {
      if (each.is_text) sum -= each.width - std::min(each.width, shortest_name);
    }
    return sum;
  };
  while (least() > width) {
    const auto last = std::min_element(
        columns.begin(), columns.end(),
        [](const TopColumn& a, const TopColumn& b) { return a.urgency < b.urgency; });
    if (last->urgency == names_urgency) break;
    left_out.push_back(last->name);
    columns.erase(last);
  }
  while (width_of(columns) > width) {
    const auto widest = std::max_element(
        columns.begin(), columns.end(), [](const TopColumn& a, const TopColumn& b) {
          return (a.is_text ? a.width : 0) < (b.is_text ? b.width : 0);
        });
    if (!widest->is_text || widest->width <= shortest_name) break;
    --widest->width;
  }
  return left_out;
}

std::string top_line(const std::vector<TopColumn>& columns, int row) {
  std::string line;
  for (const TopColumn& each : columns) {
    const std::string& cell = row < 0 ? each.name : each.cells[static_cast<std::size_t>(row)];
    if (!line.empty()) line += ' ';
    line += each.is_text ? fmt::format("{:<{}}", shortened(cell, each.width), each.width)
                         : fmt::format("{:>{}}", cell, each.width);
  }
  return line;
}

}  // namespace cutpoint

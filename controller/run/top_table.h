// SPDX-License-Identifier: Apache-2.0
// The table of `cutpoint trace top`: rows, their order, and the lines that they are on a screen of
// some size. It knows of no terminal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace cutpoint {

// A flow, or the flows of a process to one service.
struct TopRow {
  std::string process;  // as it calls itself: any bytes
  pid_t pid = 0;        // 0: not known
  std::string service;
  std::string client;  // its end of the flow
  std::uint64_t flows = 1;
  std::uint64_t in_flight = 0;     // requests without their answer
  std::int64_t oldest_ns = 0;      // of these, how old; 0: there is none
  std::uint64_t not_readable = 0;  // flows of which nothing is known: not synchronised
  double answers_per_second = 0;   // of the last interval, as are these two; 0: none
  std::int64_t p50_ns = 0;
  std::int64_t p99_ns = 0;
  std::uint64_t retransmits = 0;  // since the trace began
  std::uint32_t rtt_us = 0;       // of several flows the longest; 0: not known
  std::uint32_t rto_us = 0;       // likewise
  bool service_window_zero = false;
  bool client_window_zero = false;
  std::string error;  // code of the last one; empty: there was none
};

// What stands above the table.
struct TopStatus {
  std::int64_t elapsed_ns = 0;
  std::uint64_t flows = 0;
  std::uint64_t not_synchronised = 0;
  double moments_per_second = 0;  // counted in the kernel
  std::uint64_t events_lost = 0;  // since the trace began
  std::uint64_t passed_over = 0;  // Latencies::passed_over()
  std::uint64_t not_covered = 0;  // what damages a trace, of the kernel's counters, but the above
  bool by_process = false;
};

enum class TopOrder { oldest, in_flight, answers, p50, p99, retransmits, errors };

// The key that chooses an order; nullptr: none does.
const TopOrder* top_order_of(char key);
std::string_view top_order_name(TopOrder order);

// What hurts most first; what is equal in that by age, and then as it was.
void sort_rows(std::vector<TopRow>& rows, TopOrder order);

struct TopScreen {
  std::vector<std::string> lines;  // as many as the screen has, none wider; printable ASCII alone
  std::size_t header = 0;          // the one with the columns' names
};

// Where columns do not fit, the least urgent are left out and named; where rows do not, their
// number is said.
TopScreen top_screen(const std::vector<TopRow>& rows, const TopStatus& status, TopOrder order,
                     std::size_t width, std::size_t height);

// All of it, for a file or a pipe: lines, each with its newline.
std::string top_text(const std::vector<TopRow>& rows, const TopStatus& status);
// The members of a JSON object, without its braces.
std::string top_json(const std::vector<TopRow>& rows, const TopStatus& status);

// At most five columns: "850us", "1.2ms", "12ms", "3.4h"; "-" where there is none.
std::string short_duration(std::int64_t ns);
// At most five: "0", "0.4", "47", "9.9k", "120k", "1.2M".
std::string short_number(double number);

}  // namespace cutpoint

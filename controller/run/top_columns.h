// SPDX-License-Identifier: Apache-2.0
// What stands in each column of the table of `cutpoint trace top`, and how wide it is.
#pragma once

#include <string>
#include <vector>

#include "controller/run/top_table.h"

namespace cutpoint {

struct TopColumn {
  std::string name;
  std::vector<std::string> cells;  // of the rows, printable ASCII
  bool is_text = false;            // at the left, and shortened where there is no room
  int urgency = 0;                 // those of the lowest are left out first; names have the highest
  std::size_t width = 0;           // of the widest cell, and the name
};

// In the order in which they stand.
std::vector<TopColumn> top_columns(const std::vector<TopRow>& rows, bool by_process);

// Makes them fit `width`, with a space between any two: leaves columns out, and then shortens the
// names that are left. Returns the names of those that were left out.
std::vector<std::string> fit_columns(std::vector<TopColumn>& columns, std::size_t width);

// One line of them; -1: their names.
std::string top_line(const std::vector<TopColumn>& columns, int row);

}  // namespace cutpoint

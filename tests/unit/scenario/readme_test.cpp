// SPDX-License-Identifier: Apache-2.0
// Whatever the registry knows stands in the README's tables.
#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "controller/scenario/figures.h"
#include "controller/scenario/registry.h"
#include "controller/scenario/shapes.h"

namespace cutpoint {
namespace {

struct Row {
  std::string head;  // first cell
  std::string all;
};

std::vector<Row> table_rows() {
  std::ifstream file(README);
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| ")) continue;
    std::size_t end = line.find('|', 1);
    while (end != std::string::npos && line[end - 1] == '\\') end = line.find('|', end + 1);
    rows.push_back({line.substr(0, end), line});
  }
  return rows;
}

// The row that begins with the words; nullptr: there is none.
const Row* row_of(const std::vector<Row>& rows, const std::string& head) {
  for (const Row& row : rows) {
    if (row.head.starts_with("| " + head)) return &row;
  }
  return nullptr;
}

// The cell that says who sends it.
std::string sender(const ProtocolInfo& protocol, const MomentInfo& moment) {
  const auto of_that_name =
      std::count_if(protocol.moments.begin(), protocol.moments.end(),
                    [&](const MomentInfo& other) { return other.name == moment.name; });
  if (of_that_name > 1) return "| either |";
  return moment.direction == CUT_UPSTREAM ? "| target |" : "| service |";
}

TEST(Readme, TellsOfEveryFaultAndItsKeys) {
  const std::vector<Row> rows = table_rows();
  for (const FaultInfo& fault : faults()) {
    const Row* row = row_of(rows, "`" + fault.name + ": ");
    ASSERT_NE(row, nullptr) << "no row of `" << fault.name << "`";
    const yaml::Shape shape = shape_of_do(fault);
    for (const yaml::ShapeKey& key : shape.keys) {
      EXPECT_NE(row->head.find("`" + key.name + ":"), std::string::npos)
          << "`" << key.name << "` is missing in the row of `" << fault.name << "`";
      for (const std::string& word : key.shape.words) {
        EXPECT_NE(row->head.find(word), std::string::npos) << fault.name << " " << key.name;
      }
    }
  }
}

TEST(Readme, TellsOfEveryInvariantAndItsParameters) {
  const std::vector<Row> rows = table_rows();
  for (const InvariantInfo& invariant : invariants()) {
    const Row* row = row_of(rows, "`" + invariant.name + "`");
    ASSERT_NE(row, nullptr) << "no row of `" << invariant.name << "`";
    for (const ParameterInfo& parameter : invariant.parameters) {
      EXPECT_NE(row->head.find("`" + parameter.name + ":"), std::string::npos)
          << "`" << parameter.name << "` is missing in the row of `" << invariant.name << "`";
    }
  }
}

TEST(Readme, TellsOfEveryFigure) {
  const std::vector<Row> rows = table_rows();
  for (const FigureInfo& figure : figures()) {
    const Row* row = row_of(rows, "`" + figure.name + "`");
    ASSERT_NE(row, nullptr) << "no row of `" << figure.name << "`";
    EXPECT_NE(row->all.find(figure.description), std::string::npos) << row->all;
    EXPECT_NE(row->all.find("| " + std::string(unit_name(figure.unit)) + " |"), std::string::npos);
  }
}

TEST(Readme, TellsOfEveryMomentAndFilter) {
  const std::vector<Row> rows = table_rows();
  for (const MomentInfo& moment : transport_moments()) {
    const Row* row = row_of(rows, "`" + moment.name + (moment.name == numbered_moment ? ":" : "`"));
    ASSERT_NE(row, nullptr) << "no row of `" << moment.name << "`";
    if (moment.description != "likewise") {
      EXPECT_NE(row->all.find(moment.description), std::string::npos) << row->all;
    }
  }
  for (const ProtocolInfo& protocol : protocols()) {
    for (const MomentInfo& moment : protocol.moments) {
      const Row* row = row_of(rows, "`" + moment.name + "`");
      ASSERT_NE(row, nullptr) << "no row of `" << moment.name << "`";
      EXPECT_NE(row->all.find(sender(protocol, moment)), std::string::npos) << row->all;
      if (moment.description != "likewise") {
        EXPECT_NE(row->all.find(moment.description), std::string::npos) << row->all;
      }
    }
    for (const AttributeInfo& attribute : protocol.attributes) {
      EXPECT_NE(row_of(rows, "`" + attribute.name + "`"), nullptr) << attribute.name;
    }
  }
}

}  // namespace
}  // namespace cutpoint

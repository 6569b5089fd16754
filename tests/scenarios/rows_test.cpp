// SPDX-License-Identifier: Apache-2.0
// Where the cut is, what the client does, and what the heal does with held bytes decide the truth:
// every combination of rows.json, with 3 s cuts and 1 s of patience. The database is asked by plain
// psql, too, and has to agree with the report.
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/scenarios/scenario_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;

constexpr int orders = 50;
constexpr int cut_order = 20;

std::vector<json> rows() {
  std::ifstream file(CUTPOINT_SOURCE_DIR "/tests/scenarios/rows.json");
  return json::parse(file).get<std::vector<json>>();
}

// Order -> number of its rows.
std::map<int, int> rows_in(const std::string& table) {
  std::istringstream lines(
      Lab::psql("SELECT order_id, count(*) FROM " + table + " GROUP BY order_id"));
  std::map<int, int> counts;
  int order = 0;
  int count = 0;
  char bar = 0;
  while (lines >> order >> bar >> count) counts[order] = count;
  return counts;
}

class RowsTest : public ScenarioTest, public testing::WithParamInterface<json> {
 protected:
  const json& row() const { return GetParam(); }
};

json expected_counts(const json& row) {
  json counts;
  for (const char* name : {"committed_acked", "committed_unacked", "ghost", "resolved", "duplicate",
                           "aborted_unacked", "aborted_acked", "unknown"}) {
    counts[name] = row["belief_vs_truth"].value(name, 0);
  }
  return counts;
}

json violated(const json& report) {
  json names = json::array();
  for (const json& invariant : report["invariants"]) {
    if (invariant["outcome"] == "violated") names.push_back(invariant["name"]);
  }
  return names;
}

// What each kind of fault cannot do without leaving.
void expect_its_mark(const json& fault) {
  const std::string kind = fault["do"]["kind"];
  if (kind == "reset") {
    EXPECT_EQ(fault["resets"], 2);
  } else if (kind == "corrupt") {
    EXPECT_EQ(fault["segments_altered"], 1);
  } else if (kind == "duplicate") {
    EXPECT_EQ(fault["segments_duplicated"], 1);
    EXPECT_EQ(fault["dsacks"], 1);
  } else if (kind == "throttle") {
    EXPECT_GT(fault["segments_held"], 0);
  } else if (kind == "pause") {
    EXPECT_EQ(fault["signalled"], fault["do"]["stops"] == "process" ? 1 : 0);
    EXPECT_GE(fault["healed"].get<double>() - fault["fired"].get<double>(), 1000.0);
  } else {  // leaves one end with bytes that nobody acknowledges
    EXPECT_GT(fault["segments_swallowed"].get<int>() + fault["segments_truncated"].get<int>() +
                  fault["segments_held"].get<int>(),
              0);
    EXPECT_GT(fault["retransmits"], 0);
  }
}

void expect_one_cut(const json& report, const json& row) {
  const json& fault = report["faults"][0];
  EXPECT_EQ(fault["fired_count"], 1);
  EXPECT_EQ(fault["cut"]["offset_in_message"], row["offset"]);
  expect_its_mark(fault);
  EXPECT_GT(report["host"]["start_to_armed_ms"], 0.0);
  EXPECT_EQ(report["events"]["lost"], 0);
  EXPECT_EQ(report["events"]["desynchronised"], 0);
  EXPECT_EQ(report["problems"], json::array());
}

// The same counts once more, from the tables alone.
void expect_database(const json& row, const json& counts) {
  std::map<int, int> expected;
  for (int order = 1; order <= orders; ++order) expected[order] = 1;
  expected[cut_order] = row["rows_of_order_20"];
  if (expected[cut_order] == 0) expected.erase(cut_order);
  const auto products = rows_in("products");
  EXPECT_EQ(products, expected);
  EXPECT_EQ(rows_in("variants"), expected);

  int committed = 0;
  int duplicate = 0;
  for (const auto& [order, count] : products) {
    committed += count;
    duplicate += count > 1 ? 1 : 0;
  }
  EXPECT_EQ(counts["committed_acked"].get<int>() + counts["committed_unacked"].get<int>(),
            committed);
  EXPECT_EQ(counts["duplicate"], duplicate);
}

TEST_P(RowsTest, comes_out_as_the_table_says) {
  if (row().contains("host")) use_host(row()["host"]);
  const auto ended = cutpoint(split_brain(row()["set"].get<Words>()));

  EXPECT_EQ(ended.code, row()["exit"]) << ended.out << ended.err;
  EXPECT_NE(ended.err.find("fired: partition-at-commit"), std::string::npos) << ended.err;
  const json result = report();
  ASSERT_FALSE(result.is_null());
  EXPECT_EQ(result["exit_code"], ended.code);
  EXPECT_EQ(result["outcome"], ended.code == 0 ? "held" : "violated");
  EXPECT_EQ(result["belief_vs_truth"], expected_counts(row()));
  EXPECT_EQ(violated(result), row()["violated"]);
  expect_one_cut(result, row());
  expect_database(row(), result["belief_vs_truth"]);
}

std::string name_of(const testing::TestParamInfo<json>& row) {
  return row.param["name"];
}

INSTANTIATE_TEST_SUITE_P(table, RowsTest, testing::ValuesIn(rows()), name_of);

}  // namespace
}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include "probes/history/history.h"
#include "probes/postgres/observer.h"
#include "probes/postgres/orders.h"
#include "tests/unit/probes/lab.h"

namespace cutpoint::probes::test {

// Empty tables, an observer, options for a run, and what the run wrote.
class OrdersFixture : public testing::Test {
 protected:
  void SetUp() override {
    std::string directory = testing::TempDir() + "cutpoint-orders-XXXXXX";
    ASSERT_NE(mkdtemp(directory.data()), nullptr);
    directory_ = directory;
    auto connected = Observer::connect(Lab::dsn());
    ASSERT_TRUE(connected.ok()) << connected.error().message;
    observer_.emplace(std::move(*connected));
    ASSERT_TRUE(observer_->create_schema().ok());
    options_.dsn = Lab::dsn();
    options_.history = directory_ + "/history";
    options_.retry_until = std::chrono::minutes(1);
  }

  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::vector<HistoryRecord> history() const {
    std::ifstream file(options_.history);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    std::size_t malformed = 0;
    auto records = parse_history(text, malformed);
    EXPECT_EQ(malformed, 0u);
    return records;
  }

  // What the client wrote about one order, such as "invoke info resolved".
  std::string story_of(const std::string& id) const {
    std::string result;
    for (const auto& record : history()) {
      if (record.id == id) result += (result.empty() ? "" : " ") + record.type;
    }
    return result;
  }

  // The last record of one order and type.
  HistoryRecord last(const std::string& id, const std::string& type) const {
    HistoryRecord result;
    for (const auto& record : history()) {
      if (record.id == id && record.type == type) result = record;
    }
    EXPECT_EQ(result.type, type) << "order " << id;
    return result;
  }

  int rows_of(const std::string& id) {
    const auto counts = observer_->count_by({"products", "variants"}, "order_id");
    EXPECT_TRUE(counts.ok());
    const auto& products = counts->at("products");
    EXPECT_EQ(products, counts->at("variants"));
    return products.contains(id) ? products.at(id) : 0;
  }

  std::string directory_;
  std::optional<Observer> observer_;
  OrdersOptions options_;
};

}  // namespace cutpoint::probes::test

// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "probes/postgres/observer.h"
#include "tests/unit/probes/lab.h"

namespace cutpoint::probes {
namespace {

using test::Lab;

class Schema : public testing::Test {
 protected:
  void SetUp() override {
    auto connected = Observer::connect(Lab::dsn());
    ASSERT_TRUE(connected.ok()) << connected.error().message;
    observer_.emplace(std::move(*connected));
    ASSERT_TRUE(observer_->create_schema().ok());
  }

  Error expect_error(const std::vector<std::string>& tables, const std::string& by) {
    const auto status = observer_->expect_tables(tables, by);
    EXPECT_FALSE(status.ok());
    if (status) return {};
    EXPECT_EQ(status.error().code, ExitCode::unavailable);
    EXPECT_FALSE(status.error().remedy.empty());
    return status.error();
  }

  std::optional<Observer> observer_;
};

TEST_F(Schema, IsMadeAnewWithoutOldRows) {
  Lab::sql("INSERT INTO products VALUES (1, 1, '5'); INSERT INTO variants VALUES (1, 1, '5')");
  ASSERT_TRUE(observer_->create_schema().ok());
  EXPECT_TRUE(observer_->count_by({"products"}, "order_id")->at("products").empty());
  EXPECT_TRUE(observer_->count_by({"variants"}, "order_id")->at("variants").empty());
}

TEST_F(Schema, LeavesAnothersTablesAlone) {
  Lab::sql(
      "DROP TABLE products; CREATE TABLE products (sku text); INSERT INTO products VALUES ('a')");
  const auto status = observer_->create_schema();
  EXPECT_EQ(Lab::sql("SELECT sku FROM products"), "a");
  Lab::sql("DROP TABLE products");
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("products"), std::string::npos);
}

TEST_F(Schema, IsUsableByEveryRole) {
  Lab::superuser("CREATE ROLE clerk");
  Lab::superuser("SET ROLE clerk; INSERT INTO products VALUES (1, 1, '5'); SELECT * FROM variants");
  EXPECT_EQ(observer_->count_by({"products"}, "order_id")->at("products").at("1"), 1);
}

TEST_F(Schema, CountsRowsPerValue) {
  Lab::sql("INSERT INTO products VALUES (1, 1, '5'), (2, 1, '6'), (2, 2, '7')");
  const auto counts = observer_->count_by({"public.products"}, "order_id");
  ASSERT_TRUE(counts.ok());
  EXPECT_EQ(counts->at("public.products"), (std::map<std::string, int>{{"1", 1}, {"2", 2}}));
}

TEST_F(Schema, IsRefusedWhileAnotherSessionHoldsIt) {
  test::OpenTransaction holder;
  holder.exec("LOCK TABLE products IN ACCESS SHARE MODE");
  const auto status = observer_->create_schema();
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().remedy.find("lock"), std::string::npos) << status.error().remedy;
}

TEST_F(Schema, ExpectedTablesMayBeQualifiedAndOddlyNamed) {
  Lab::sql(R"(CREATE SCHEMA shop; CREATE TABLE shop."the ""orders""" ("Id" int))");
  EXPECT_TRUE(observer_->expect_tables({"shop.the \"orders\""}, "Id").ok());
  EXPECT_TRUE(observer_->count_by({"shop.the \"orders\""}, "Id").ok());
  EXPECT_TRUE(observer_->expect_tables({"products", "public.variants"}, "order_id").ok());
}

TEST_F(Schema, EveryMissingTableIsNamed) {
  const auto error = expect_error({"products", "nowhere", "shop.nothing"}, "order_id");
  EXPECT_EQ(error.message, "no such table: nowhere, shop.nothing");
}

TEST_F(Schema, AMissingColumnIsNamed) {
  EXPECT_EQ(expect_error({"products"}, "ordr_id").message, "no column ordr_id in table: products");
}

TEST_F(Schema, AnUnreadableTableIsNamed) {
  Lab::superuser("CREATE TABLE secret (order_id int)");
  const auto error = expect_error({"secret"}, "order_id");
  EXPECT_EQ(error.message, "no privilege to read table: secret");
  EXPECT_NE(error.remedy.find("GRANT SELECT"), std::string::npos);
}

TEST_F(Schema, CountingAMissingTableIsAnError) {
  const auto counts = observer_->count_by({"nowhere"}, "order_id");
  ASSERT_FALSE(counts.ok());
  EXPECT_NE(counts.error().message.find("nowhere"), std::string::npos) << counts.error().message;
}

TEST_F(Schema, AnErrorDoesNotQuoteRows) {
  Lab::sql(
      "CREATE TABLE words (word text); INSERT INTO words VALUES ('hunter2'); "
      "CREATE VIEW unreadable AS SELECT word::int AS id FROM words");
  const auto counts = observer_->count_by({"unreadable"}, "id");
  ASSERT_FALSE(counts.ok());
  EXPECT_NE(counts.error().message.find("22P02"), std::string::npos) << counts.error().message;
  EXPECT_EQ(counts.error().message.find("hunter2"), std::string::npos) << counts.error().message;
}

}  // namespace
}  // namespace cutpoint::probes

// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <stdexcept>

#include "probes/postgres/orders.h"

namespace cutpoint::probes {
namespace {

using namespace std::chrono_literals;

TEST(OrdersJson, ReadsBackWhatItWrites) {
  OrdersOptions options;
  options.dsn = "host=h password='a \"b\"'";
  options.orders = 7;
  options.connections = 3;
  options.patience = 1500ms;
  options.tcp_user_timeout = true;
  options.retry = OrdersOptions::Retry::resolve;
  options.retry_until = 120s;
  options.history = "/tmp/h";
  const auto read = orders_options_from_json(to_json(options));
  EXPECT_EQ(read.dsn, options.dsn);
  EXPECT_EQ(read.orders, options.orders);
  EXPECT_EQ(read.connections, options.connections);
  EXPECT_EQ(read.patience, options.patience);
  EXPECT_EQ(read.tcp_user_timeout, options.tcp_user_timeout);
  EXPECT_EQ(read.retry, options.retry);
  EXPECT_EQ(read.retry_until, options.retry_until);
  EXPECT_EQ(read.history, options.history);
}

TEST(OrdersJson, WaitingForEverSurvives) {
  EXPECT_EQ(orders_options_from_json(to_json(OrdersOptions{})).patience, std::nullopt);
}

TEST(OrdersJson, RefusesWhatIsNotItsOwn) {
  EXPECT_THROW(orders_options_from_json("{}"), std::exception);
  EXPECT_THROW(orders_options_from_json("no json"), std::exception);
}

}  // namespace
}  // namespace cutpoint::probes

// SPDX-License-Identifier: Apache-2.0
// The workload postgres.orders: an ordinary libpqxx application that places orders, each one
// transaction over two tables, and behaves as configured when the database falls silent.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace cutpoint::probes {

struct OrdersOptions {
  std::string dsn;
  int orders = 50;  // order ids are 1..orders, shared out over the connections
  int connections = 1;
  std::optional<std::chrono::nanoseconds> patience;  // nullopt: waits for ever
  bool tcp_user_timeout = false;  // give up by TCP_USER_TIMEOUT instead of closing the socket
  enum class Retry { none, naive, resolve } retry = Retry::none;
  std::chrono::nanoseconds retry_until{};  // from the first failure of an order, or of a connect
  std::string history;                     // path of the history file; opened for append
};

// Runs to the end; the caller is a process of its own inside the target's cgroup.
// Exit code: 0 every order was acknowledged or given up as configured; 1 the service could not be
// reached within retry_until, or a setup error (message on stderr).
int run_orders(const OrdersOptions& options);

// JSON for handing the options to that process; the inverse of parse. Throws
// nlohmann::json::exception.
std::string to_json(const OrdersOptions& options);
OrdersOptions orders_options_from_json(const std::string& text);

}  // namespace cutpoint::probes

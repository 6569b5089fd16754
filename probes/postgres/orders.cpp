// SPDX-License-Identifier: Apache-2.0
#include "probes/postgres/orders.h"

#include <atomic>
#include <cstdio>
#include <fmt/format.h>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "probes/postgres/order_client.h"

namespace cutpoint::probes {
namespace {

// The connections' threads; the first error ends them all.
class OrderRun {
 public:
  OrderRun(const OrdersOptions& options, const Dsn& dsn, const HistoryWriter& history)
      : options_(options), dsn_(dsn), history_(history) {}

  Status run() {
    std::vector<std::jthread> threads;
    threads.reserve(static_cast<std::size_t>(options_.connections));
    for (int first = 1; first <= options_.connections; ++first) {
      threads.emplace_back([this, first] { place_every_nth(first); });
    }
    threads.clear();  // joins
    if (error_) return *std::move(error_);
    return {};
  }

 private:
  // Order n belongs to connection (n-1) % connections, so that a run can be repeated.
  void place_every_nth(int first) {
    OrderClient client(options_, dsn_, history_);
    for (int id = first; id <= options_.orders && !stop_; id += options_.connections) {
      if (auto placed = client.place(id); !placed) {
        stop_with(std::move(placed).error().within(fmt::format("order {}", id)));
      }
    }
  }

  void stop_with(Error error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
    stop_ = true;
  }

  const OrdersOptions& options_;
  const Dsn& dsn_;
  const HistoryWriter& history_;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::optional<Error> error_;
};

Status place_orders(const OrdersOptions& options) {
  CUTPOINT_TRY_ASSIGN(dsn, Dsn::parse(options.dsn));
  CUTPOINT_TRY_ASSIGN(history, HistoryWriter::open(options.history));
  return OrderRun(options, dsn, history).run();
}

}  // namespace

int run_orders(const OrdersOptions& options) {
  const auto placed = place_orders(options);
  if (placed) return 0;
  fmt::print(stderr, "postgres.orders: {}; {}\n", placed.error().message, placed.error().remedy);
  return 1;
}

}  // namespace cutpoint::probes

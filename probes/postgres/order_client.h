// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "probes/history/history_writer.h"
#include "probes/postgres/orders.h"
#include "probes/postgres/retry_limit.h"
#include "probes/postgres/session.h"

namespace cutpoint::probes {

// One connection's worth of the application: places orders one after the other, and does what the
// options say when one of them fails. Used by one thread.
class OrderClient {
 public:
  OrderClient(const OrdersOptions& options, const Dsn& dsn, const HistoryWriter& history);

  // Returns when order `id` is acknowledged or given up. Error: the service cannot be reached or
  // used at all, or the history cannot be written.
  Status place(int id);

 private:
  enum class Outcome {
    acknowledged,
    not_sent,  // failed before COMMIT was sent: no transaction ends in doubt
    refused,   // COMMIT was answered with an error
    in_doubt,  // COMMIT was sent and not answered
  };
  enum class Fate { committed, aborted, unknown };

  Status connect(RetryLimit& limit);
  Result<Outcome> try_once(HistoryRecord& order);
  // Everything before COMMIT; fills in pid and xid.
  std::optional<Failure> prepare(HistoryRecord& order);
  Result<Outcome> fail_unsent(const HistoryRecord& order, const Failure& failure);
  // After a failure: whether to run the order again.
  Result<bool> runs_again(Outcome outcome, const HistoryRecord& order, RetryLimit& limit);
  Result<Fate> find_out(const HistoryRecord& order, RetryLimit& limit);
  Status record(HistoryRecord order, const char* type, const std::string& error = {});

  const OrdersOptions& options_;
  const HistoryWriter& history_;
  const Dsn dsn_;
  std::unique_ptr<Session> session_;  // kept from order to order; dropped after any failure
};

}  // namespace cutpoint::probes

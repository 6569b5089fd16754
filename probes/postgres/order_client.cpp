// SPDX-License-Identifier: Apache-2.0
#include "probes/postgres/order_client.h"

#include <fmt/format.h>

namespace cutpoint::probes {
namespace {

Dsn client_dsn(const OrdersOptions& options, const Dsn& dsn) {
  // 2 s is libpq's least. While the network is cut, SYNs are lost and every try takes that long.
  Dsn result = dsn.with("connect_timeout", "2");
  if (!result.find("application_name")) result = result.with("application_name", "cutpoint-orders");
  if (options.tcp_user_timeout && options.patience) {
    const auto limit = std::chrono::ceil<std::chrono::milliseconds>(*options.patience);
    result = result.with("tcp_user_timeout", std::to_string(limit.count()));
  }
  return result;
}

// Class 42: a table, a column or a privilege is missing (PostgreSQL, Appendix A). No retry helps.
bool is_setup_error(const Failure& failure) {
  return failure.kind == Failure::Kind::refused && failure.sqlstate.starts_with("42");
}

Error setup_error(const Failure& failure) {
  return {ExitCode::unavailable, "the order's tables cannot be used: " + failure.message,
          "use schema: create, or create products and variants (order_id bigint, attempt int, "
          "xid xid8) and grant them to the user of the connection string"};
}

}  // namespace

OrderClient::OrderClient(const OrdersOptions& options, const Dsn& dsn, const HistoryWriter& history)
    : options_(options), history_(history), dsn_(client_dsn(options, dsn)) {}

Status OrderClient::place(int id) {
  RetryLimit limit(options_.retry_until);
  HistoryRecord order;
  order.op = "order";
  order.id = std::to_string(id);
  while (true) {
    CUTPOINT_TRY(connect(limit));
    CUTPOINT_TRY_ASSIGN(outcome, try_once(order));
    if (outcome == Outcome::acknowledged) return {};
    session_.reset();
    CUTPOINT_TRY_ASSIGN(again, runs_again(outcome, order, limit));
    if (!again) return {};
    ++order.attempt;
  }
}

Status OrderClient::connect(RetryLimit& limit) {
  // With tcp_user_timeout the kernel gives up, not this process.
  const auto patience = options_.tcp_user_timeout ? std::nullopt : options_.patience;
  while (!session_) {
    auto opened = Session::open(dsn_, patience);
    if (auto* session = std::get_if<std::unique_ptr<Session>>(&opened)) {
      session_ = std::move(*session);
      break;
    }
    const auto& failure = std::get<ConnectFailure>(opened);
    if (!failure.transient() || !limit.pause_after_failure()) return failure.to_error();
  }
  return {};
}

Result<OrderClient::Outcome> OrderClient::try_once(HistoryRecord& order) {
  order.pid = 0;
  order.xid.clear();
  if (const auto failure = prepare(order)) return fail_unsent(order, *failure);
  CUTPOINT_TRY(record(order, "invoke"));
  const Answer answer = session_->exec("COMMIT");
  const auto* failure = std::get_if<Failure>(&answer);
  if (failure == nullptr) {
    CUTPOINT_TRY(record(order, "ok"));
    return Outcome::acknowledged;
  }
  if (failure->kind == Failure::Kind::refused) {
    CUTPOINT_TRY(record(order, "fail", failure->message));
    return Outcome::refused;
  }
  CUTPOINT_TRY(record(order, "info", failure->message));
  return Outcome::in_doubt;
}

std::optional<Failure> OrderClient::prepare(HistoryRecord& order) {
  auto answer = session_->exec("BEGIN");
  if (auto* failure = std::get_if<Failure>(&answer)) return *failure;
  answer = session_->exec("SELECT pg_backend_pid(), pg_current_xact_id()::text");
  if (auto* failure = std::get_if<Failure>(&answer)) return *failure;
  const auto row = std::get<pqxx::result>(answer).at(0);
  order.pid = row.at(0).as<int>();
  order.xid = row.at(1).c_str();
  for (const char* table : {"products", "variants"}) {
    answer =
        session_->exec(fmt::format("INSERT INTO {} (order_id, attempt, xid) VALUES ({}, {}, '{}')",
                                   table, order.id, order.attempt, order.xid));
    if (auto* failure = std::get_if<Failure>(&answer)) return *failure;
  }
  return std::nullopt;
}

Result<OrderClient::Outcome> OrderClient::fail_unsent(const HistoryRecord& order,
                                                      const Failure& failure) {
  CUTPOINT_TRY(record(order, "fail", failure.message));
  if (is_setup_error(failure)) return setup_error(failure);
  return Outcome::not_sent;
}

Result<bool> OrderClient::runs_again(Outcome outcome, const HistoryRecord& order,
                                     RetryLimit& limit) {
  using Retry = OrdersOptions::Retry;
  if (outcome == Outcome::not_sent) return limit.pause_after_failure();
  if (options_.retry == Retry::none) return false;
  if (outcome == Outcome::in_doubt && options_.retry == Retry::resolve) {
    CUTPOINT_TRY_ASSIGN(fate, find_out(order, limit));
    return fate == Fate::aborted;
  }
  return limit.pause_after_failure();
}

Result<OrderClient::Fate> OrderClient::find_out(const HistoryRecord& order, RetryLimit& limit) {
  HistoryRecord resolved = order;
  // 'in progress' lasts until the old backend has received the COMMIT or noticed that its client
  // has gone. PostgreSQL has nothing that one could wait on for that, so it is asked again.
  while (limit.pause_after_failure()) {
    CUTPOINT_TRY(connect(limit));
    const Answer answer = session_->exec(fmt::format("SELECT pg_xact_status('{}')", order.xid));
    if (const auto* failure = std::get_if<Failure>(&answer)) {
      session_.reset();
      if (failure->kind == Failure::Kind::refused) return Fate::unknown;
      continue;
    }
    const std::string status = std::get<pqxx::result>(answer).at(0).at(0).c_str();
    if (status == "in progress") continue;
    if (status != "committed" && status != "aborted") return Fate::unknown;  // NULL: too old
    resolved.committed = status == "committed";
    CUTPOINT_TRY(record(resolved, "resolved"));
    return *resolved.committed ? Fate::committed : Fate::aborted;
  }
  return Fate::unknown;
}

Status OrderClient::record(HistoryRecord order, const char* type, const std::string& error) {
  order.type = type;
  order.error = error;
  return history_.write(std::move(order));
}

}  // namespace cutpoint::probes

// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "probes/postgres/orders.h"

namespace cutpoint::probes {
namespace {

using Json = nlohmann::json;
using Retry = OrdersOptions::Retry;

}  // namespace

NLOHMANN_JSON_SERIALIZE_ENUM(OrdersOptions::Retry, {
                                                       {Retry::none, "none"},
                                                       {Retry::naive, "naive"},
                                                       {Retry::resolve, "resolve"},
                                                   })

std::string to_json(const OrdersOptions& options) {
  Json object{{"dsn", options.dsn},
              {"orders", options.orders},
              {"connections", options.connections},
              {"tcp_user_timeout", options.tcp_user_timeout},
              {"retry", options.retry},
              {"retry_until_ns", options.retry_until.count()},
              {"history", options.history}};
  if (options.patience) object["patience_ns"] = options.patience->count();
  return object.dump();
}

OrdersOptions orders_options_from_json(const std::string& text) {
  const Json object = Json::parse(text);
  OrdersOptions options;
  object.at("dsn").get_to(options.dsn);
  object.at("orders").get_to(options.orders);
  object.at("connections").get_to(options.connections);
  object.at("tcp_user_timeout").get_to(options.tcp_user_timeout);
  object.at("retry").get_to(options.retry);
  options.retry_until = std::chrono::nanoseconds(object.at("retry_until_ns").get<std::int64_t>());
  object.at("history").get_to(options.history);
  if (object.contains("patience_ns")) {
    options.patience = std::chrono::nanoseconds(object.at("patience_ns").get<std::int64_t>());
  }
  return options;
}

}  // namespace cutpoint::probes

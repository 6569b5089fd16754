// SPDX-License-Identifier: Apache-2.0
// AMQP's field tables (0-9-1, 4.2.5.5, with RabbitMQ's types) as JSON objects: arguments of queues,
// headers of messages.
#pragma once

#include <amqp.h>
#include <nlohmann/json.hpp>
#include <string>

namespace cutpoint::probes {

// Of a text that the library only reads, and that outlives its use.
amqp_bytes_t bytes_of(const std::string& text);
std::string text_of(const amqp_bytes_t& bytes);

// A table in the library's form, while it lives.
class FieldTable {
 public:
  explicit FieldTable(const nlohmann::json& object);  // null: an empty one
  FieldTable(const FieldTable&) = delete;
  FieldTable& operator=(const FieldTable&) = delete;
  ~FieldTable();

  [[nodiscard]] amqp_table_t table() const { return table_; }

 private:
  amqp_bytes_t copy(const std::string& text);
  amqp_table_t make_table(const nlohmann::json& object);
  amqp_field_value_t make_value(const nlohmann::json& value);

  amqp_pool_t pool_{};
  amqp_table_t table_{};
};

// A time is its seconds since 1970; a decimal, whose precision JSON cannot hold, is null.
nlohmann::json to_json(const amqp_table_t& table);

}  // namespace cutpoint::probes

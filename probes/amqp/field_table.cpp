// SPDX-License-Identifier: Apache-2.0
#include "probes/amqp/field_table.h"

#include <algorithm>
#include <cstring>

namespace cutpoint::probes {
namespace {

using Json = nlohmann::json;

constexpr std::size_t page = 4096;

Json to_json(const amqp_field_value_t& field);

Json to_json(const amqp_array_t& array) {
  Json values = Json::array();
  for (int i = 0; i < array.num_entries; ++i) values.push_back(to_json(array.entries[i]));
  return values;
}

Json to_json(const amqp_field_value_t& field) {
  switch (field.kind) {
    case AMQP_FIELD_KIND_BOOLEAN:
      return field.value.boolean != 0;
    case AMQP_FIELD_KIND_I8:
      return field.value.i8;
    case AMQP_FIELD_KIND_U8:
      return field.value.u8;
    case AMQP_FIELD_KIND_I16:
      return field.value.i16;
    case AMQP_FIELD_KIND_U16:
      return field.value.u16;
    case AMQP_FIELD_KIND_I32:
      return field.value.i32;
    case AMQP_FIELD_KIND_U32:
      return field.value.u32;
    case AMQP_FIELD_KIND_I64:
      return field.value.i64;
    case AMQP_FIELD_KIND_U64:
    case AMQP_FIELD_KIND_TIMESTAMP:
      return field.value.u64;
    case AMQP_FIELD_KIND_F32:
      return field.value.f32;
    case AMQP_FIELD_KIND_F64:
      return field.value.f64;
    case AMQP_FIELD_KIND_UTF8:
    case AMQP_FIELD_KIND_BYTES:
      return text_of(field.value.bytes);
    case AMQP_FIELD_KIND_ARRAY:
      return to_json(field.value.array);
    case AMQP_FIELD_KIND_TABLE:
      return probes::to_json(field.value.table);
    default:  // decimal, void, and what the library does not know
      return nullptr;
  }
}

}  // namespace

amqp_bytes_t bytes_of(const std::string& text) {
  return {text.size(),
          const_cast<char*>(text.data())};  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

std::string text_of(const amqp_bytes_t& bytes) {
  return {static_cast<const char*>(bytes.bytes), bytes.len};
}

FieldTable::FieldTable(const Json& object) {
  init_amqp_pool(&pool_, page);
  if (object.is_object()) table_ = make_table(object);
}

FieldTable::~FieldTable() {
  empty_amqp_pool(&pool_);
}

amqp_bytes_t FieldTable::copy(const std::string& text) {
  amqp_bytes_t bytes{};
  amqp_pool_alloc_bytes(&pool_, std::max<std::size_t>(text.size(), 1), &bytes);
  if (!text.empty()) std::memcpy(bytes.bytes, text.data(), text.size());
  bytes.len = text.size();
  return bytes;
}

amqp_table_t FieldTable::make_table(const Json& object) {
  amqp_table_t table{};
  table.entries = static_cast<amqp_table_entry_t*>(
      amqp_pool_alloc(&pool_, (object.size() + 1) * sizeof(amqp_table_entry_t)));
  for (const auto& [key, value] : object.items()) {
    table.entries[table.num_entries++] = {copy(key), make_value(value)};
  }
  return table;
}

amqp_field_value_t FieldTable::make_value(const Json& value) {
  amqp_field_value_t field{};
  field.kind = AMQP_FIELD_KIND_VOID;
  if (value.is_boolean()) {
    field.kind = AMQP_FIELD_KIND_BOOLEAN;
    field.value.boolean = value.get<bool>() ? 1 : 0;
  } else if (value.is_number_integer()) {
    field.kind = AMQP_FIELD_KIND_I64;
    field.value.i64 = value.get<std::int64_t>();
  } else if (value.is_number()) {
    field.kind = AMQP_FIELD_KIND_F64;
    field.value.f64 = value.get<double>();
  } else if (value.is_string()) {
    field.kind = AMQP_FIELD_KIND_UTF8;
    field.value.bytes = copy(value.get<std::string>());
  } else if (value.is_object()) {
    field.kind = AMQP_FIELD_KIND_TABLE;
    field.value.table = make_table(value);
  } else if (value.is_array()) {
    field.kind = AMQP_FIELD_KIND_ARRAY;
    amqp_array_t& array = field.value.array;
    array.entries = static_cast<amqp_field_value_t*>(
        amqp_pool_alloc(&pool_, (value.size() + 1) * sizeof(amqp_field_value_t)));
    for (const Json& one : value) array.entries[array.num_entries++] = make_value(one);
  }
  return field;
}

Json to_json(const amqp_table_t& table) {
  Json object = Json::object();
  for (int i = 0; i < table.num_entries; ++i) {
    object[text_of(table.entries[i].key)] = to_json(table.entries[i].value);
  }
  return object;
}

}  // namespace cutpoint::probes

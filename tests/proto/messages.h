// SPDX-License-Identifier: Apache-2.0
// Messages of the PostgreSQL frontend/backend protocol 3.0 as bytes on the wire. Formats:
// PostgreSQL 15 documentation, 55.7 (Message Formats); bodies of SASL messages: 55.3.1. A message
// is known by its direction and its type, so the two directions are two namespaces.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace cutpoint::test {

inline std::string int16(std::uint32_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value)};
}

inline std::string int32(std::uint32_t value) {
  return int16(value >> 16) + int16(value);
}

inline std::string zero_ended(std::string_view text) {
  return std::string(text) + '\0';
}

// Type, length (itself included, the type not), body.
inline std::string typed(char type, std::string_view body) {
  return type + int32(static_cast<std::uint32_t>(body.size() + 4)).append(body);
}

// The same with any length that the header may claim.
inline std::string typed_as(char type, std::uint32_t length, std::string_view body) {
  return type + int32(length).append(body);
}

// Length (itself included), code, body: before the session has started.
inline std::string untyped(std::uint32_t code, std::string_view body = {}) {
  return int32(static_cast<std::uint32_t>(body.size() + 8)) + int32(code).append(body);
}

namespace client {

// StartupMessage: user and database, no other parameter.
inline std::string startup(std::string_view user = "app", std::string_view database = "orders") {
  return untyped(196608, zero_ended("user") + zero_ended(user) + zero_ended("database") +
                             zero_ended(database) + '\0');
}
inline std::string ssl_request() {
  return untyped(80877103);
}
inline std::string gssenc_request() {
  return untyped(80877104);
}
inline std::string cancel_request(std::uint32_t pid, std::string_view key) {
  return untyped(80877102, int32(pid).append(key));
}

inline std::string password(std::string_view text) {
  return typed('p', zero_ended(text));
}
inline std::string sasl_initial_response(std::string_view mechanism, std::string_view data) {
  return typed('p',
               zero_ended(mechanism) + int32(static_cast<std::uint32_t>(data.size())).append(data));
}
inline std::string sasl_response(std::string_view data) {
  return typed('p', data);
}

inline std::string query(std::string_view sql) {
  return typed('Q', zero_ended(sql));
}
inline std::string parse(std::string_view statement, std::string_view sql) {
  return typed('P', zero_ended(statement) + zero_ended(sql) + int16(0));
}
// No parameters; all results in text format.
inline std::string bind_statement(std::string_view portal, std::string_view statement) {
  return typed(
      'B', zero_ended(portal) + zero_ended(statement) + int16(0) + int16(0) + int16(1) + int16(0));
}
// One parameter in text format.
inline std::string bind_value(std::string_view portal, std::string_view statement,
                              std::string_view value) {
  return typed('B', zero_ended(portal) + zero_ended(statement) + int16(0) + int16(1) +
                        int32(static_cast<std::uint32_t>(value.size())).append(value) + int16(0));
}
inline std::string describe_statement(std::string_view name) {
  return typed('D', 'S' + zero_ended(name));
}
inline std::string describe_portal(std::string_view name) {
  return typed('D', 'P' + zero_ended(name));
}
inline std::string execute(std::string_view portal, std::uint32_t rows = 0) {
  return typed('E', zero_ended(portal) + int32(rows));
}
inline std::string close_statement(std::string_view name) {
  return typed('C', 'S' + zero_ended(name));
}
inline std::string close_portal(std::string_view name) {
  return typed('C', 'P' + zero_ended(name));
}
inline std::string sync() {
  return typed('S', {});
}
inline std::string flush() {
  return typed('H', {});
}
inline std::string terminate() {
  return typed('X', {});
}
// Function 1 without arguments, result in text format.
inline std::string function_call() {
  return typed('F', int32(1) + int16(0) + int16(0) + int16(0));
}
inline std::string copy_data(std::string_view data) {
  return typed('d', data);
}
inline std::string copy_done() {
  return typed('c', {});
}
inline std::string copy_fail(std::string_view why) {
  return typed('f', zero_ended(why));
}

// What psycopg 3 and libpq's PQexecParams send for one statement.
inline std::string one_execute(std::string_view sql) {
  return parse("", sql) + bind_statement("", "") + describe_portal("") + execute("");
}

}  // namespace client

namespace server {

inline std::string authentication_ok() {
  return typed('R', int32(0));
}
inline std::string authentication_md5(std::string_view salt) {
  return typed('R', int32(5).append(salt));
}
inline std::string authentication_sasl(std::string_view mechanism) {
  return typed('R', int32(10) + zero_ended(mechanism) + '\0');
}
inline std::string authentication_sasl_continue(std::string_view data) {
  return typed('R', int32(11).append(data));
}
inline std::string authentication_sasl_final(std::string_view data) {
  return typed('R', int32(12).append(data));
}
inline std::string parameter_status(std::string_view name, std::string_view value) {
  return typed('S', zero_ended(name) + zero_ended(value));
}
inline std::string backend_key_data(std::uint32_t pid, std::uint32_t key) {
  return typed('K', int32(pid) + int32(key));
}
// ReadyForQuery: I (idle), T (in a transaction block), E (in a failed one).
inline std::string ready(char status) {
  return typed('Z', std::string(1, status));
}
inline std::string command_complete(std::string_view tag) {
  return typed('C', zero_ended(tag));
}
inline std::string empty_query_response() {
  return typed('I', {});
}

// Fields as in 55.8; the code is the SQLSTATE.
inline std::string report_fields(std::string_view severity, std::string_view code,
                                 std::string_view message) {
  return 'S' + zero_ended(severity) + 'V' + zero_ended(severity) + 'C' + zero_ended(code) + 'M' +
         zero_ended(message) + '\0';
}
inline std::string error_response(std::string_view sqlstate, std::string_view message = "failed") {
  return typed('E', report_fields("ERROR", sqlstate, message));
}
inline std::string notice_response(std::string_view sqlstate, std::string_view message) {
  return typed('N', report_fields("WARNING", sqlstate, message));
}
inline std::string notification_response(std::string_view channel, std::string_view payload) {
  return typed('A', int32(7) + zero_ended(channel) + zero_ended(payload));
}

inline std::string parse_complete() {
  return typed('1', {});
}
inline std::string bind_complete() {
  return typed('2', {});
}
inline std::string close_complete() {
  return typed('3', {});
}
inline std::string no_data() {
  return typed('n', {});
}
inline std::string parameter_description() {
  return typed('t', int16(0));
}
// One column of type text.
inline std::string row_description(std::string_view column) {
  return typed('T', int16(1) + zero_ended(column) + int32(0) + int16(0) + int32(25) +
                        int16(0xffff) + int32(0xffffffff) + int16(0));
}
inline std::string data_row(std::initializer_list<std::string_view> columns) {
  std::string body = int16(static_cast<std::uint32_t>(columns.size()));
  for (const std::string_view column : columns)
    body += int32(static_cast<std::uint32_t>(column.size())).append(column);
  return typed('D', body);
}
inline std::string copy_in_response() {
  return typed('G', '\0' + int16(0));
}
inline std::string copy_out_response() {
  return typed('H', '\0' + int16(0));
}
inline std::string copy_data(std::string_view data) {
  return typed('d', data);
}
inline std::string copy_done() {
  return typed('c', {});
}
inline std::string function_call_response() {
  return typed('V', int32(0xffffffff));
}

// What answers one_execute() of a statement without rows, up to its CommandComplete.
inline std::string one_complete(std::string_view tag) {
  return parse_complete() + bind_complete() + no_data() + command_complete(tag);
}

}  // namespace server

}  // namespace cutpoint::test

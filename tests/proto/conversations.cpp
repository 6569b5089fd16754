// SPDX-License-Identifier: Apache-2.0
#include "tests/proto/conversations.h"

#include "tests/proto/messages.h"

namespace cutpoint::test {

namespace {

using server::command_complete;
using server::one_complete;
using server::ready;

Turn up(std::string bytes) {
  return {CUT_UPSTREAM, std::move(bytes)};
}
Turn down(std::string bytes) {
  return {CUT_DOWNSTREAM, std::move(bytes)};
}

// TLS refused, SCRAM, then what is given.
Conversation after_login(std::string name, const std::vector<Turn>& turns) {
  Conversation made = {
      std::move(name),
      {
          up(client::ssl_request()),
          down("N"),
          up(client::startup()),
          down(server::authentication_sasl("SCRAM-SHA-256")),
          up(client::sasl_initial_response("SCRAM-SHA-256", "n,,n=,r=abc")),
          down(server::authentication_sasl_continue("r=abc,s=x,i=4096")),
          up(client::sasl_response("c=biws,r=abc,p=x")),
          down(server::authentication_sasl_final("v=x") + server::authentication_ok() +
               server::parameter_status("TimeZone", "UTC") + server::backend_key_data(4242, 99) +
               ready('I')),
      }};
  made.turns.insert(made.turns.end(), turns.begin(), turns.end());
  made.turns.push_back(up(client::terminate()));
  return made;
}

Conversation simple_queries() {
  return after_login(
      "simple queries",
      {
          up(client::query("begin")),
          down(command_complete("BEGIN") + ready('T')),
          up(client::query("insert into orders values (1, E'it\\'s; commit')")),
          down(command_complete("INSERT 0 1") + ready('T')),
          up(client::query("/* last /*one*/ */ CoMmIt -- now\n;")),
          down(command_complete("COMMIT") + ready('I')),
          up(client::query("begin; select $a$; rollback; $a$; commit and chain; select 1")),
          down(command_complete("BEGIN") + server::row_description("x") +
               server::data_row({command_complete("COMMIT")}) + command_complete("SELECT 1") +
               command_complete("COMMIT") + command_complete("SELECT 1") + ready('T')),
          up(client::query("savepoint s") + client::query("bad") + client::query("rollback to s") +
             client::query("commit")),
          down(command_complete("SAVEPOINT") + ready('T') + server::error_response("42601") +
               ready('E') + command_complete("ROLLBACK") + ready('T') + command_complete("COMMIT") +
               ready('I')),
          up(client::query("")),
          down(server::empty_query_response() + ready('I')),
      });
}

Conversation extended_queries() {
  return after_login(
      "extended queries",
      {
          up(client::one_execute("BEGIN") + client::sync()),
          down(one_complete("BEGIN") + ready('T')),
          up(client::parse("c", "COMMIT") + client::describe_statement("c") + client::flush()),
          down(server::parse_complete() + server::parameter_description() + server::no_data()),
          up(client::bind_statement("", "c") + client::execute("") + client::sync()),
          down(server::bind_complete() + command_complete("COMMIT") + ready('I')),
          up(client::one_execute("BEGIN") + client::one_execute("insert into a values (1)") +
             client::one_execute("COMMIT") + client::one_execute("insert into b values (1)") +
             client::sync()),
          down(one_complete("BEGIN") + one_complete("INSERT 0 1") + one_complete("COMMIT") +
               one_complete("INSERT 0 1") + ready('I')),
          up(client::one_execute("BEGIN") + client::one_execute("COMMIT AND CHAIN") +
             client::one_execute("COMMIT") + client::sync()),
          down(one_complete("BEGIN") + one_complete("COMMIT") + one_complete("COMMIT") +
               ready('I')),
          up(client::one_execute("BEGIN") + client::sync() +
             client::bind_value("p", "unknown", "COMMIT") + client::execute("p", 10) +
             client::close_portal("p") + client::sync() + client::one_execute("COMMIT") +
             client::sync()),
          down(one_complete("BEGIN") + ready('T') + server::error_response("26000") + ready('E') +
               one_complete("ROLLBACK") + ready('I')),
      });
}

Conversation copies_and_calls() {
  return after_login(
      "copies and calls",
      {
          up(client::query("copy orders from stdin")),
          down(server::copy_in_response()),
          up(client::copy_data(std::string(700, 'Q')) + client::copy_data("2\tCOMMIT\n") +
             client::copy_done()),
          down(command_complete("COPY 2") + ready('I')),
          up(client::one_execute("copy orders from stdin") + client::sync()),
          down(server::parse_complete() + server::bind_complete() + server::copy_in_response()),
          up(client::copy_fail("changed my mind") + client::sync()),
          down(server::error_response("57014") + ready('I')),
          up(client::function_call()),
          down(server::function_call_response() + ready('I')),
          up(client::query("begin; prepare transaction 'x'")),
          down(command_complete("BEGIN") + command_complete("PREPARE TRANSACTION") + ready('I') +
               server::notification_response("orders", "COMMIT")),
          up(client::query("commit prepared 'x'")),
          down(command_complete("COMMIT PREPARED") + ready('I')),
      });
}

Conversation long_messages() {
  const std::string text(1500, 'x');
  return after_login(
      "messages longer than a chunk",
      {
          up(client::query("begin; insert into t values ('" + text + "'); commit")),
          down(command_complete("BEGIN") + command_complete("INSERT 0 1") +
               command_complete("COMMIT") + ready('I')),
          up(client::query("select t from t")),
          down(server::row_description("t") + server::data_row({text, text}) +
               command_complete("SELECT 1") + ready('I') + server::error_response("57P01", text)),
      });
}

}  // namespace

std::vector<Conversation> conversations() {
  return {
      simple_queries(),
      extended_queries(),
      copies_and_calls(),
      long_messages(),
      {"cancel", {up(client::cancel_request(4242, "abcd"))}},
      {"tls", {up(client::ssl_request()), down("S"), up("\x16\x03\x01"), down("\x16\x03\x01")}},
  };
}

}  // namespace cutpoint::test

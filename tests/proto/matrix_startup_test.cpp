// SPDX-License-Identifier: Apache-2.0
// How a connection starts (PostgreSQL 15 documentation, 55.2.1 and 55.2.10 to 55.2.12). A test's
// name starts with its row of the protocol matrix (tests/MATRIX.md).
#include <gtest/gtest.h>

#include "tests/proto/session.h"

namespace cutpoint::test {
namespace {

using namespace client;
using server::ready;

// user and database, of 3 and 6 letters.
constexpr std::uint32_t startup_bytes = 34;

Fact started() {
  return fact({CUT_PG_STARTUP}).at(0, startup_bytes);
}

TEST(Postgres, P22_refused_tls_and_gssapi_are_no_messages) {
  Session session;
  EXPECT_EQ(session.sends(gssenc_request()), Facts{});
  EXPECT_EQ(session.answers("N"), Facts{});
  EXPECT_EQ(session.sends(ssl_request()), Facts{});
  EXPECT_EQ(session.answers("N"), Facts{});
  EXPECT_EQ(session.sends(startup()), Facts{started()});
  EXPECT_EQ(session.client_sync(), Sync::on);
  EXPECT_EQ(session.server_sync(), Sync::on);
}

TEST(Postgres, P22_accepted_tls_or_gssapi_ends_the_parsing_of_both_directions) {
  for (const std::string_view accepted : {"S", "G"}) {
    Session session;
    session.sends(accepted == "S" ? ssl_request() : gssenc_request());
    EXPECT_EQ(session.answers(accepted), Facts{});
    EXPECT_EQ(session.client_sync(), Sync::encrypted);
    EXPECT_EQ(session.server_sync(), Sync::encrypted);
    EXPECT_EQ(session.sends(query("COMMIT")), Facts{});
  }
}

TEST(Postgres, P23_plain_start_after_a_refusal_is_a_session_like_any) {
  Session session;
  session.sends(ssl_request());
  session.answers("N");
  session.sends(startup());
  EXPECT_EQ(session.answers(server::authentication_ok() + server::backend_key_data(4242, 99) +
                            ready('I')),
            (Facts{
                fact({CUT_PG_AUTH_OK}).at(0, 9),
                fact({CUT_PG_BACKEND_KEY}).at(9, 22).pid(4242),
                fact({CUT_PG_READY}).at(22, 28).status('I'),
            }));
  session.sends(query("BEGIN"));
  session.answers(server::command_complete("BEGIN") + ready('T'));
  EXPECT_EQ(session.sends(query("COMMIT")), commit_query_facts(12));
}

TEST(Postgres, P23_a_server_too_old_for_tls_answers_with_an_error) {
  Session session;
  session.sends(ssl_request());
  const std::string error = server::error_response("0A000", "unsupported frontend protocol");
  EXPECT_EQ(
      session.answers(error),
      (Facts{
          fact({CUT_PG_ERROR}).at(0, static_cast<std::uint32_t>(error.size())).sqlstate("0A000")}));
  EXPECT_EQ(session.server_sync(), Sync::on);
}

TEST(Postgres, P24_cancel_request_is_no_session) {
  for (const std::string_view key :
       {std::string_view("abcd"), std::string_view("a longer key of 3.2")}) {
    Session session;
    const std::string bytes = cancel_request(4242, key);
    EXPECT_EQ(session.sends(bytes),
              (Facts{fact({CUT_PG_CANCEL}).at(0, static_cast<std::uint32_t>(bytes.size()))}));
    EXPECT_EQ(session.client_sync(), Sync::on);
    EXPECT_EQ(session.sends(query("COMMIT")), Facts{});
    EXPECT_EQ(session.client_sync(), Sync::lost);
  }
}

TEST(Postgres, P25_direct_tls_is_no_start_up) {
  Session session;
  EXPECT_EQ(session.sends("\x16\x03\x01\x02\x05\x01"), Facts{});
  EXPECT_EQ(session.client_sync(), Sync::encrypted);
  EXPECT_EQ(session.server_sync(), Sync::encrypted);
}

TEST(Postgres, P29_scram_messages_belong_to_the_start) {
  Session session;
  EXPECT_EQ(session.sends(startup()), Facts{started()});
  EXPECT_EQ(session.answers(server::authentication_sasl("SCRAM-SHA-256")), Facts{});
  EXPECT_EQ(session.sends(sasl_initial_response("SCRAM-SHA-256", "n,,n=,r=COMMIT")), Facts{});
  EXPECT_EQ(session.answers(server::authentication_sasl_continue("r=COMMIT,s=x,i=4096")), Facts{});
  EXPECT_EQ(session.sends(sasl_response("c=biws,r=COMMIT,p=x")), Facts{});
  const std::string final = server::authentication_sasl_final("v=x");
  const auto end = static_cast<std::uint32_t>(final.size());
  EXPECT_EQ(session.answers(final + server::authentication_ok()),
            (Facts{fact({CUT_PG_AUTH_OK}).at(end, end + 9)}));
  EXPECT_EQ(session.answers(server::parameter_status("TimeZone", "UTC") +
                            server::backend_key_data(77, 1) + ready('I')),
            (Facts{
                fact({CUT_PG_BACKEND_KEY}).at(18, 31).pid(77),
                fact({CUT_PG_READY}).at(31, 37).status('I'),
            }));
  EXPECT_EQ(session.parser().requests, session.parser().replies);
}

TEST(Postgres, P29_md5_password_belongs_to_the_start) {
  Session session;
  session.sends(startup());
  EXPECT_EQ(session.answers(server::authentication_md5("salt")), Facts{});
  EXPECT_EQ(session.sends(password("md5COMMIT")), Facts{});
  EXPECT_EQ(session.answers(server::authentication_ok()), (Facts{fact({CUT_PG_AUTH_OK}).at(0, 9)}));
}

TEST(Postgres, P29_refused_login_is_an_error) {
  Session session;
  session.sends(startup());
  session.answers(server::authentication_md5("salt"));
  session.sends(password("wrong"));
  const Facts facts = session.answers(server::error_response("28P01"));
  ASSERT_EQ(facts.size(), 1U);
  EXPECT_EQ(facts[0], fact({CUT_PG_ERROR}).at(0, facts[0].last).sqlstate("28P01"));
}

TEST(Postgres, P29_first_transaction_is_sent_before_the_login_is_answered) {
  Session session;
  session.sends(startup());
  session.sends(query("BEGIN") + query("COMMIT"));
  const Facts facts =
      session.answers(server::authentication_ok() + server::backend_key_data(1, 1) + ready('I') +
                      server::command_complete("BEGIN") + ready('T') + committed());
  EXPECT_EQ(facts.size(), 6U);
  EXPECT_TRUE(facts[4].is(CUT_PG_COMMIT_ACK));
  EXPECT_EQ(session.parser().requests, session.parser().replies);
}

}  // namespace
}  // namespace cutpoint::test

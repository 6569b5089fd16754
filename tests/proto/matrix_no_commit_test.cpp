// SPDX-License-Identifier: Apache-2.0
// What looks like a COMMIT and is none, or ends a transaction in another way. A test's name starts
// with its row of the protocol matrix.
#include <gtest/gtest.h>

#include "tests/proto/session.h"

namespace cutpoint::test {
namespace {

using namespace client;
using server::command_complete;
using server::ready;

constexpr std::uint64_t plain_query = bit(CUT_PG_QUERY) | bit(CUT_PG_STATEMENT);

// A COMMIT inside a procedure or a DO block never shows on the wire: only the end does.
TEST(Postgres, P15_commit_inside_a_procedure_is_invisible) {
  for (const std::string_view sql : {"CALL settle()", "DO $$ begin commit; end $$"}) {
    Session session = logged_in();
    EXPECT_EQ(moments_of(session.sends(query(sql))), plain_query) << sql;
    const std::string_view tag = sql.substr(0, sql.find(' '));
    EXPECT_EQ(moments_of(session.answers(command_complete(tag) + ready('I'))),
              bit(CUT_PG_READY) | bit(CUT_PG_COMMIT_IMPLICIT))
        << sql;
  }
}

TEST(Postgres, P16_two_phase_commands_have_moments_of_their_own) {
  Session session = in_transaction();
  EXPECT_EQ(session.sends(query("PREPARE TRANSACTION 'x'")),
            (Facts{fact({CUT_PG_PREPARE_REQUEST, CUT_PG_QUERY, CUT_PG_STATEMENT})
                       .at(0, 29)
                       .commands({CUT_SQL_PREPARE_TRANSACTION})
                       .in_transaction()}));
  // Neither is it a commit: what was prepared is still to be decided.
  EXPECT_EQ(session.answers(command_complete("PREPARE TRANSACTION") + ready('I')),
            (Facts{fact({CUT_PG_READY}).at(25, 31).status('I')}));

  EXPECT_EQ(session.sends(query("COMMIT PREPARED 'x'")),
            (Facts{fact({CUT_PG_COMMIT_PREPARED_REQUEST, CUT_PG_QUERY, CUT_PG_STATEMENT})
                       .at(0, 25)
                       .commands({CUT_SQL_COMMIT_PREPARED})}));
  EXPECT_EQ(moments_of(session.answers(command_complete("COMMIT PREPARED") + ready('I'))) &
                (bit(CUT_PG_COMMIT_ACK) | bit(CUT_PG_ROLLBACK_ACK)),
            0U);

  EXPECT_EQ(session.sends(query("ROLLBACK PREPARED 'y'")),
            (Facts{fact({CUT_PG_ROLLBACK_PREPARED_REQUEST, CUT_PG_QUERY, CUT_PG_STATEMENT})
                       .at(0, 27)
                       .commands({CUT_SQL_ROLLBACK_PREPARED})}));
  EXPECT_EQ(moments_of(session.answers(command_complete("ROLLBACK PREPARED") + ready('I'))) &
                (bit(CUT_PG_COMMIT_ACK) | bit(CUT_PG_ROLLBACK_ACK)),
            0U);
}

TEST(Postgres, P16_prepare_transaction_that_is_answered_rollback_is_no_mismatch) {
  Session session = in_transaction();
  session.sends(query("bad") + query("PREPARE TRANSACTION 'x'") + query("begin"));
  const Facts facts =
      session.answers(server::error_response("42601") + ready('E') + command_complete("ROLLBACK") +
                      ready('I') + command_complete("BEGIN") + ready('T'));
  ASSERT_EQ(facts.size(), 5U);
  EXPECT_TRUE(facts[2].is(CUT_PG_ROLLBACK_ACK));
  EXPECT_FALSE(facts[2].mismatch);
}

TEST(Postgres, P17_sql_level_prepare_is_not_two_phase) {
  Session session = in_transaction();
  const Facts facts = session.sends(query("PREPARE c AS insert into orders values ($1)"));
  EXPECT_EQ(moments_of(facts), plain_query);
  EXPECT_EQ(facts.front().attributes[CUT_PG_ATTR_COMMAND], 1U << CUT_SQL_OTHER);
  EXPECT_EQ(moments_of(session.answers(command_complete("PREPARE") + ready('T'))),
            bit(CUT_PG_READY));
  EXPECT_EQ(moments_of(session.sends(query("EXECUTE c(1)"))), plain_query);
}

TEST(Postgres, P18_savepoints_are_no_moments) {
  Session session = in_transaction();
  for (const std::string_view sql : {"SAVEPOINT s", "RELEASE s", "RELEASE SAVEPOINT s"}) {
    EXPECT_EQ(moments_of(session.sends(query(sql))), plain_query) << sql;
    EXPECT_EQ(
        moments_of(session.answers(command_complete(sql.substr(0, sql.find(' '))) + ready('T'))),
        bit(CUT_PG_READY))
        << sql;
  }
  EXPECT_EQ(session.sends(query("COMMIT")), commit_query_facts(12));
}

// Its tag is ROLLBACK, as that of a whole transaction.
TEST(Postgres, P18_rollback_to_a_savepoint_ends_no_transaction) {
  Session session = in_transaction();
  EXPECT_EQ(moments_of(session.sends(query("ROLLBACK TO SAVEPOINT s"))), plain_query);
  EXPECT_EQ(session.answers(command_complete("ROLLBACK") + ready('T')),
            (Facts{fact({CUT_PG_READY}).at(14, 20).status('T')}));
  EXPECT_EQ(session.sends(query("COMMIT")), commit_query_facts(12));
  EXPECT_EQ(session.answers(committed()), committed_facts());
}

TEST(Postgres, P18_rollback_and_abort_are_rollbacks) {
  for (const std::string_view sql : {"ROLLBACK", "ABORT", "rollback work;", "abort transaction"}) {
    Session session = in_transaction();
    EXPECT_EQ(moments_of(session.sends(query(sql))), plain_query | bit(CUT_PG_ROLLBACK_REQUEST))
        << sql;
    const Facts answered = session.answers(command_complete("ROLLBACK") + ready('I'));
    EXPECT_EQ(moments_of(answered), bit(CUT_PG_ROLLBACK_ACK) | bit(CUT_PG_READY)) << sql;
    EXPECT_FALSE(answered.front().mismatch) << sql;
  }
}

TEST(Postgres, P19_commit_as_data_is_data) {
  Session session = in_transaction();
  EXPECT_EQ(session.sends(query("select 'COMMIT'; select '; commit; '")),
            (Facts{fact({CUT_PG_QUERY, CUT_PG_STATEMENT})
                       .at(0, 42)
                       .commands({CUT_SQL_SELECT})
                       .in_transaction()}));
  const std::string message = command_complete("COMMIT");
  EXPECT_EQ(moments_of(session.answers(
                server::row_description("COMMIT") + server::data_row({message, "COMMIT"}) +
                server::data_row({query("COMMIT")}) + command_complete("SELECT 2") + ready('T'))),
            bit(CUT_PG_READY));
}

TEST(Postgres, P19_commit_as_a_bound_value_is_data) {
  Session session = in_transaction();
  const Facts facts = session.sends(parse("", "select $1") + bind_value("", "", query("COMMIT")) +
                                    execute("") + client::sync());
  EXPECT_EQ(moments_of(facts),
            bit(CUT_PG_PARSE) | bit(CUT_PG_BIND) | bit(CUT_PG_EXECUTE) | bit(CUT_PG_STATEMENT));
}

TEST(Postgres, P19_commit_in_copied_rows_is_data) {
  Session session = in_transaction();
  session.sends(query("copy orders from stdin"));
  session.answers(server::copy_in_response());
  EXPECT_EQ(moments_of(
                session.sends(copy_data("1\tCOMMIT\n") + copy_data(query("COMMIT")) + copy_done())),
            bit(CUT_PG_COPY_DATA));
  session.answers(command_complete("COPY 2") + ready('T'));
  session.sends(query("copy orders to stdout"));
  EXPECT_EQ(moments_of(session.answers(
                server::copy_out_response() + server::copy_data(command_complete("COMMIT")) +
                server::copy_done() + command_complete("COPY 1") + ready('T'))),
            bit(CUT_PG_READY));
}

}  // namespace
}  // namespace cutpoint::test

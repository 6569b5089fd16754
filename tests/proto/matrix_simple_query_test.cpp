// SPDX-License-Identifier: Apache-2.0
// What clients put on the wire by simple Query (PostgreSQL 15 documentation, 55.2.2), and what the
// parser must make of it. A test's name starts with its row of the protocol matrix.
#include <gtest/gtest.h>

#include "tests/proto/session.h"

namespace cutpoint::test {
namespace {

using namespace client;
using server::command_complete;
using server::ready;

TEST(Postgres, P01_psycopg2_commit_is_one_query) {
  Session session = in_transaction();
  EXPECT_EQ(session.sends(query("COMMIT")), commit_query_facts(12));
  EXPECT_EQ(session.answers(committed()), committed_facts());
}

TEST(Postgres, P02_asyncpg_commit_ends_with_a_semicolon) {
  Session session = in_transaction();
  EXPECT_EQ(session.sends(query("COMMIT;")), commit_query_facts(13));
  EXPECT_EQ(session.answers(committed()), committed_facts());
}

TEST(Postgres, P06_every_spelling_of_commit_is_a_commit) {
  for (const std::string_view sql :
       {"commit;", "COMMIT WORK", "END", "end transaction", "End Work ;", "commit transaction",
        "COMMIT AND NO CHAIN", "--x\n/* /*n*/ */ CoMmIt /*t*/ ;", "\r\n\t;; commit"}) {
    Session session = in_transaction();
    const std::string bytes = query(sql);
    EXPECT_EQ(session.sends(bytes), commit_query_facts(static_cast<std::uint32_t>(bytes.size())))
        << sql;
    EXPECT_EQ(session.answers(committed()), committed_facts()) << sql;
  }
}

TEST(Postgres, P07_commit_and_chain_leaves_a_transaction_open) {
  Session session = in_transaction();
  EXPECT_EQ(session.sends(query("COMMIT AND CHAIN")), commit_query_facts(22));
  EXPECT_EQ(session.answers(command_complete("COMMIT") + ready('T')),
            (Facts{
                fact({CUT_PG_COMMIT_ACK}).at(0, 12).commands({CUT_SQL_COMMIT}).in_transaction(),
                fact({CUT_PG_READY}).at(12, 18).status('T'),
            }));
  EXPECT_EQ(session.sends(query("COMMIT")), commit_query_facts(12));
  EXPECT_EQ(session.answers(committed()), committed_facts());
}

TEST(Postgres, P08_commit_of_a_failed_transaction_is_a_rollback) {
  Session session = in_failed_transaction();
  EXPECT_EQ(session.sends(query("COMMIT")),
            (Facts{fact({CUT_PG_ROLLBACK_REQUEST, CUT_PG_QUERY, CUT_PG_STATEMENT})
                       .at(0, 12)
                       .commands({CUT_SQL_COMMIT})
                       .in_transaction()}));
  EXPECT_EQ(session.answers(command_complete("ROLLBACK") + ready('I')),
            (Facts{
                fact({CUT_PG_ROLLBACK_ACK}).at(0, 14).commands({CUT_SQL_ROLLBACK}).in_transaction(),
                fact({CUT_PG_READY}).at(14, 20).status('I'),
            }));
}

TEST(Postgres, P09_commit_outside_a_transaction_is_none) {
  Session session = logged_in();
  EXPECT_EQ(session.sends(query("COMMIT")),
            (Facts{fact({CUT_PG_QUERY, CUT_PG_STATEMENT}).at(0, 12).commands({CUT_SQL_COMMIT})}));
  const std::string notice =
      server::notice_response("25P01", "there is no transaction in progress");
  const auto start = static_cast<std::uint32_t>(notice.size());
  EXPECT_EQ(session.answers(notice + committed()),
            (Facts{fact({CUT_PG_READY}).at(start + 12, start + 18).status('I')}));
}

TEST(Postgres, P10_begin_insert_commit_in_one_query) {
  Session session = logged_in();
  EXPECT_EQ(session.sends(query("begin; insert into orders values (1); commit")),
            (Facts{fact({CUT_PG_COMMIT_REQUEST, CUT_PG_BEGIN, CUT_PG_QUERY, CUT_PG_STATEMENT})
                       .at(0, 50)
                       .commands({CUT_SQL_BEGIN, CUT_SQL_INSERT, CUT_SQL_COMMIT})
                       .in_transaction()}));
  EXPECT_EQ(
      session.answers(command_complete("BEGIN") + command_complete("INSERT 0 1") + committed()),
      (Facts{
          fact({CUT_PG_COMMIT_ACK}).at(27, 39).commands({CUT_SQL_COMMIT}).in_transaction(),
          fact({CUT_PG_READY}).at(39, 45).status('I'),
      }));
}

TEST(Postgres, P10_two_transactions_in_one_query_are_told_apart_from_one) {
  Session session = logged_in();
  EXPECT_EQ(session.sends(query("begin;insert into a values (1);commit;begin;commit")),
            (Facts{fact({CUT_PG_COMMIT_REQUEST, CUT_PG_BEGIN, CUT_PG_QUERY, CUT_PG_STATEMENT})
                       .at(0, 56)
                       .commands({CUT_SQL_BEGIN, CUT_SQL_INSERT, CUT_SQL_COMMIT})
                       .in_transaction()
                       .several()}));
  EXPECT_EQ(session.sends(query("begin; commit")),
            (Facts{fact({CUT_PG_COMMIT_REQUEST, CUT_PG_BEGIN, CUT_PG_QUERY, CUT_PG_STATEMENT})
                       .at(0, 19)
                       .commands({CUT_SQL_BEGIN, CUT_SQL_COMMIT})
                       .in_transaction()}));
}

TEST(Postgres, P11_commit_before_the_last_statement_of_a_query) {
  Session session = in_transaction();
  EXPECT_EQ(session.sends(query("insert into orders values (1); commit; select 1")),
            (Facts{fact({CUT_PG_COMMIT_REQUEST, CUT_PG_QUERY, CUT_PG_STATEMENT})
                       .at(0, 53)
                       .commands({CUT_SQL_INSERT, CUT_SQL_COMMIT, CUT_SQL_SELECT})
                       .in_transaction()}));
  const std::string rows =
      server::row_description("one") + server::data_row({"1"}) + command_complete("SELECT 1");
  const auto end = static_cast<std::uint32_t>(28 + rows.size());
  // The SELECT is a transaction of its own, which the ReadyForQuery ends.
  EXPECT_EQ(session.answers(command_complete("INSERT 0 1") + command_complete("COMMIT") + rows +
                            ready('I')),
            (Facts{
                fact({CUT_PG_COMMIT_ACK}).at(16, 28).commands({CUT_SQL_COMMIT}).in_transaction(),
                fact({CUT_PG_READY, CUT_PG_COMMIT_IMPLICIT}).at(end, end + 6).status('I'),
            }));
}

TEST(Postgres, P12_autocommit_is_an_implicit_commit) {
  Session session = logged_in();
  EXPECT_EQ(session.sends(query("insert into orders values (1)")),
            (Facts{fact({CUT_PG_QUERY, CUT_PG_STATEMENT}).at(0, 35).commands({CUT_SQL_INSERT})}));
  EXPECT_EQ(session.answers(command_complete("INSERT 0 1") + ready('I')),
            (Facts{fact({CUT_PG_READY, CUT_PG_COMMIT_IMPLICIT}).at(16, 22).status('I')}));
}

TEST(Postgres, P12_two_inserts_in_one_query_are_one_implicit_commit) {
  Session session = logged_in();
  EXPECT_EQ(session.sends(query("insert into a values (1); insert into b values (1)")),
            (Facts{fact({CUT_PG_QUERY, CUT_PG_STATEMENT}).at(0, 56).commands({CUT_SQL_INSERT})}));
  EXPECT_EQ(
      session.answers(command_complete("INSERT 0 1") + command_complete("INSERT 0 1") + ready('I')),
      (Facts{fact({CUT_PG_READY, CUT_PG_COMMIT_IMPLICIT}).at(32, 38).status('I')}));
}

TEST(Postgres, P12_a_failed_statement_commits_nothing) {
  Session session = logged_in();
  session.sends(query("insert into a values (1); insert into b values (1)"));
  const Facts facts = session.answers(command_complete("INSERT 0 1") +
                                      server::error_response("23505") + ready('I'));
  ASSERT_EQ(facts.size(), 2U);
  EXPECT_EQ(facts[0], fact({CUT_PG_ERROR}).at(16, facts[0].last).sqlstate("23505"));
  EXPECT_EQ(facts[1], fact({CUT_PG_READY}).at(facts[0].last, facts[0].last + 6).status('I'));
}

TEST(Postgres, P20_an_empty_query_is_no_statement_and_is_answered_once) {
  Session session = logged_in();
  for (const std::string_view sql : {"", ";", " ;; ", "-- nothing", "/* nothing */"}) {
    const std::string bytes = query(sql);
    EXPECT_EQ(session.sends(bytes),
              (Facts{fact({CUT_PG_QUERY}).at(0, static_cast<std::uint32_t>(bytes.size()))}))
        << sql;
    EXPECT_EQ(session.answers(server::empty_query_response() + ready('I')),
              (Facts{fact({CUT_PG_READY}).at(5, 11).status('I')}))
        << sql;
  }
  EXPECT_EQ(session.parser().requests, session.parser().replies);
  session.sends(query("begin"));
  session.answers(command_complete("BEGIN") + ready('T'));
  EXPECT_EQ(session.sends(query("commit")), commit_query_facts(12));
}

}  // namespace
}  // namespace cutpoint::test

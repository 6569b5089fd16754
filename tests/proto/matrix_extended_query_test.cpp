// SPDX-License-Identifier: Apache-2.0
// What clients put on the wire by Parse, Bind, Execute (PostgreSQL 15 documentation, 55.2.3), and
// what the parser must make of it. A test's name starts with its row of the protocol matrix.
#include <gtest/gtest.h>

#include "tests/proto/session.h"

namespace cutpoint::test {
namespace {

using namespace client;
using server::command_complete;
using server::ready;

// The Execute of a COMMIT, with the messages that belong to it.
Fact commit_execute() {
  return fact({CUT_PG_COMMIT_REQUEST, CUT_PG_EXECUTE, CUT_PG_STATEMENT})
      .commands({CUT_SQL_COMMIT})
      .in_transaction();
}

TEST(Postgres, P03_psycopg3_commit_by_extended_protocol) {
  Session session = in_transaction();
  const std::string bytes = one_execute("COMMIT") + client::sync();
  ASSERT_EQ(bytes.size(), 52U);
  EXPECT_EQ(session.sends(bytes), (Facts{
                                      fact({CUT_PG_PARSE}).at(0, 15).commands({CUT_SQL_COMMIT}),
                                      fact({CUT_PG_BIND}).at(15, 30).commands({CUT_SQL_COMMIT}),
                                      commit_execute().at(0, 52),
                                  }));
  EXPECT_EQ(session.answers(server::one_complete("COMMIT") + ready('I')),
            (Facts{
                fact({CUT_PG_COMMIT_ACK}).at(15, 27).commands({CUT_SQL_COMMIT}).in_transaction(),
                fact({CUT_PG_READY}).at(27, 33).status('I'),
            }));
}

TEST(Postgres, P04_pgbench_prepared_commit_has_no_text_in_its_second_round) {
  Session session = logged_in();
  session.sends(parse("P_0", "BEGIN;") + client::sync());
  session.answers(server::parse_complete() + ready('I'));
  session.sends(parse("P_2", "END;") + client::sync());
  session.answers(server::parse_complete() + ready('I'));
  for (int round = 0; round < 2; ++round) {
    const Facts begun = session.sends(bind_statement("", "P_0") + describe_portal("") +
                                      execute("") + client::sync());
    EXPECT_EQ(
        begun.back(),
        fact({CUT_PG_BEGIN, CUT_PG_EXECUTE, CUT_PG_STATEMENT}).at(0, 35).commands({CUT_SQL_BEGIN}));
    session.answers(server::bind_complete() + server::no_data() + command_complete("BEGIN") +
                    ready('T'));
    EXPECT_EQ(session.sends(bind_statement("", "P_2") + describe_portal("") + execute("") +
                            client::sync()),
              (Facts{
                  fact({CUT_PG_BIND}).at(0, 18).commands({CUT_SQL_COMMIT}),
                  commit_execute().at(0, 40),
              }));
    EXPECT_EQ(session.answers(server::bind_complete() + server::no_data() + committed()).front(),
              fact({CUT_PG_COMMIT_ACK}).at(10, 22).commands({CUT_SQL_COMMIT}).in_transaction());
  }
}

TEST(Postgres, P05_statement_that_was_parsed_long_ago) {
  Session session = logged_in();
  session.sends(parse("c", "commit") + client::sync());
  session.answers(server::parse_complete() + ready('I'));
  for (int i = 0; i < 1000; ++i) {
    session.sends(parse("s" + std::to_string(i), "select 1") + client::sync());
    session.answers(server::parse_complete() + ready('I'));
  }
  EXPECT_FALSE(session.parser().names_full);
  session.sends(query("begin"));
  session.answers(command_complete("BEGIN") + ready('T'));
  EXPECT_EQ(session.sends(bind_statement("", "c") + execute("") + client::sync()),
            (Facts{
                fact({CUT_PG_BIND}).at(0, 16).commands({CUT_SQL_COMMIT}),
                commit_execute().at(0, 31),
            }));
  EXPECT_EQ(session.answers(server::bind_complete() + committed()).front(),
            fact({CUT_PG_COMMIT_ACK}).at(5, 17).commands({CUT_SQL_COMMIT}).in_transaction());
}

TEST(Postgres, P13_pipeline_without_commit_ends_in_an_implicit_commit) {
  Session session = logged_in();
  const Facts asked = session.sends(one_execute("insert into a values (1)") +
                                    one_execute("insert into b values (1)") + client::sync());
  EXPECT_EQ(moments_of(asked),
            bit(CUT_PG_PARSE) | bit(CUT_PG_BIND) | bit(CUT_PG_EXECUTE) | bit(CUT_PG_STATEMENT));
  ASSERT_EQ(asked.size(), 6U);
  EXPECT_EQ(asked[5],
            fact({CUT_PG_EXECUTE, CUT_PG_STATEMENT}).at(65, 130).commands({CUT_SQL_INSERT}));
  EXPECT_EQ(session.answers(server::one_complete("INSERT 0 1") +
                            server::one_complete("INSERT 0 1") + ready('I')),
            (Facts{fact({CUT_PG_READY, CUT_PG_COMMIT_IMPLICIT}).at(62, 68).status('I')}));
}

TEST(Postgres, P14_commit_in_the_middle_of_a_pipeline) {
  Session session = logged_in();
  const std::string before = one_execute("begin") + one_execute("insert into a values (1)");
  const std::string commit = one_execute("commit");
  const auto begin = static_cast<std::uint32_t>(before.size());
  const auto end = static_cast<std::uint32_t>(begin + commit.size());
  const Facts asked =
      session.sends(before + commit + one_execute("insert into b values (1)") + client::sync());
  ASSERT_EQ(asked.size(), 12U);
  EXPECT_TRUE(asked[2].is(CUT_PG_BEGIN));
  // Its neighbours come behind it, so it ends at its own Execute, not at the Sync.
  EXPECT_EQ(asked[8], commit_execute().at(begin, end));
  EXPECT_FALSE(asked[11].flags & CUT_FACT_IN_TRANSACTION);

  const std::string answered = server::one_complete("BEGIN") + server::one_complete("INSERT 0 1") +
                               server::one_complete("COMMIT");
  const auto ack = static_cast<std::uint32_t>(answered.size());
  const std::string rest = server::one_complete("INSERT 0 1");
  const auto done = static_cast<std::uint32_t>(ack + rest.size());
  EXPECT_EQ(
      session.answers(answered + rest + ready('I')),
      (Facts{
          fact({CUT_PG_COMMIT_ACK}).at(ack - 12, ack).commands({CUT_SQL_COMMIT}).in_transaction(),
          fact({CUT_PG_READY, CUT_PG_COMMIT_IMPLICIT}).at(done, done + 6).status('I'),
      }));
}

TEST(Postgres, P21_asyncpg_prepare_is_flushed_and_has_no_reply_of_its_own) {
  Session session = in_transaction();
  const std::uint32_t requests = session.parser().requests;
  EXPECT_EQ(session.sends(parse("c", "COMMIT") + describe_statement("c") + client::flush()),
            (Facts{fact({CUT_PG_PARSE}).at(0, 16).commands({CUT_SQL_COMMIT})}));
  EXPECT_EQ(session.answers(server::parse_complete() + server::parameter_description() +
                            server::no_data()),
            Facts{});
  EXPECT_EQ(session.parser().requests, requests);

  // The Parse was answered: the request for the COMMIT begins at its Bind.
  EXPECT_EQ(session.sends(bind_statement("", "c") + execute("") + client::sync()).back(),
            commit_execute().at(0, 31));
  EXPECT_EQ(session.answers(server::bind_complete() + committed()).front(),
            fact({CUT_PG_COMMIT_ACK}).at(5, 17).commands({CUT_SQL_COMMIT}).in_transaction());
  EXPECT_EQ(session.parser().requests, session.parser().replies);
}

TEST(Postgres, P21_commit_that_is_flushed_ends_at_its_execute) {
  Session session = in_transaction();
  EXPECT_EQ(session.sends(one_execute("COMMIT") + client::flush()).back(),
            commit_execute().at(0, 47));
}

}  // namespace
}  // namespace cutpoint::test

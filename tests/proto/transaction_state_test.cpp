// SPDX-License-Identifier: Apache-2.0
// Whether a COMMIT is one depends on the transaction that it meets, and must survive pipelining.
#include <gtest/gtest.h>

#include "tests/proto/answers.h"

namespace cutpoint::test {
namespace {

using namespace client;
using server::command_complete;
using server::ready;

TEST(TransactionState, commit_outside_a_transaction_is_no_request_in_either_protocol) {
  Session session = logged_in();
  EXPECT_FALSE(asks_for_commit(session.sends(query("commit"))));
  session.answers(committed());
  EXPECT_FALSE(asks_for_commit(session.sends(one_execute("commit") + client::sync())));
  session.answers(server::one_complete("COMMIT") + ready('I'));
  session.sends(query("begin; commit"));
  EXPECT_FALSE(asks_for_commit(session.sends(query("commit"))));
}

TEST(TransactionState, begin_and_commit_are_pipelined_without_waiting) {
  Session session = logged_in();
  const Facts facts = session.sends(query("begin") + query("insert into orders values (1)") +
                                    query("commit") + query("commit"));
  ASSERT_EQ(facts.size(), 4U);
  EXPECT_TRUE(facts[0].is(CUT_PG_BEGIN));
  EXPECT_TRUE(facts[1].flags & CUT_FACT_IN_TRANSACTION);
  EXPECT_TRUE(facts[2].is(CUT_PG_COMMIT_REQUEST));
  EXPECT_FALSE(facts[3].is(CUT_PG_COMMIT_REQUEST));
  const Facts answers =
      session.answers(begun() + command_complete("INSERT 0 1") + ready('T') + committed());
  EXPECT_EQ(only_answer(answers), committed_facts().front().at(39, 51));
  // The last one found no transaction: the server only warns.
  EXPECT_EQ(moments_of(session.answers(committed())), bit(CUT_PG_READY));
}

TEST(TransactionState, statements_of_one_query_are_a_transaction_that_commit_ends) {
  Session session = logged_in();
  EXPECT_TRUE(asks_for_commit(session.sends(query("insert into a values (1); commit"))));
  EXPECT_TRUE(only_answer(session.answers(command_complete("INSERT 0 1") + committed()))
                  .is(CUT_PG_COMMIT_ACK));
}

TEST(TransactionState, statements_before_a_sync_are_a_transaction_that_commit_ends) {
  Session session = logged_in();
  EXPECT_TRUE(asks_for_commit(session.sends(one_execute("insert into a values (1)") +
                                            one_execute("commit") + client::sync())));
  EXPECT_TRUE(only_answer(session.answers(server::one_complete("INSERT 0 1") +
                                          server::one_complete("COMMIT") + ready('I')))
                  .is(CUT_PG_COMMIT_ACK));
  // The Sync has ended it: the next COMMIT finds none.
  session.sends(one_execute("insert into a values (1)") + client::sync());
  EXPECT_FALSE(asks_for_commit(session.sends(one_execute("commit") + client::sync())));
}

TEST(TransactionState, chain_keeps_a_transaction_open_until_a_plain_end) {
  Session session = in_transaction();
  const Facts facts = session.sends(query("commit and chain") + query("rollback and chain") +
                                    query("commit") + query("commit"));
  ASSERT_EQ(facts.size(), 4U);
  EXPECT_TRUE(facts[0].is(CUT_PG_COMMIT_REQUEST));
  EXPECT_TRUE(facts[1].is(CUT_PG_ROLLBACK_REQUEST));
  EXPECT_TRUE(facts[2].is(CUT_PG_COMMIT_REQUEST));
  EXPECT_FALSE(facts[3].is(CUT_PG_COMMIT_REQUEST));
}

TEST(TransactionState, chain_and_commit_in_one_query_have_two_acknowledgements) {
  Session session = in_transaction();
  session.sends(query("commit and chain; commit"));
  const Facts answers = session.answers(command_complete("COMMIT") + committed());
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_TRUE(answers[0].is(CUT_PG_COMMIT_ACK));
  EXPECT_TRUE(answers[1].is(CUT_PG_COMMIT_ACK));
  EXPECT_TRUE(answers[2].is(CUT_PG_READY));
}

TEST(TransactionState, chain_by_prepared_statement) {
  Session session = in_transaction();
  session.sends(parse("cc", "commit and chain") + client::sync());
  session.answers(server::parse_complete() + ready('T'));
  EXPECT_TRUE(
      asks_for_commit(session.sends(bind_statement("", "cc") + execute("") + client::sync())));
  EXPECT_TRUE(asks_for_commit(session.sends(query("commit"))));
}

TEST(TransactionState, rollback_to_and_commit_in_one_query) {
  Session session = in_transaction();
  EXPECT_TRUE(asks_for_commit(session.sends(query("rollback to s; commit"))));
  const Fact answer = only_answer(session.answers(command_complete("ROLLBACK") + committed()));
  EXPECT_EQ(answer,
            fact({CUT_PG_COMMIT_ACK}).at(14, 26).commands({CUT_SQL_COMMIT}).in_transaction());
}

// More questions than are remembered: no answer is then
// attributed to the wrong one.
// In copy-in mode the server ignores the Sync that followed the
// Execute (55.2.6).
}  // namespace
}  // namespace cutpoint::test

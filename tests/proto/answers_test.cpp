// SPDX-License-Identifier: Apache-2.0
// Whether an answer is the expected one depends on the request that it answers: the two directions
// stay in step whatever fails.
#include "tests/proto/answers.h"

#include <gtest/gtest.h>

namespace cutpoint::test {
namespace {

using namespace client;
using server::command_complete;
using server::error_response;
using server::ready;

TEST(Answers, commit_that_the_server_answers_with_rollback_is_a_mismatch) {
  Session session = in_transaction();
  session.sends(query("bad") + query("commit"));
  const Facts answers = session.answers(refused('E') + command_complete("ROLLBACK") + ready('I'));
  EXPECT_TRUE(only_answer(answers).is(CUT_PG_ROLLBACK_ACK));
  EXPECT_TRUE(only_answer(answers).mismatch);
}

TEST(Answers, rollback_that_the_server_answers_with_commit_is_a_mismatch) {
  Session session = in_transaction();
  session.sends(query("rollback"));
  EXPECT_TRUE(only_answer(session.answers(committed())).mismatch);
}

TEST(Answers, commit_after_the_failure_was_read_is_no_mismatch) {
  Session session = in_failed_transaction();
  const Facts asked = session.sends(query("commit"));
  EXPECT_TRUE(asks_for_rollback(asked));
  EXPECT_FALSE(asks_for_commit(asked));
  EXPECT_FALSE(only_answer(session.answers(command_complete("ROLLBACK") + ready('I'))).mismatch);
  // And the next transaction is a fresh one.
  session.sends(query("begin"));
  session.answers(begun());
  EXPECT_TRUE(asks_for_commit(session.sends(query("commit"))));
}

TEST(Answers, rollback_to_makes_a_failed_transaction_sound_again) {
  for (const bool pipelined : {false, true}) {
    Session session = in_failed_transaction();
    session.sends(query("rollback to s"));
    const std::string answer = command_complete("ROLLBACK") + ready('T');
    if (!pipelined) session.answers(answer);
    EXPECT_TRUE(asks_for_commit(session.sends(query("commit"))));
    if (pipelined) session.answers(answer);
    const Fact acknowledged = only_answer(session.answers(committed()));
    EXPECT_TRUE(acknowledged.is(CUT_PG_COMMIT_ACK));
    EXPECT_FALSE(acknowledged.mismatch);
  }
}

TEST(Answers, commit_that_fails_is_an_error_and_leaves_no_question_open) {
  Session session = in_transaction();
  EXPECT_TRUE(asks_for_commit(session.sends(query("commit"))));
  const Facts failed = session.answers(error_response("40001") + ready('I'));
  ASSERT_EQ(failed.size(), 2U);
  EXPECT_EQ(failed[0], fact({CUT_PG_ERROR}).at(0, failed[0].last).sqlstate("40001"));
  EXPECT_FALSE(failed[1].is(CUT_PG_COMMIT_IMPLICIT));
  session.sends(query("begin"));
  session.answers(begun());
  session.sends(query("rollback"));
  EXPECT_FALSE(only_answer(session.answers(command_complete("ROLLBACK") + ready('I'))).mismatch);
}

TEST(Answers, an_error_skips_the_rest_of_its_query_only) {
  Session session = logged_in();
  // The first COMMIT is never executed; the second, already on
  // its way, is.
  session.sends(query("begin; bad; commit") + query("rollback") + query("begin") + query("commit"));
  const Facts answers =
      session.answers(command_complete("BEGIN") + refused('E') + command_complete("ROLLBACK") +
                      ready('I') + begun() + committed());
  EXPECT_FALSE(mismatch_in(answers));
  EXPECT_EQ(session.parser().asked, session.parser().answered);
  EXPECT_EQ(session.parser().requests, session.parser().replies);
}

TEST(Answers, an_error_skips_the_pipeline_up_to_its_sync) {
  Session session = in_transaction();
  session.sends(one_execute("bad") + one_execute("commit") + client::sync() +
                one_execute("rollback") + client::sync());
  const Facts answers =
      session.answers(refused('E') + server::one_complete("ROLLBACK") + ready('I'));
  EXPECT_TRUE(only_answer(answers).is(CUT_PG_ROLLBACK_ACK));
  EXPECT_FALSE(mismatch_in(answers));
  EXPECT_EQ(session.parser().requests, session.parser().replies);
}

// The number of the one that carries any of these moments.
std::uint32_t exchange_of(const Facts& facts, std::uint64_t moments) {
  for (const Fact& fact : facts) {
    if ((fact.moments & moments) != 0) return fact.exchange;
  }
  ADD_FAILURE() << "no such fact";
  return 0;
}

TEST(Answers, have_the_number_of_what_they_answer) {
  Session session = in_transaction();
  const Facts first = session.sends(one_execute("bad") + client::sync());
  const Facts second = session.sends(one_execute("rollback") + client::sync());
  const Facts third = session.sends(query("begin") + query("commit"));
  const Facts answers = session.answers(refused('E') + server::one_complete("ROLLBACK") +
                                        ready('I') + begun() + committed());
  EXPECT_EQ(exchange_of(answers, bit(CUT_PG_ERROR)), exchange_of(first, bit(CUT_PG_EXECUTE)));
  EXPECT_EQ(exchange_of(answers, bit(CUT_PG_ROLLBACK_ACK)),
            exchange_of(second, bit(CUT_PG_ROLLBACK_REQUEST)));
  EXPECT_EQ(exchange_of(answers, bit(CUT_PG_COMMIT_ACK)),
            exchange_of(third, bit(CUT_PG_COMMIT_REQUEST)));
  EXPECT_NE(exchange_of(answers, bit(CUT_PG_ERROR)), exchange_of(answers, bit(CUT_PG_COMMIT_ACK)));
}

// What is pipelined behind one Sync is one exchange: its error ends all of it.
TEST(Answers, of_one_sync_have_one_number) {
  Session session = in_transaction();
  const Facts asked = session.sends(one_execute("bad") + one_execute("commit") + client::sync());
  const Facts answers = session.answers(refused('E'));
  EXPECT_EQ(exchange_of(answers, bit(CUT_PG_ERROR)),
            exchange_of(asked, bit(CUT_PG_COMMIT_REQUEST)));
}

TEST(Answers, an_error_between_queries_keeps_the_answers_in_step) {
  Session session = in_transaction();
  for (int round = 0; round < 300; ++round) {
    session.sends(query("bad"));
    session.answers(refused('E'));
    session.sends(query("rollback") + query("begin"));
    EXPECT_FALSE(mismatch_in(session.answers(command_complete("ROLLBACK") + ready('I') + begun())));
    EXPECT_TRUE(asks_for_commit(session.sends(query("commit and chain"))));
    EXPECT_FALSE(mismatch_in(session.answers(command_complete("COMMIT") + ready('T'))));
  }
  EXPECT_EQ(session.parser().requests, session.parser().replies);
}

TEST(Answers, a_pipeline_longer_than_the_memory_gives_no_false_mismatch) {
  Session session = in_transaction();
  std::string asked;
  std::string answered;
  for (int i = 0; i < 100; ++i) {
    asked += query("commit and chain") + query("rollback and chain");
    answered += command_complete("COMMIT") + ready('T') + command_complete("ROLLBACK") + ready('T');
  }
  session.sends(asked);
  EXPECT_FALSE(mismatch_in(session.answers(answered)));
  session.sends(query("bad") + query("commit"));
  EXPECT_TRUE(
      mismatch_in(session.answers(refused('E') + command_complete("ROLLBACK") + ready('I'))));
}

TEST(Answers, copy_by_execute_has_one_reply_for_two_syncs) {
  for (const std::string& end : {copy_data("1\n") + copy_done(), copy_done(), copy_fail("no")}) {
    Session session = in_transaction();
    session.sends(one_execute("copy orders from stdin") + client::sync());
    session.answers(server::parse_complete() + server::bind_complete() +
                    server::copy_in_response());
    session.sends(end + client::sync());
    session.answers(command_complete("COPY 1") + ready('T'));
    EXPECT_EQ(session.parser().requests, session.parser().replies);
  }
  Session session = in_transaction();
  session.sends(query("copy orders from stdin"));
  session.answers(server::copy_in_response());
  session.sends(copy_data("1\n") + copy_done());
  session.answers(command_complete("COPY 1") + ready('T'));
  EXPECT_EQ(session.parser().requests, session.parser().replies);
}

TEST(Answers, function_call_has_a_reply_of_its_own) {
  Session session = in_transaction();
  session.sends(function_call());
  session.answers(server::function_call_response() + ready('T'));
  EXPECT_EQ(session.parser().requests, session.parser().replies);
}

}  // namespace
}  // namespace cutpoint::test

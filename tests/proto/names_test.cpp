// SPDX-License-Identifier: Apache-2.0
// Prepared statements and portals that hold a transaction command are known by their names
// (PostgreSQL 15 documentation, 55.2.3); all others are not remembered.
#include <gtest/gtest.h>

#include "tests/proto/session.h"

namespace cutpoint::test {
namespace {

using namespace client;
using server::ready;

bool asks_for_commit(const Facts& facts) {
  return (moments_of(facts) & bit(CUT_PG_COMMIT_REQUEST)) != 0;
}

// The statement is executed by the unnamed portal, in a transaction.
bool commits(Session& session, std::string_view statement) {
  return asks_for_commit(
      session.sends(bind_statement("", statement) + execute("") + client::flush()));
}

void reopen(Session& session) {
  session.sends(query("begin"));
}

TEST(Names, a_statement_is_remembered_and_used_again) {
  Session session = in_transaction();
  session.sends(parse("c", "commit"));
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(commits(session, "c"));
    EXPECT_FALSE(commits(session, "c"));  // there is no transaction left
    reopen(session);
  }
}

TEST(Names, similar_names_are_different_names) {
  Session session = in_transaction();
  session.sends(parse("c", "commit"));
  for (const std::string_view other : {"C", "cc", "", "c ", "b"})
    EXPECT_FALSE(commits(session, other)) << other;
  EXPECT_TRUE(commits(session, "c"));
}

TEST(Names, a_statement_that_is_parsed_as_something_else_loses_its_meaning) {
  Session session = in_transaction();
  session.sends(parse("c", "commit"));
  session.sends(parse("c", "select 1"));
  EXPECT_FALSE(commits(session, "c"));
  session.sends(parse("c", "commit"));
  EXPECT_TRUE(commits(session, "c"));
}

TEST(Names, a_closed_statement_is_forgotten) {
  Session session = in_transaction();
  session.sends(parse("c", "commit") + parse("d", "commit"));
  session.sends(close_statement("c"));
  EXPECT_FALSE(commits(session, "c"));
  EXPECT_TRUE(commits(session, "d"));
}

TEST(Names, closing_a_portal_keeps_the_statement_of_the_same_name) {
  Session session = in_transaction();
  session.sends(parse("x", "commit") + bind_statement("x", "x") + close_portal("x"));
  EXPECT_FALSE(asks_for_commit(
      session.sends(bind_statement("other", "unknown") + execute("x") + client::flush())));
  EXPECT_TRUE(commits(session, "x"));
}

TEST(Names, the_unnamed_statement_is_what_was_parsed_last) {
  Session session = in_transaction();
  session.sends(parse("", "commit") + parse("named", "select 1"));
  EXPECT_TRUE(commits(session, ""));
  reopen(session);
  session.sends(parse("", "select 1"));
  EXPECT_FALSE(commits(session, ""));
}

TEST(Names, portals_are_known_by_name) {
  Session session = in_transaction();
  session.sends(parse("c", "commit") + parse("s", "select 1"));
  session.sends(bind_statement("p", "c") + bind_statement("q", "s"));
  EXPECT_FALSE(asks_for_commit(session.sends(execute("q") + client::flush())));
  EXPECT_TRUE(asks_for_commit(session.sends(execute("p") + client::flush())));
}

TEST(Names, a_named_portal_leaves_the_unnamed_one_as_it_was) {
  Session session = in_transaction();
  session.sends(parse("c", "commit") + parse("s", "select 1"));
  session.sends(bind_statement("", "c") + bind_statement("p", "s"));
  EXPECT_FALSE(asks_for_commit(session.sends(execute("p") + client::flush())));
  EXPECT_TRUE(asks_for_commit(session.sends(execute("") + client::flush())));
  reopen(session);
  session.sends(bind_statement("", "s") + bind_statement("p", "c"));
  EXPECT_FALSE(asks_for_commit(session.sends(execute("") + client::flush())));
  EXPECT_TRUE(asks_for_commit(session.sends(execute("p") + client::flush())));
}

TEST(Names, a_portal_that_is_bound_again_loses_its_meaning) {
  Session session = in_transaction();
  session.sends(parse("c", "commit") + parse("s", "select 1"));
  session.sends(bind_statement("p", "c") + bind_statement("p", "s") + bind_statement("", "s"));
  EXPECT_FALSE(asks_for_commit(session.sends(execute("p") + client::flush())));
}

TEST(Names, a_statement_that_was_bound_is_executed_whatever_its_name_means_since) {
  Session session = in_transaction();
  session.sends(parse("c", "commit") + bind_statement("p", "c") + close_statement("c") +
                bind_statement("", "none"));
  EXPECT_TRUE(asks_for_commit(session.sends(execute("p") + client::flush())));
}

TEST(Names, rollback_and_begin_are_remembered_too) {
  Session session = logged_in();
  session.sends(parse("b", "begin") + parse("r", "rollback") + client::sync());
  session.answers(server::parse_complete() + server::parse_complete() + ready('I'));
  EXPECT_TRUE(moments_of(session.sends(bind_statement("", "b") + execute(""))) & bit(CUT_PG_BEGIN));
  EXPECT_TRUE(moments_of(session.sends(bind_statement("", "r") + execute(""))) &
              bit(CUT_PG_ROLLBACK_REQUEST));
}

TEST(Names, a_full_table_is_said_and_keeps_what_it_knows) {
  Session session = in_transaction();
  for (int i = 0; i < CUT_PG_NAMES; ++i) session.sends(parse("c" + std::to_string(i), "commit"));
  for (const auto& fact : session.sends(parse("select", "select 1"))) EXPECT_FALSE(fact.forgot);
  const auto said = session.sends(parse("one too many", "commit"));
  ASSERT_EQ(said.size(), 1U);
  EXPECT_TRUE(said.front().forgot);
  EXPECT_FALSE(commits(session, "one too many"));
  for (int i = 0; i < CUT_PG_NAMES; ++i) {
    EXPECT_TRUE(commits(session, "c" + std::to_string(i))) << i;
    reopen(session);
  }
}

TEST(Names, a_closed_name_makes_room) {
  Session session = in_transaction();
  for (int i = 0; i < 10 * CUT_PG_NAMES; ++i) {
    session.sends(parse("c" + std::to_string(i), "commit"));
    EXPECT_TRUE(commits(session, "c" + std::to_string(i))) << i;
    session.sends(close_statement("c" + std::to_string(i)));
    reopen(session);
  }
  EXPECT_FALSE(session.parser().names_full);
}

// The group [Parse] Bind [Describe] Execute is what a cut before the request falls in front of.
TEST(Names, a_request_begins_at_the_first_message_of_its_group) {
  struct Row {
    std::string before;
    std::string group;
  };
  const std::string named = parse("c", "commit");
  const std::vector<Row> rows = {
      {"", parse("", "commit") + bind_statement("", "") + execute("")},
      {"", parse("p", "commit") + bind_statement("", "p") + describe_portal("") + execute("")},
      {named, parse("d", "commit") + bind_statement("", "d") + execute("")},
      {named + parse("", "select 1"), bind_statement("", "c") + execute("")},
      {named + client::sync(), bind_statement("", "c") + execute("")},
      {named + client::flush(), bind_statement("", "c") + execute("")},
      {named + bind_statement("", "c") + client::flush(), execute("")},
      {named + bind_statement("p", "c") + bind_statement("q", "none"), execute("p")},
      {one_execute("select 1"), one_execute("commit")},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Session session = in_transaction();
    const Facts facts = session.sends(rows[i].before + rows[i].group + client::flush());
    const auto begin = static_cast<std::uint32_t>(rows[i].before.size());
    const auto size = static_cast<std::uint32_t>(rows[i].group.size());
    ASSERT_FALSE(facts.empty()) << i;
    EXPECT_TRUE(facts.back().is(CUT_PG_COMMIT_REQUEST)) << i;
    EXPECT_EQ(facts.back().first, begin) << i;
    EXPECT_EQ(facts.back().last, begin + size) << i;
  }
}

// Its tag is that of ROLLBACK, and a transaction that has failed is sound again after it.
TEST(Names, a_rollback_to_a_savepoint_is_remembered) {
  const std::string group = bind_statement("", "r") + execute("") + client::sync();
  const std::string answer = server::bind_complete() + server::command_complete("ROLLBACK");
  for (Session session : {in_transaction(), in_failed_transaction()}) {
    session.sends(parse("r", "rollback to s") + client::flush());
    session.answers(server::parse_complete());
    EXPECT_TRUE(asks_for_commit(session.sends(group + query("commit"))));
    const Facts facts = session.answers(answer + ready('T') + committed());
    EXPECT_EQ(moments_of(facts) & (bit(CUT_PG_COMMIT_ACK) | bit(CUT_PG_ROLLBACK_ACK)),
              bit(CUT_PG_COMMIT_ACK));
  }
}

}  // namespace
}  // namespace cutpoint::test

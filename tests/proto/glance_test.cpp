// SPDX-License-Identifier: Apache-2.0
// Which segments are taken at a glance, and which are left to the steps. That a glance says and
// remembers what the steps do is asked of the corpus and of the fuzzer (readings.h), and here.
#include <gtest/gtest.h>
#include <utility>

#include "tests/proto/session.h"

namespace cutpoint::test {
namespace {

using namespace client;

constexpr std::uint64_t executed = bit(CUT_PG_BIND) | bit(CUT_PG_EXECUTE) | bit(CUT_PG_STATEMENT);

std::string run_prepared(std::string_view name) {
  return bind_value("", name, "4711") + describe_portal("") + execute("") + sync();
}

std::string selected(char status = 'I') {
  return server::bind_complete() + server::row_description("abalance") + server::data_row({"0"}) +
         server::command_complete("SELECT 1") + server::ready(status);
}

// A connection that is ready for its next statement.
Wire at_rest(char status = 'I') {
  Wire wire;
  wire.segment(CUT_UPSTREAM, startup());
  wire.segment(CUT_DOWNSTREAM, server::authentication_ok() + server::ready('I'));
  std::string prepared, answered;
  for (const auto& [name, sql] : {std::pair{"b", "begin"},
                                  {"c", "commit"},
                                  {"n", "commit and chain"},
                                  {"r", "rollback"},
                                  {"t", "prepare transaction 'x'"},
                                  {"s", "select 1"}}) {
    prepared += parse(name, sql);
    answered += server::parse_complete();
  }
  wire.segment(CUT_UPSTREAM, prepared + sync());
  wire.segment(CUT_DOWNSTREAM, answered + server::ready(status));
  return wire;
}

// At a glance if it may be, else by steps: how many messages the glance counted.
std::uint32_t take(Wire& wire, cut_direction direction, std::string_view bytes,
                   std::uint64_t& moments) {
  const Wire::Glance found = wire.glance(direction, bytes);
  moments = found.moments;
  if (found.counted == 0) wire.segment(direction, bytes);
  return found.counted;
}

TEST(Glance, takes_a_prepared_statement_and_its_answer) {
  Wire wire = at_rest();
  std::uint64_t moments = 0;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(take(wire, CUT_UPSTREAM, run_prepared("s"), moments), 2U);
    EXPECT_EQ(moments, executed);
    EXPECT_EQ(take(wire, CUT_DOWNSTREAM, selected(), moments), 1U);
    EXPECT_EQ(moments, bit(CUT_PG_READY) | bit(CUT_PG_COMMIT_IMPLICIT));
  }
  EXPECT_TRUE(cut_postgres_rests(&wire.parser()));
}

TEST(Glance, takes_a_statement_without_describe_and_the_answers_of_others) {
  Wire wire = at_rest('T');
  std::uint64_t moments = 0;
  EXPECT_EQ(take(wire, CUT_UPSTREAM, bind_statement("", "s") + execute("", 7) + sync(), moments),
            2U);
  for (const char* tag : {"SELECT 0", "UPDATE 1", "INSERT 0 1", "DELETE 3"}) {
    const std::string answer = server::no_data() + server::command_complete(tag);
    EXPECT_EQ(take(wire, CUT_DOWNSTREAM, answer + server::ready('T'), moments), 1U) << tag;
    EXPECT_EQ(moments, bit(CUT_PG_READY)) << tag << ": the transaction goes on";
  }
}

std::string answered(const char* tag, char status) {
  return server::bind_complete() + server::command_complete(tag) + server::ready(status);
}

// BEGIN, a statement, COMMIT; and what follows begins anew.
TEST(Glance, takes_a_transaction_of_which_nothing_is_wanted) {
  Wire wire = at_rest();
  std::uint64_t moments = 0;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(take(wire, CUT_UPSTREAM, run_prepared("b"), moments), 2U);
    EXPECT_EQ(moments, executed | bit(CUT_PG_BEGIN));
    EXPECT_EQ(take(wire, CUT_DOWNSTREAM, answered("BEGIN", 'T'), moments), 1U);
    EXPECT_EQ(moments, bit(CUT_PG_READY));
    EXPECT_EQ(take(wire, CUT_UPSTREAM, run_prepared("s"), moments), 2U);
    EXPECT_EQ(take(wire, CUT_DOWNSTREAM, selected('T'), moments), 1U);
    EXPECT_EQ(take(wire, CUT_UPSTREAM, run_prepared("c"), moments), 2U);
    EXPECT_EQ(moments, executed | bit(CUT_PG_COMMIT_REQUEST));
    EXPECT_TRUE(cut_postgres_owes(&wire.parser()));
    EXPECT_EQ(take(wire, CUT_DOWNSTREAM, answered("COMMIT", 'I'), moments), 2U);
    EXPECT_EQ(moments, bit(CUT_PG_COMMIT_ACK) | bit(CUT_PG_READY));
    EXPECT_FALSE(cut_postgres_owes(&wire.parser()));
  }
}

// Of names a few bits are looked at first: enough of them look like those of BEGIN and COMMIT.
TEST(Glance, takes_a_name_that_looks_like_a_command_for_a_statement) {
  Wire wire = at_rest();
  std::uint64_t moments = 0;
  std::size_t alike = 0;
  for (int i = 0; i < 300; ++i) {
    const std::string name = "x" + std::to_string(i);
    std::uint64_t hash = CUT_PG_NAME_SEED;
    for (const char byte : name) hash = cut_pg_hash_name(hash, static_cast<std::uint8_t>(byte));
    if (cut_pg_may_know(&wire.parser(), hash)) ++alike;
    EXPECT_EQ(take(wire, CUT_UPSTREAM, run_prepared(name), moments), 2U) << name;
    EXPECT_EQ(moments, executed) << name;
    EXPECT_FALSE(cut_postgres_owes(&wire.parser())) << name;
    EXPECT_EQ(take(wire, CUT_DOWNSTREAM, selected(), moments), 1U) << name;
  }
  EXPECT_GT(alike, 0U);
}

TEST(Glance, tells_a_commit_from_what_is_none) {
  std::uint64_t moments = 0;
  Wire outside = at_rest('I');
  EXPECT_EQ(take(outside, CUT_UPSTREAM, run_prepared("c"), moments), 2U);
  EXPECT_EQ(moments, executed);
  EXPECT_EQ(take(outside, CUT_DOWNSTREAM, answered("COMMIT", 'I'), moments), 1U);
  EXPECT_EQ(moments, bit(CUT_PG_READY));
  Wire failed = at_rest('E');
  EXPECT_EQ(take(failed, CUT_UPSTREAM, run_prepared("c"), moments), 2U);
  EXPECT_EQ(moments, executed | bit(CUT_PG_ROLLBACK_REQUEST));
  Wire chained = at_rest('T');
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(take(chained, CUT_UPSTREAM, run_prepared("n"), moments), 2U);
    EXPECT_EQ(moments, executed | bit(CUT_PG_COMMIT_REQUEST)) << "the chain goes on";
    EXPECT_EQ(take(chained, CUT_DOWNSTREAM, answered("COMMIT", 'T'), moments), 2U);
  }
}

struct Wanted {
  cut_postgres_moment moment;
  cut_direction direction;
  std::string bytes;
  bool is_acted = false;  // a rule may cut there
};

// Whoever wants one of these moments gets its facts, by steps; for others all is as before.
TEST(Glance, leaves_what_is_wanted_to_the_steps) {
  const std::vector<Wanted> cases{
      {CUT_PG_BEGIN, CUT_UPSTREAM, run_prepared("b")},
      {CUT_PG_ROLLBACK_REQUEST, CUT_UPSTREAM, run_prepared("r")},
      {CUT_PG_BIND, CUT_UPSTREAM, run_prepared("s")},
      {CUT_PG_EXECUTE, CUT_UPSTREAM, run_prepared("s")},
      {CUT_PG_STATEMENT, CUT_UPSTREAM, run_prepared("s")},
      {CUT_PG_COMMIT_ACK, CUT_DOWNSTREAM, answered("COMMIT", 'I'), true},
      {CUT_PG_READY, CUT_DOWNSTREAM, answered("BEGIN", 'T')},
      {CUT_PG_COMMIT_IMPLICIT, CUT_DOWNSTREAM, selected()},
  };
  for (const Wanted& wanted : cases) {
    SCOPED_TRACE(testing::Message() << "moment " << wanted.moment);
    Wire glancing = at_rest('T'), stepping = at_rest('T'), other = at_rest('T');
    const std::uint64_t moment = bit(wanted.moment);
    EXPECT_EQ(glancing.glance(wanted.direction, wanted.bytes, moment, wanted.is_acted ? moment : 0)
                  .counted,
              0U);
    EXPECT_EQ(glancing.segment(wanted.direction, wanted.bytes),
              stepping.segment(wanted.direction, wanted.bytes));
    EXPECT_NE(other.glance(wanted.direction, wanted.bytes, bit(CUT_PG_ERROR)).counted, 0U);
  }
}

// Of a COMMIT and its answer a glance says what the steps say, whether a rule waits for it or not.
TEST(Glance, tells_the_commit_that_is_wanted) {
  for (const bool is_acted : {false, true}) {
    Wire glancing = at_rest('T'), stepping = at_rest('T');
    const std::uint64_t request = bit(CUT_PG_COMMIT_REQUEST), ack = bit(CUT_PG_COMMIT_ACK);
    const Wire::Glance asked =
        glancing.glance(CUT_UPSTREAM, run_prepared("c"), request | ack, is_acted ? request : 0);
    const Facts of_request = stepping.segment(CUT_UPSTREAM, run_prepared("c"));
    ASSERT_EQ(of_request.size(), 2U);
    EXPECT_EQ(asked.counted, 2U);
    EXPECT_EQ(asked.moments, executed | request);
    EXPECT_EQ(asked.told, of_request[1]);
    const Wire::Glance said =
        glancing.glance(CUT_DOWNSTREAM, answered("COMMIT", 'I'), request | ack);
    const Facts of_answer = stepping.segment(CUT_DOWNSTREAM, answered("COMMIT", 'I'));
    ASSERT_EQ(of_answer.size(), 2U);
    EXPECT_EQ(said.counted, 2U);
    EXPECT_EQ(said.moments, bit(CUT_PG_READY) | ack);
    EXPECT_EQ(said.told, of_answer[0]);
  }
}

// It is a ROLLBACK, whose facts end before the Sync: nothing is cut in the middle of a glance.
TEST(Glance, leaves_the_commit_of_a_failed_transaction_to_the_steps_if_it_is_wanted) {
  Wire glancing = at_rest('E'), stepping = at_rest('E');
  EXPECT_EQ(glancing.glance(CUT_UPSTREAM, run_prepared("c"), bit(CUT_PG_ROLLBACK_REQUEST)).counted,
            0U);
  EXPECT_EQ(glancing.segment(CUT_UPSTREAM, run_prepared("c")),
            stepping.segment(CUT_UPSTREAM, run_prepared("c")));
}

// A COMMIT behind them is one: what they left is what the steps would have left.
TEST(Glance, leaves_the_transaction_as_it_is) {
  for (const char status : {'I', 'T'}) {
    Wire wire = at_rest(status);
    std::uint64_t moments = 0;
    ASSERT_NE(take(wire, CUT_UPSTREAM, run_prepared("s"), moments), 0U);
    ASSERT_NE(take(wire, CUT_DOWNSTREAM, selected(status), moments), 0U);
    const Facts facts = wire.segment(CUT_UPSTREAM, query("commit"));
    EXPECT_EQ(moments_of(facts) & bit(CUT_PG_COMMIT_REQUEST),
              status == 'T' ? bit(CUT_PG_COMMIT_REQUEST) : 0);
  }
}

struct Left {
  const char* why;
  cut_direction direction;
  std::string bytes;
};

std::vector<Left> left_to_steps() {
  const std::string usual = run_prepared("s");
  const std::string group = bind_statement("", "s") + execute("") + sync();
  const std::string ready = server::ready('I');
  std::string short_bind = group;
  short_bind[4] = 4;  // its length: the rest of it would be other messages
  std::string long_bind = group;
  long_bind[1] = '\xff';
  std::string longer_execute =
      bind_statement("", "s") + typed('E', zero_ended("") + int32(0) + "x");
  return {
      {"a transaction that is prepared", CUT_UPSTREAM, run_prepared("t")},
      {"the unnamed statement", CUT_UPSTREAM, run_prepared("")},
      {"a name that is too long for one", CUT_UPSTREAM, run_prepared(std::string(24, 's'))},
      {"a portal of its own", CUT_UPSTREAM, bind_statement("p", "s") + execute("p") + sync()},
      {"another portal's Execute", CUT_UPSTREAM, bind_statement("", "s") + execute("p") + sync()},
      {"a description of the statement by its name", CUT_UPSTREAM,
       bind_statement("", "s") + describe_statement("s") + execute("") + sync()},
      {"a part of one", CUT_UPSTREAM, usual.substr(0, usual.size() - 1)},
      {"more than one", CUT_UPSTREAM, usual + usual},
      {"one with Flush for Sync", CUT_UPSTREAM, bind_statement("", "s") + execute("") + flush()},
      {"one without Execute", CUT_UPSTREAM, bind_statement("", "s") + describe_portal("") + sync()},
      {"a Bind that ends in its header", CUT_UPSTREAM, short_bind},
      {"a Bind that has no end", CUT_UPSTREAM, long_bind},
      {"an Execute with more in it", CUT_UPSTREAM, longer_execute + sync()},
      {"a Sync by itself", CUT_UPSTREAM, sync()},
      {"a ROLLBACK's answer", CUT_DOWNSTREAM, server::command_complete("ROLLBACK") + ready},
      {"a tag as long as BEGIN", CUT_DOWNSTREAM, server::command_complete("FETCH") + ready},
      {"a tag as long as COMMIT", CUT_DOWNSTREAM, server::command_complete("LISTEN") + ready},
      {"an error", CUT_DOWNSTREAM, server::error_response("23505") + ready},
      {"a notice in it", CUT_DOWNSTREAM,
       server::notice_response("01000", "so") + server::command_complete("SELECT 1") + ready},
      {"an answer that goes on", CUT_DOWNSTREAM, selected().substr(0, selected().size() - 6)},
      {"two answers", CUT_DOWNSTREAM, selected() + selected()},
      {"nothing but ReadyForQuery", CUT_DOWNSTREAM, ready},
      {"an answer without rows or tag", CUT_DOWNSTREAM, server::no_data() + ready},
      {"a row whose length is none", CUT_DOWNSTREAM,
       std::string("D\0\0\0\3", 5) + server::command_complete("SELECT 1") + ready},
      {"a row that has no end", CUT_DOWNSTREAM,
       "D\xff\xff\xff\xff" + server::command_complete("SELECT 1") + ready},
  };
}

// Nothing has happened: the steps say of it what they would have said without the glance.
TEST(Glance, leaves_everything_else_to_the_steps) {
  for (const Left& left : left_to_steps()) {
    SCOPED_TRACE(left.why);
    Wire glancing = at_rest(), stepping = at_rest();
    EXPECT_EQ(glancing.glance(left.direction, left.bytes).counted, 0U);
    EXPECT_EQ(glancing.segment(left.direction, left.bytes),
              stepping.segment(left.direction, left.bytes));
    EXPECT_EQ(glancing.sync(left.direction), stepping.sync(left.direction));
  }
}

TEST(Glance, is_not_for_a_segment_that_begins_or_ends_inside_a_message) {
  const std::string usual = run_prepared("s");
  for (std::size_t at = 1; at < usual.size(); ++at) {
    Wire wire = at_rest();
    std::uint64_t moments = 0;
    EXPECT_EQ(take(wire, CUT_UPSTREAM, usual.substr(0, at), moments), 0U) << at;
    EXPECT_EQ(take(wire, CUT_UPSTREAM, usual.substr(at), moments), 0U) << at;
    EXPECT_EQ(take(wire, CUT_UPSTREAM, usual, moments), 2U) << at;
  }
}

// The answer of a COMMIT is told from others by its tag, and the question waits for it.
TEST(Glance, takes_an_answer_while_a_question_is_open) {
  Wire wire = at_rest('T');
  std::uint64_t moments = 0;
  wire.segment(CUT_UPSTREAM, query("select 1") + query("commit"));
  EXPECT_EQ(take(wire, CUT_DOWNSTREAM, selected('T'), moments), 1U);
  EXPECT_TRUE(cut_postgres_owes(&wire.parser()));
  const Facts facts = wire.segment(CUT_DOWNSTREAM, committed());
  EXPECT_NE(moments_of(facts) & bit(CUT_PG_COMMIT_ACK), 0U);
  EXPECT_FALSE(cut_postgres_owes(&wire.parser()));
}

// A ROLLBACK that is answered COMMIT is told as what it is.
TEST(Glance, is_not_for_an_answer_to_something_else) {
  Wire wire = at_rest('T');
  std::uint64_t moments = 0;
  ASSERT_EQ(take(wire, CUT_UPSTREAM, run_prepared("r"), moments), 2U);
  EXPECT_EQ(moments, executed | bit(CUT_PG_ROLLBACK_REQUEST));
  EXPECT_EQ(wire.glance(CUT_DOWNSTREAM, answered("COMMIT", 'I')).counted, 0U);
  const Facts facts = wire.segment(CUT_DOWNSTREAM, answered("COMMIT", 'I'));
  ASSERT_FALSE(facts.empty());
  EXPECT_TRUE(facts.front().mismatch);
}

TEST(Glance, takes_as_many_rows_as_fit_and_no_more) {
  for (const int count : {8, 9}) {
    Wire wire = at_rest();
    std::uint64_t moments = 0;
    std::string rows;
    for (int i = 0; i < count; ++i) rows += server::data_row({"0"});
    EXPECT_EQ(take(wire, CUT_DOWNSTREAM,
                   rows + server::command_complete("SELECT 8") + server::ready('I'), moments),
              count == CUT_PG_GLANCE_ROWS ? 1U : 0U);
  }
}

TEST(Glance, is_not_for_a_connection_that_has_not_begun) {
  Wire wire;
  EXPECT_EQ(wire.glance(CUT_UPSTREAM, run_prepared("s")).counted, 0U);
}

}  // namespace
}  // namespace cutpoint::test

// SPDX-License-Identifier: Apache-2.0
// Text → commands, in the order of its statements. Sources: PostgreSQL 15 documentation, 4.1
// (Lexical Structure) and the reference pages of the commands.
#include "bpf/proto/sql_lexer.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

namespace cutpoint::test {
namespace {

using Commands = std::vector<std::string>;

std::string name_of(const cut_sql& sql) {
  static const std::vector<std::string> names = {
#define X(id, name) name,
      CUT_POSTGRES_COMMANDS(X)
#undef X
  };
  std::string name = names.at(cut_sql_command(&sql));
  if ((name == "COMMIT" || name == "ROLLBACK") && cut_sql_chains(&sql)) name += " AND CHAIN";
  return name;
}

Commands commands_of(std::string_view text) {
  Commands commands;
  cut_sql sql = {};
  cut_sql_start(&sql);
  for (const char byte : text) {
    if (cut_sql_feed(&sql, static_cast<__u8>(byte)) == 0) continue;
    commands.push_back(name_of(sql));
    cut_sql_next_statement(&sql);
  }
  if (cut_sql_finish(&sql)) commands.push_back(name_of(sql));
  return commands;
}

struct Row {
  std::string_view text;
  Commands commands;
};

void expect_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows) EXPECT_EQ(commands_of(row.text), row.commands) << row.text;
}

TEST(SqlLexer, transaction_commands) {
  expect_rows({
      {"begin", {"BEGIN"}},
      {"BEGIN WORK", {"BEGIN"}},
      {"begin transaction isolation level serializable, read only", {"BEGIN"}},
      {"START TRANSACTION READ ONLY", {"BEGIN"}},
      {"commit", {"COMMIT"}},
      {"COMMIT WORK", {"COMMIT"}},
      {"Commit Transaction", {"COMMIT"}},
      {"COMMIT AND CHAIN", {"COMMIT AND CHAIN"}},
      {"COMMIT AND NO CHAIN", {"COMMIT"}},
      {"COMMIT WORK AND CHAIN", {"COMMIT AND CHAIN"}},
      {"COMMIT TRANSACTION AND NO CHAIN", {"COMMIT"}},
      {"commit/**/and--x\nchain", {"COMMIT AND CHAIN"}},
      {"END", {"COMMIT"}},
      {"end transaction and chain;", {"COMMIT AND CHAIN"}},
      {"ABORT", {"ROLLBACK"}},
      {"abort work and chain", {"ROLLBACK AND CHAIN"}},
      {"ROLLBACK", {"ROLLBACK"}},
      {"ROLLBACK AND CHAIN", {"ROLLBACK AND CHAIN"}},
      {"ROLLBACK TRANSACTION AND NO CHAIN", {"ROLLBACK"}},
      {"ROLLBACK TO s", {"ROLLBACK TO"}},
      {"rollback to savepoint \"chain\"", {"ROLLBACK TO"}},
      {"ROLLBACK WORK TO SAVEPOINT s", {"ROLLBACK TO"}},
      {"rollback transaction to s", {"ROLLBACK TO"}},
      {"SAVEPOINT s", {"SAVEPOINT"}},
      {"RELEASE SAVEPOINT s", {"RELEASE"}},
      {"PREPARE TRANSACTION 'x'", {"PREPARE TRANSACTION"}},
      {"COMMIT PREPARED 'x'", {"COMMIT PREPARED"}},
      {"ROLLBACK PREPARED 'x'", {"ROLLBACK PREPARED"}},
  });
}

TEST(SqlLexer, other_commands) {
  expect_rows({
      {"select 1", {"SELECT"}},
      {"(select 1)", {"SELECT"}},
      {"insert into t values (1)", {"INSERT"}},
      {"UPDATE t SET a = 1", {"UPDATE"}},
      {"Delete From t", {"DELETE"}},
      {"MERGE INTO t USING s ON true WHEN MATCHED THEN DO NOTHING", {"MERGE"}},
      {"copy t from stdin", {"COPY"}},
      {"CALL p()", {"CALL"}},
      {"DO 'begin commit; end'", {"DO"}},
      {"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", {"OTHER"}},
      {"with x as (insert into t values (1)) select 1", {"OTHER"}},
  });
}

TEST(SqlLexer, words_that_only_begin_or_end_like_a_command) {
  expect_rows({
      {"endx", {"OTHER"}},
      {"commit_x", {"OTHER"}},
      {"commit1", {"OTHER"}},
      {"commit$", {"OTHER"}},
      {"xcommit", {"OTHER"}},
      {"committed", {"OTHER"}},
      {"commi t", {"OTHER"}},
      {"rollbackk", {"OTHER"}},
      {"beg\xc3\xafn", {"OTHER"}},
      {"commit\xc3\xa9", {"OTHER"}},
      {"\xc3\xa9"
       "commit",
       {"OTHER"}},
      {"commit\xc2\xa0", {"OTHER"}},  // a no-break space is a letter to PostgreSQL
      {"PREPARE c AS INSERT INTO t VALUES ($1)", {"OTHER"}},
      {"prepare commit as select 1", {"OTHER"}},
      {"EXECUTE commit", {"OTHER"}},
      {"start_transaction", {"OTHER"}},
      {"transactioncommit", {"OTHER"}},
  });
}

TEST(SqlLexer, several_statements) {
  expect_rows({
      {"begin; insert into t values (1); commit", {"BEGIN", "INSERT", "COMMIT"}},
      {"begin;commit;", {"BEGIN", "COMMIT"}},
      {";;begin;;;commit and chain;;", {"BEGIN", "COMMIT AND CHAIN"}},
      {"commit and chain; commit", {"COMMIT AND CHAIN", "COMMIT"}},
      {"rollback to s; commit", {"ROLLBACK TO", "COMMIT"}},
      {"commit prepared 'x'; commit", {"COMMIT PREPARED", "COMMIT"}},
  });
}

TEST(SqlLexer, empty_statements) {
  expect_rows({
      {"", {}},
      {";", {}},
      {" \t\r\n;;; ", {}},
      {"-- commit", {}},
      {"/* commit; */", {}},
      {"--\n/* */;", {}},
  });
}

TEST(SqlLexer, comments) {
  expect_rows({
      {"--x\n/* /*n*/ */ CoMmIt /*t*/ ;", {"COMMIT"}},
      {"-- commit\rcommit", {"COMMIT"}},
      {"/* /* */ commit; */ rollback", {"ROLLBACK"}},
      {"/*/*/**/*/*/commit", {"COMMIT"}},
      {"/***/commit", {"COMMIT"}},
      {"/*/ commit */ rollback", {"ROLLBACK"}},
      {"/* -- */ commit", {"COMMIT"}},
      {"/* ' */ commit; /* \" $$ */ rollback", {"COMMIT", "ROLLBACK"}},
      {"-- '\ncommit", {"COMMIT"}},
      {"commit--x", {"COMMIT"}},
      {"commit/*x*/work", {"COMMIT"}},
      {"select 1 - - 1; commit", {"SELECT", "COMMIT"}},
      {"select 4 / 2; commit", {"SELECT", "COMMIT"}},
      {"select 4 * 2 /*; commit; */", {"SELECT"}},
      {"select 1 --'\n; commit", {"SELECT", "COMMIT"}},
      {"/* not closed; commit", {}},
  });
}

TEST(SqlLexer, quotes) {
  expect_rows({
      {"select '; commit; '", {"SELECT"}},
      {"select 'it''s; commit'; rollback", {"SELECT", "ROLLBACK"}},
      {"select '\\'; commit", {"SELECT", "COMMIT"}},  // standard_conforming_strings
      {"select '--'; commit", {"SELECT", "COMMIT"}},
      {"select '/*'; commit", {"SELECT", "COMMIT"}},
      {"select E'\\'; commit; '; rollback", {"SELECT", "ROLLBACK"}},
      {"select e'\\\\'; commit", {"SELECT", "COMMIT"}},
      {"select e'a''b\\'; x'; commit", {"SELECT", "COMMIT"}},
      {"select type'\\'; commit", {"SELECT", "COMMIT"}},  // not E'…', but a word before a string
      {"select B'1', X'f', U&'d\\0061t'; commit", {"SELECT", "COMMIT"}},
      {"select \"; commit; \"", {"SELECT"}},
      {"select \"a\"\"; commit\"; rollback", {"SELECT", "ROLLBACK"}},
      {"select \"'\"; commit", {"SELECT", "COMMIT"}},
      {"select 'not closed; commit", {"SELECT"}},
      {"\"commit\"", {}},  // no word that could be a command: a syntax error
  });
}

TEST(SqlLexer, dollar_quotes) {
  expect_rows({
      {"select $$; commit; $$", {"SELECT"}},
      {"select $$'$$; commit", {"SELECT", "COMMIT"}},
      {"select $a$; commit; $b$; commit; $a$; rollback", {"SELECT", "ROLLBACK"}},
      {"select $a$ $$; commit; $$ $a$; rollback", {"SELECT", "ROLLBACK"}},
      {"select $a$ $a $a$; commit", {"SELECT", "COMMIT"}},
      {"select $a$ $ab$ $b$a$; commit", {"SELECT", "COMMIT"}},
      {"select $\xc3\xa9$; commit; $\xc3\xa9$; rollback", {"SELECT", "ROLLBACK"}},
      {"select $_1$; commit; $_1$; rollback", {"SELECT", "ROLLBACK"}},
      {"select $1; commit", {"SELECT", "COMMIT"}},
      {"select $1,$2;commit", {"SELECT", "COMMIT"}},
      {"select $1$2; commit", {"SELECT", "COMMIT"}},
      {"select a$b; commit; select c$b", {"SELECT", "COMMIT", "SELECT"}},
      {"select $ 1; commit", {"SELECT", "COMMIT"}},
      {"do $$ begin commit; end $$; commit", {"DO", "COMMIT"}},
  });
}

TEST(SqlLexer, parentheses) {
  expect_rows({
      {"create rule r as on insert to t do also (delete from a; delete from b); commit",
       {"OTHER", "COMMIT"}},
      {"select (((1))); commit", {"SELECT", "COMMIT"}},
      {"select ')('; commit", {"SELECT", "COMMIT"}},
      {"select (1; commit", {"SELECT"}},
      {"select 1); commit", {"SELECT", "COMMIT"}},
  });
}

TEST(SqlLexer, routines_with_bodies_in_sql) {
  expect_rows({
      {"create function f() returns int begin atomic select 1; select 2; end; commit",
       {"OTHER", "COMMIT"}},
      {"CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC INSERT INTO t VALUES (1); END; COMMIT",
       {"OTHER", "COMMIT"}},
      {"create function f() returns int begin atomic "
       "select case when true then 1 else 2 end; end; commit",
       {"OTHER", "COMMIT"}},
      {"create function f() returns int begin atomic select (case when true then 1 end); end; end",
       {"OTHER", "COMMIT"}},
      {"create function f(begin int) returns int return 1; commit", {"OTHER", "COMMIT"}},
      {"create function f() returns int language sql as 'begin'; commit", {"OTHER", "COMMIT"}},
      {"create function f() returns int as $$ begin return 1; end $$; commit", {"OTHER", "COMMIT"}},
      {"create table function (a int); begin; commit", {"OTHER", "BEGIN", "COMMIT"}},
      {"create table t (a int); begin; commit", {"OTHER", "BEGIN", "COMMIT"}},
      {"drop function f; begin; end", {"OTHER", "BEGIN", "COMMIT"}},
  });
}

TEST(SqlLexer, counters_that_saturate) {
  const std::string many(1000, 'x');
  EXPECT_EQ(commands_of(many + "; commit"), (Commands{"OTHER", "COMMIT"}));
  std::string words = "commit";
  for (int i = 0; i < 600; ++i) words += " and";
  EXPECT_EQ(commands_of(words + "; end"), (Commands{"COMMIT", "COMMIT"}));
  const std::string deep = std::string(200, '(') + "1; commit" + std::string(200, ')');
  EXPECT_EQ(commands_of("select " + deep + "; commit"), (Commands{"SELECT", "COMMIT"}));
}

}  // namespace
}  // namespace cutpoint::test

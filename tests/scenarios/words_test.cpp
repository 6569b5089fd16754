// SPDX-License-Identifier: Apache-2.0
// What real clients say to a real server, by the rows of tests/MATRIX.md, and which moments it is
// taken for: observed, not cut. The parser's own tests (tests/proto) have the bytes.
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <map>

#include "controller/util/file.h"
#include "tests/scenarios/scenario_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;
using Counts = std::map<std::string, int>;

struct Said {
  std::string row;
  std::string script;  // of psql, in which \; keeps statements in one Query; empty: words.py
  Counts moments;      // of those in `observed`; what is not named is not seen

  friend void PrintTo(const Said& said, std::ostream* out) { *out << said.row; }
};

constexpr const char* observed[] = {
    "commit.request", "commit.ack",      "commit.implicit",         "rollback.request",
    "rollback.ack",   "prepare.request", "commit-prepared.request", "rollback-prepared.request",
    "error",          "cancel"};

const Counts one_commit = {{"commit.request", 1}, {"commit.ack", 1}};

std::vector<Said> all_said() {
  return {
      {"P05_statement_prepared_long_ago", "", one_commit},
      {"P06_spellings",
       "begin;\ncommit work;\nbegin;\nEnd Transaction;\nbegin;\n"
       "--x\n/* /*n*/ */ CoMmIt /*t*/ ;\nbegin;\nend;\n",
       {{"commit.request", 4}, {"commit.ack", 4}}},
      {"P07_commit_and_chain",
       "begin;\ncommit and chain;\ncommit;\n",
       {{"commit.request", 2}, {"commit.ack", 2}}},
      {"P08_commit_of_a_failed_transaction",
       "begin;\nselect 1/0;\ncommit;\n",
       {{"rollback.request", 1}, {"rollback.ack", 1}, {"error", 1}}},
      {"P09_commit_outside_a_transaction", "commit;\n", {}},
      {"P10_transaction_in_one_query", "begin\\; insert into carts values (1)\\; commit;\n",
       one_commit},
      {"P11_commit_before_the_last_statement",
       "begin\\; insert into carts values (1)\\; commit\\; select 1;\n",
       {{"commit.request", 1}, {"commit.ack", 1}, {"commit.implicit", 1}}},
      {"P12_autocommit",
       "insert into carts values (1);\n"
       "insert into carts values (1)\\; insert into carts values (2);\n",
       {{"commit.implicit", 2}}},
      {"P13_pipeline_without_commit", "", {{"commit.implicit", 1}}},
      {"P14_commit_in_a_pipeline",
       "",
       {{"commit.request", 1}, {"commit.ack", 1}, {"commit.implicit", 1}}},
      {"P15_commit_inside_procedure_and_block",
       "create procedure settle() language plpgsql as $$ begin commit; end $$;\n"
       "call settle();\ndo $$ begin commit; end $$;\ndrop procedure settle();\n",
       {{"commit.implicit", 4}}},
      {"P16_two_phase_commit",
       "begin;\ninsert into carts values (1);\nprepare transaction 'words_a';\n"
       "commit prepared 'words_a';\n"
       "begin;\ninsert into carts values (1);\nprepare transaction 'words_b';\n"
       "rollback prepared 'words_b';\n",
       {{"prepare.request", 2},
        {"commit-prepared.request", 1},
        {"rollback-prepared.request", 1},
        {"commit.implicit", 2}}},
      {"P17_prepared_statement_in_sql",
       "prepare c as insert into carts values (1);\nexecute c;\nprepare d as commit;\n",
       {{"commit.implicit", 2}, {"error", 1}}},
      {"P18_savepoints_and_rollbacks",
       "begin;\nsavepoint a;\nrelease a;\nrollback;\nbegin;\nsavepoint a;\nrollback to "
       "a;\nabort;\n",
       {{"rollback.request", 2}, {"rollback.ack", 2}}},
      // CommandComplete COMMIT, byte for byte, as a column that travels in binary.
      {"P19_commit_as_data",
       "select 'COMMIT', '; commit;';\n"
       "\\copy (select '\\x430000000b434f4d4d495400'::bytea from generate_series(1, 1000)) "
       "to '/dev/null' (format binary)\n",
       {{"commit.implicit", 2}}},
      {"P20_empty_query", ";\nbegin;\n;\ninsert into carts values (1);\ncommit;\n", one_commit},
      {"P24_cancel_request", "", {{"commit.request", 1}, {"commit.ack", 1}, {"cancel", 1}}},
      {"P26_bulk_copy",
       "begin;\n\\copy carts from program 'seq 1 400000'\n"
       "\\copy carts to '/dev/null'\ncommit;\n",
       one_commit},
  };
}

class WordsTest : public ScenarioTest, public testing::WithParamInterface<Said> {
 protected:
  void SetUp() override {
    ScenarioTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    Lab::psql("DROP TABLE IF EXISTS carts, lines");
    Lab::psql("CREATE TABLE carts (order_id int)");
    write_text(path("words.sql"), GetParam().script);
    std::filesystem::copy_file(CUTPOINT_SOURCE_DIR "/tests/scenarios/words.py", path("words.py"));
    std::filesystem::permissions(path("words.py"), std::filesystem::perms(0644));
  }
  static std::string faults() {
    std::string text;
    for (const std::string moment : observed) {
      std::string name = moment;
      std::replace(name.begin(), name.end(), '.', '-');
      text += fmt::format(
          "  - name: {}\n    mode: observe\n"
          "    at: {{ service: db, moment: {}, position: before, times: 0 }}\n"
          "    do: {{ blackhole: both, scope: flow, for: 1s, heal: reset }}\n",
          name, moment);
    }
    return text;
  }
  [[nodiscard]] std::string command() const {
    const std::string client = GetParam().script.empty()
                                   ? "/usr/bin/python3 words.py " + GetParam().row.substr(0, 3)
                                   : R"(psql -X -q -f words.sql "$CUTPOINT_PG_DSN")";
    return "cd " + path("") + " && exec " + client;
  }
};

TEST_P(WordsTest, are_the_moments_that_they_mean) {
  const auto ended = cutpoint(scenario(R"(scenario: words
services:
  db: { protocol: postgres, dsn: "${CUTPOINT_PG_DSN}" }
target: { command: ["false"], user: nobody, timeout: 60s }
faults:
)" + faults() + R"(expect:
  - { invariant: postgres.acked_is_durable }
)") + Words{"--", "sh", "-c", command()});
  const json result = report();
  ASSERT_TRUE(result.is_object()) << ended.err;
  Counts seen;
  for (std::size_t i = 0; i < std::size(observed); ++i) {
    if (const int times = result["faults"][i]["would_fire"]; times > 0) seen[observed[i]] = times;
  }
  const auto errors = read_file(out() + "/target.stderr");
  EXPECT_EQ(seen, GetParam().moments) << ended.out << ended.err << (errors ? *errors : "");
  EXPECT_EQ(result["events"]["desynchronised"], 0) << ended.out;
  EXPECT_EQ(result["events"]["lost"], 0);
}

INSTANTIATE_TEST_SUITE_P(row, WordsTest, testing::ValuesIn(all_said()),
                         [](const auto& words) { return words.param.row; });

}  // namespace
}  // namespace cutpoint

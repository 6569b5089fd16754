// SPDX-License-Identifier: Apache-2.0
// No secret that cutpoint comes to see is in anything that it writes or says: not those of the
// scenario and its environment, nor those on the wire, nor those in what a service answers.
#include <csignal>
#include <filesystem>
#include <sstream>

#include "tests/scenarios/secrets_fixture.h"

namespace cutpoint {
namespace {

namespace fs = std::filesystem;

const std::string client = CUTPOINT_SOURCE_DIR "/tests/scenarios/secret_client.py";

class SecretsTest : public Secrets<ScenarioTest> {
 protected:
  void SetUp() override {
    ScenarioTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    add_password_of(dsn_);  // the lab's real one, so that the run goes well
    ASSERT_FALSE(secrets_.empty());
    Lab::psql(
        "DROP TABLE IF EXISTS secrets CASCADE; "
        "CREATE TABLE secrets (id int, word text UNIQUE); "
        "CREATE VIEW unreadable AS SELECT word::int AS id FROM secrets");
  }

  // With each of these as $SECRET_NAME.
  Program run_with(const Words& names, const Words& arguments) {
    Program::Options options;
    for (const std::string& name : names)
      options.environment.emplace_back("SECRET_" + name, add(name));
    return start(arguments, options);
  }

  // A scenario on the database whose target has secrets in its command line, too.
  [[nodiscard]] Words on_postgres() {
    return scenario(fmt::format(R"(scenario: secrets
services:
  db: {{ protocol: postgres, dsn: "${{CUTPOINT_PG_DSN}}" }}
target:
  command: [env, "API_TOKEN={}", "X=${{SECRET_VARIABLE}}", /usr/bin/python3, {}, postgres]
  timeout: 30s
faults:
  - name: cut
    at: {{ service: db, moment: commit.request, position: after, nth: 2 }}
    do: {{ blackhole: both, scope: service, for: 2s, heal: release }}
expect:
  - {{ invariant: postgres.atomic, tables: [secrets, unreadable], by: id }}
  - {{ invariant: postgres.belief_agrees }}
  - {{ invariant: postgres.no_orphans, after: 1s }}
)",
                                add("TOKEN"), client));
  }
  const Words of_postgres{"LITERAL", "BOUND", "ROW", "VARIABLE"};
};

TEST_F(SecretsTest, OfPostgreSQLAreNowhere) {
  Program run = run_with(of_postgres, on_postgres() + Words{"--set", "services.db.dsn=" + dsn_});
  ASSERT_NE(run.err_line("fired: cut"), "");
  fs::copy(state(), path("state-copy"), fs::copy_options::recursive);
  const auto ended = run.wait();
  EXPECT_EQ(report()["faults"][0]["fired_count"], 1) << ended.err;
  EXPECT_EQ(Lab::psql("SELECT count(*) >= 5 FROM secrets"), "t") << ended.out << ended.err;
  EXPECT_EQ(leaks(ended), "");
  EXPECT_EQ(leaks_of_run(), "");
  EXPECT_EQ(leaks(path("state-copy")), "");
}

TEST_F(SecretsTest, ThatTheTargetPrintsAreInItsOwnFilesAlone) {
  const auto ended = run_with(of_postgres + Words{"PRINTED"}, on_postgres()).wait();
  EXPECT_NE(read_file(out() + "/target.stdout")->find(secret("PRINTED")), std::string::npos)
      << ended.err;
  EXPECT_EQ(leaks(ended), "");
  EXPECT_EQ(leaks_of_run(), "");
}

TEST_F(SecretsTest, AreNowhereWhereTheRunIsInterrupted) {
  Program run = run_with(of_postgres, on_postgres());
  ASSERT_NE(run.err_line("fired: cut"), "");
  run.signal(SIGINT);
  const auto ended = run.wait();
  EXPECT_EQ(ended.code, 130) << ended.err;
  EXPECT_EQ(leaks(ended), "");
  EXPECT_EQ(leaks_of_run(), "");
}

TEST_F(SecretsTest, AreNowhereInADryRun) {
  const auto ended = run_with(of_postgres, on_postgres() + Words{"--dry-run"}).wait();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(leaks(ended), "");
}

TEST_F(SecretsTest, OfTheEnvironmentAreNotQuotedByMistakes) {
  for (const char* key : {"target.timeout", "seed", "faults.cut.at.moment", "faults.cut.do.for",
                          "services.db.protocol", "expect", "services.db.dsn"}) {
    const auto ended =
        run_with({"VARIABLE"},
                 on_postgres() + Words{"--set", std::string(key) + "=${SECRET_VARIABLE}"})
            .wait();
    EXPECT_NE(ended.code, 0) << key << ended.out;
    EXPECT_EQ(leaks(ended), "") << key;
  }
}

TEST_F(SecretsTest, OfConnectionsThatFailAreNotTold) {
  const std::string wrong = add("WRONG");
  const std::string escaped = "sEcReT-WRONG-9fQ%2Fx+7";
  const std::string place = std::string("127.0.0.1:") + CUTPOINT_TEST_LAB_PORT;
  const std::string keywords = std::string("host=127.0.0.1 port=") + CUTPOINT_TEST_LAB_PORT +
                               " user=cutpoint dbname=cutpoint";
  for (const std::string& dsn :
       {"postgresql://cutpoint:" + escaped + "@" + place + "/cutpoint",
        "postgresql://cutpoint@" + place + "/cutpoint?password=" + escaped,
        "postgresql://cutpoint:" + escaped + "@127.0.0.1:1/cutpoint",
        "postgresql://cutpoint:" + wrong + "@" + place + "/cutpoint",
        "postgresql://cutpoint:" + wrong + "%zz@" + place + "/cutpoint",
        "postgresql://cutpoint:two?" + wrong + "=words@" + place + "/cutpoint",
        keywords + " password='" + wrong + "'", keywords + " password=two " + wrong + "=words",
        keywords + " password='" + wrong, "host=127.0.0.1 port=1 sslpassword=" + wrong}) {
    dsn_ = dsn;
    const auto ended = run_with({"VARIABLE"}, on_postgres()).wait();
    EXPECT_NE(ended.code, 0) << dsn;
    EXPECT_EQ(leaks(ended), "") << dsn;
    const auto set =
        run_with({"VARIABLE"}, on_postgres() + Words{"--set", "services.db.dsn=" + dsn}).wait();
    EXPECT_EQ(leaks(set), "") << dsn;
  }
}

TEST_F(SecretsTest, OfLibpqsOwnPlacesAreNotTold) {
  const std::string password = add("PGPASSWORD");
  dsn_ = std::string("host=127.0.0.1 port=") + CUTPOINT_TEST_LAB_PORT +
         " user=cutpoint dbname=cutpoint";
  Program::Options by_variable;
  by_variable.environment = {{"PGPASSWORD", password}, {"SECRET_VARIABLE", add("VARIABLE")}};
  EXPECT_EQ(leaks(start(on_postgres(), by_variable).wait()), "");
  write_text(path("pgpass"), "*:*:*:*:" + password + "\n");
  fs::permissions(path("pgpass"), fs::perms::owner_read);
  Program::Options by_file;
  by_file.environment = {{"PGPASSFILE", path("pgpass")}, {"SECRET_VARIABLE", add("VARIABLE")}};
  EXPECT_EQ(leaks(start(on_postgres(), by_file).wait()), "");
}

TEST_F(SecretsTest, OfHttpAreNowhere) {
  Program::Options options;
  for (const char* name : {"ANSWER", "COOKIE"}) {
    options.environment.emplace_back(std::string("SECRET_") + name, add(name));
  }
  Program server({"/usr/bin/python3", client, "serve"}, options);
  const std::string port = server.out_line("port ").substr(5);
  const auto ended =
      run_with({"QUERY", "BEARER", "API_KEY", "PROMPT"}, scenario(fmt::format(R"(scenario: secrets
services:
  api: {{ protocol: http, address: "127.0.0.1:{0}" }}
target:
  command: [/usr/bin/python3, {1}, http, "http://127.0.0.1:{0}/v1/models"]
  timeout: 30s
faults:
  - name: cut
    at: {{ service: api, moment: request.end, position: after, nth: 2, path: /v1 }}
    do: {{ blackhole: both, scope: flow, for: 2s, heal: reset }}
expect:
  - {{ invariant: http.bounded_wait, within: 500ms }}
)",
                                                                              port, client)))
          .wait();
  EXPECT_NE(ended.code, 2) << ended.err;
  EXPECT_NE(ended.code, 3) << ended.err;
  EXPECT_FALSE(report()["exchanges"].empty()) << ended.out << ended.err;
  EXPECT_EQ(leaks(ended), "");
  EXPECT_EQ(leaks_of_run(), "");
}

// The search itself: it finds what is there, in each form.
TEST_F(SecretsTest, WouldBeFound) {
  const std::string word = add("FOUND");
  const auto encoded = Program::run(
      {"bash", "-c",
       R"(printf %s "$1"; echo; printf %s "$1" | od -An -tx1 | tr -d ' \n'; echo; )"
       R"(for before in '' a ab; do printf %s "$before$1 more" | base64 -w0; echo; done)",
       "bash", word});
  std::istringstream lines(encoded.out);
  for (std::string line; std::getline(lines, line);) {
    write_text(path("line"), line);
    EXPECT_NE(leaks(path("line")), "") << line;
  }
  write_text(path("line"), "?key=sEcReT-FOUND-9fQ%2Fx%2B7");
  EXPECT_NE(leaks(path("line")), "");
}

}  // namespace
}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
// The examples of pipelines, run as they stand, and the JUnit XML that they leave.
#include <filesystem>
#include <fmt/format.h>

#include "controller/util/file.h"
#include "tests/scenarios/scenario_fixture.h"

namespace cutpoint {
namespace {

namespace fs = std::filesystem;

class PipelinesTest : public ScenarioTest {
 protected:
  // A tree as scripts/build leaves it, in which nothing is this test's but what the pipeline
  // writes.
  void SetUp() override {
    ScenarioTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    fs::create_directories(path("tree/build"));
    fs::create_directory_symlink(CUTPOINT_SOURCE_DIR "/scripts", path("tree/scripts"));
    fs::create_symlink(CUTPOINT_TEST_BINARY, path("tree/build/cutpoint"));
    fs::create_directory(path("bin"));
    if (!fs::exists("/usr/bin/sudo")) {  // a root shell may have none
      write_text(path("bin/sudo"), "#!/bin/sh\n[ \"$1\" != -E ] || shift\nexec \"$@\"\n");
      fs::permissions(path("bin/sudo"), fs::perms::owner_all);
    }
  }
  void TearDown() override {
    if (fs::exists(path("lab"))) pipeline_shell("scripts/lab down");
    ScenarioTest::TearDown();
  }

  Program::Ended pipeline_shell(const std::string& script) {
    Program::Options options;
    options.environment = {
        {"PATH", path("bin") + ":/usr/sbin:/usr/bin:/sbin:/bin"},
        {"CUTPOINT_LAB_DIR", path("lab")},
        {"CUTPOINT_LAB_PG_PORT", std::to_string(std::stoi(CUTPOINT_TEST_LAB_PORT) - 1)}};
    return start_words({"bash", "-c", "cd " + path("tree") + " && " + script}, options).wait();
  }

  Program::Ended pipeline(const std::string& file, const std::string& variable) {
    return pipeline_shell(
        fmt::format("exec /usr/bin/python3 {0}/tests/scenarios/run_pipeline.py "
                    "{0}/scripts/ci-examples/{1} {2}",
                    CUTPOINT_SOURCE_DIR, file, variable));
  }

  // What is wrong with it by the schema of JUnit XML; empty: nothing.
  static std::string schema_errors(const std::string& file) {
    const auto ended = Program::run({"xmllint", "--noout", "--nonet", "--schema",
                                     CUTPOINT_SOURCE_DIR "/tests/unit/report/junit.xsd", file});
    return ended.code == 0 ? "" : ended.err;
  }
};

TEST_F(PipelinesTest, OfGitHubPassesWhereTheApplicationSurvives) {
  const auto ended = pipeline("github-actions.yml", "RETRY=resolve");
  EXPECT_EQ(ended.out,
            "build cutpoint: skipped\n"
            "can this host run it: exit code 0\n"
            "start the database: exit code 0\n"
            "cut at a COMMIT: exit code 0\n"
            "write the audit: exit code 0\n"
            "stop the database: exit code 0\n"
            "artefact junit.xml\nartefact audit.md\nartefact audit.json\n")
      << ended.err;
  EXPECT_EQ(schema_errors(path("tree/junit.xml")), "");
  EXPECT_EQ(read_file(path("tree/junit.xml"))->find("<failure"), std::string::npos);
}

TEST_F(PipelinesTest, OfGitHubFailsWhereItDoesNotAndKeepsWhatWasFound) {
  const auto ended = pipeline("github-actions.yml", "RETRY=naive");
  EXPECT_EQ(ended.out,
            "build cutpoint: skipped\n"
            "can this host run it: exit code 0\n"
            "start the database: exit code 0\n"
            "cut at a COMMIT: exit code 1\n"
            "write the audit: exit code 0\n"
            "stop the database: exit code 0\n"
            "artefact junit.xml\nartefact audit.md\nartefact audit.json\n")
      << ended.err;
  EXPECT_EQ(schema_errors(path("tree/junit.xml")), "");
  EXPECT_NE(read_file(path("tree/junit.xml"))->find("<failure"), std::string::npos);
}

TEST_F(PipelinesTest, OfGitLabDoesLikewise) {
  for (const auto& [variable, code] :
       {std::pair{"RETRY=resolve", 0}, std::pair{"RETRY=naive", 1}}) {
    const auto ended = pipeline("gitlab-ci.yml", variable);
    EXPECT_EQ(ended.out, fmt::format("script: exit code {}\nafter_script: exit code 0\n"
                                     "artefact junit.xml\nartefact audit.md\n"
                                     "artefact audit.json\nartefact cutpoint-runs/\n",
                                     code))
        << ended.err;
    EXPECT_EQ(schema_errors(path("tree/junit.xml")), "");
  }
}

TEST_F(PipelinesTest, HaveJUnitOfInconclusiveRunsAndOfAudits) {
  const std::string never = path("never.xml");
  EXPECT_EQ(cutpoint(split_brain({fault_key + ".at.nth=1000"}, "1s") +
                     Words{"--format", "junit:" + never})
                .code,
            4);
  EXPECT_EQ(schema_errors(never), "");
  EXPECT_NE(read_file(never)->find("<error type=\"never fired\""), std::string::npos);
  const auto merged =
      cutpoint({"report", out(), copy_of(out()), "--format", "junit:" + path("merged.xml")});
  EXPECT_EQ(merged.code, 4) << merged.err;
  EXPECT_EQ(schema_errors(path("merged.xml")), "");
}

}  // namespace
}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
// Recorded runs, rendered and merged; reports that go to files; the published schema.
#include <filesystem>

#include "controller/util/file.h"
#include "tests/scenarios/scenario_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;

class ReportTest : public ScenarioTest {
 protected:
  [[nodiscard]] std::string read(const std::string& name) const {
    auto text = read_file(path(name));
    return text ? *text : "";
  }
};

TEST_F(ReportTest, IsTheSameWhenTheRunEndsAndLater) {
  const auto ended = cutpoint(split_brain({}, "1s") +
                              Words{"--quiet", "--format", "text:" + path("run.txt"), "--format",
                                    "md:" + path("run.md"), "--format", "json:" + path("run.json"),
                                    "--format", "junit:" + path("run.xml")});
  EXPECT_EQ(ended.code, 1) << ended.err;
  EXPECT_EQ(ended.out, "");
  EXPECT_EQ(ended.err, "") << "--quiet";
  EXPECT_EQ(json::parse(read("run.json")), report());
  EXPECT_EQ(judged("report", out() + "/report.json"), "ok " + out() + "/report.json\n");
  for (const char* format : {"md", "json"}) {
    const auto later = cutpoint({"report", out(), "--format", format});
    EXPECT_EQ(later.code, 1) << later.err;
    EXPECT_EQ(later.out, read(std::string{"run."} + format));
  }
  EXPECT_EQ(cutpoint({"report", out(), "--format", "junit"}).out, read("run.xml"));
  EXPECT_EQ(cutpoint({"report", out(), "--format", "md:/dev/null"}).code, 1);
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
  EXPECT_EQ(cutpoint({"report", out(), "-q"}).out, read("run.txt"));
  const std::string whole = cutpoint({"report", out()}).out;
  EXPECT_TRUE(whole.ends_with(read("run.txt"))) << whole;
  EXPECT_NE(whole.find("Belief × truth"), std::string::npos) << whole;
  EXPECT_NE(read("run.txt").find("files in " + out()), std::string::npos);
}

TEST_F(ReportTest, OfSeveralRunsIsAnAudit) {
  EXPECT_EQ(cutpoint(split_brain({}, "1s")).code, 1);
  EXPECT_EQ(cutpoint({"run", CUTPOINT_SOURCE_DIR "/scripts/scenarios/split-brain.yaml", "--out",
                      path("never"), "--set", fault_key + ".at.nth=1000"})
                .code,
            4);
  const auto audit = cutpoint({"report", path("never"), out(), "--format", "json"});
  EXPECT_EQ(audit.code, 1) << audit.err;
  const json merged = json::parse(audit.out);
  EXPECT_EQ(merged["readiness"]["verdict"], "not ready");
  EXPECT_EQ(merged["runs"][1], report());
  write_text(path("audit.json"), audit.out);
  EXPECT_EQ(judged("audit", path("audit.json")), "ok " + path("audit.json") + "\n");
  EXPECT_EQ(cutpoint({"report", path("never"), copy_of(path("never"))}).code, 4);
}

TEST_F(ReportTest, SaysWhereTheFilesAreNow) {
  EXPECT_EQ(cutpoint(split_brain({}, "1s")).code, 1);
  const json before = report();
  std::filesystem::rename(out(), path("moved"));
  const std::string moved = path("moved");
  const std::string files = "files in " + moved + "\n";
  EXPECT_NE(cutpoint({"report", moved, "-q"}).out.find(files), std::string::npos);
  EXPECT_NE(cutpoint({"report", moved + "/", "-q"}).out.find(files), std::string::npos);
  EXPECT_EQ(json::parse(cutpoint({"report", moved, "--format", "json"}).out), before);
  const std::string copy = copy_of(moved);
  const json audit = json::parse(cutpoint({"report", moved, copy, "--format", "json"}).out);
  EXPECT_EQ(audit["overview"][0]["out"], moved);
  EXPECT_EQ(audit["overview"][0]["name"], "split-brain in moved");
  EXPECT_EQ(audit["runs"][1]["out"], copy);
  const std::string compared = cutpoint({"report", moved, copy, "--compare"}).out;
  EXPECT_NE(compared.find(copy), std::string::npos) << compared;
  EXPECT_EQ(compared.find(out()), std::string::npos) << compared;
}

TEST_F(ReportTest, HasAPlaceToGoBeforeTheRunBegins) {
  const auto ended =
      cutpoint(split_brain({}) + Words{"--format", "junit:" + path("missing/junit.xml")});
  EXPECT_EQ(ended.code, 2);
  EXPECT_EQ(ended.err, "cutpoint: cannot write to " + path("missing/junit.xml") +
                           ": No such file or directory\n"
                           "  → choose another file behind `--format junit:`\n");
  EXPECT_FALSE(std::filesystem::exists(out()));
}

TEST_F(ReportTest, LeavesNoEmptyFileWhereTheRunIsRefused) {
  dsn_ = "host=127.0.0.1 port=1 dbname=none user=none";
  const auto ended = cutpoint(split_brain({}) + Words{"--format", "junit:" + path("junit.xml")});
  EXPECT_EQ(ended.code, 3) << ended.err;
  EXPECT_FALSE(std::filesystem::exists(path("junit.xml")));
}

TEST_F(ReportTest, RefusesWhatItCannotReadOrDoesNotKnow) {
  const auto missing = cutpoint({"report", path("none")});
  EXPECT_EQ(missing.code, 2);
  EXPECT_EQ(missing.err, "cutpoint: cannot open " + path("none") +
                             ": No such file or directory\n"
                             "  → name the directory of a run (`--out`), which holds its "
                             "report.json\n");
  write_text(path("report.json"), R"({"schema_version": 1})");
  const auto old = cutpoint({"report", path("report.json")});
  EXPECT_EQ(old.code, 2);
  EXPECT_EQ(old.err, "cutpoint: " + path("report.json") +
                         " is no report: its schema_version is 1, this cutpoint reads 3\n"
                         "  → render it with the cutpoint that wrote it, or run its scenario "
                         "again\n");
  for (const char* format : {"pdf", "text:", "jsn:file"}) {
    const auto bad = cutpoint({"report", path("report.json"), "--format", format});
    EXPECT_EQ(bad.code, 2);
    EXPECT_NE(bad.err.find("--format"), std::string::npos) << bad.err;
  }
  EXPECT_EQ(cutpoint({"report"}).code, 2);
  EXPECT_EQ(cutpoint({"schema", "reports"}).code, 2);
}

}  // namespace
}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
// What `cutpoint report` reads and what it leaves behind, as it is built.
#include <filesystem>
#include <gtest/gtest.h>

#include "controller/util/file.h"
#include "tests/scenarios/program.h"
#include "tests/unit/report/views_fixture.h"

namespace cutpoint {
namespace {

using Words = std::vector<std::string>;

class ReportFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "/cutpoint-report-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = std::filesystem::canonical(pattern).string();
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string path(const std::string& name) const { return directory_ + "/" + name; }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    ASSERT_TRUE(write_file_atomically(path(name), text));
  }
  [[nodiscard]] std::string content(const std::string& name) const {
    const auto text = read_file(path(name));
    return text ? *text : "";
  }
  static Program::Ended report(Words words) {
    words.insert(words.begin(), {CUTPOINT_TEST_BINARY, "report"});
    return Program::run(words);
  }

  static Program::Ended shell(const std::string& command) {
    return Program::run({"sh", "-c", command});
  }

  std::string directory_;
};

// A violated run's.
TEST_F(ReportFiles, KeepWhatTheyHeldWhereTheTimelineIsBad) {
  nlohmann::json run = testing::full_report();
  run.erase("not_written");
  write("run/report.json", run.dump());
  write("trace.json", "old");
  const auto missing = report(
      {path("run"), "--format", "trace:" + path("trace.json"), "--format", "md:" + path("run.md")});
  EXPECT_EQ(missing.code, 2);
  EXPECT_EQ(missing.err, "cutpoint: " + path("run/timeline.jsonl") +
                             " is no timeline: No such file or directory\n"
                             "  → name the directory of a run (`--out`), with all its files\n");
  EXPECT_EQ(content("trace.json"), "old");
  EXPECT_NE(content("run.md").find("split-brain"), std::string::npos) << "the others are written";
  write("run/timeline.jsonl", "no entry\n");
  for (const Words& words : {Words{path("run"), "--format", "trace:" + path("trace.json")},
                             Words{path("run"), "--format", "trace:" + path("new.json")},
                             Words{path("run"), "--format", "trace"}}) {
    const auto bad = report(words);
    EXPECT_EQ(bad.code, 2);
    EXPECT_EQ(bad.out, "");
    EXPECT_NE(bad.err.find("line 1 is no entry"), std::string::npos) << bad.err;
  }
  EXPECT_EQ(content("trace.json"), "old");
  EXPECT_EQ(list_directory(directory_).size(), 3U);
}

// The page does without a timeline, but not with one of another run.
TEST_F(ReportFiles, OfTwoRunsAreNotShownAsOne) {
  nlohmann::json run = testing::full_report();
  run.erase("not_written");
  write("run/report.json", run.dump());
  EXPECT_EQ(report({path("run"), "--format", "html:" + path("page.html")}).code, 1);
  write("run/timeline.jsonl", R"({"seq": 1, "ns": 1, "source": "target", "what": "note"})");
  for (const char* format : {"html", "trace"}) {
    const auto ended = report({path("run"), "--format", format});
    EXPECT_EQ(ended.code, 2);
    EXPECT_EQ(ended.out, "");
    EXPECT_NE(ended.err.find(path("run/timeline.jsonl") +
                             " is not the timeline of the report beside it: entry "),
              std::string::npos)
        << ended.err;
  }
  run["not_written"] = {"timeline.jsonl"};
  write("run/report.json", run.dump());
  EXPECT_EQ(report({path("run"), "--format", "html"}).code, 1) << "it is of an earlier run";
  EXPECT_NE(report({path("run"), "--format", "trace"}).err.find("its run could not write it"),
            std::string::npos);
}

// Only what is not there is done without. A link to itself fails for root too, as a permission does
// for others.
TEST_F(ReportFiles, AreNotTakenForMissingWhereTheyCannotBeRead) {
  nlohmann::json run = testing::full_report();
  run.erase("not_written");
  write("run/report.json", run.dump());
  std::filesystem::create_symlink("timeline.jsonl", path("run/timeline.jsonl"));
  const auto ended = report({path("run"), "--format", "html", "--format", "md:" + path("run.md")});
  EXPECT_EQ(ended.code, 2);
  EXPECT_EQ(ended.out, "");
  EXPECT_TRUE(ended.err.starts_with("cutpoint: " + path("run/timeline.jsonl") +
                                    " is no timeline: Too many levels of symbolic links\n"))
      << ended.err;
  EXPECT_NE(content("run.md"), "") << "the others are written";
}

TEST_F(ReportFiles, AreReplacedByWhatWasRendered) {
  write("run/report.json", testing::full_report().dump());
  write("run.md", "old");
  EXPECT_EQ(report({path("run"), "--format", "md:" + path("run.md")}).code, 1);
  EXPECT_EQ(content("run.md"), report({path("run"), "--format", "md"}).out);
  EXPECT_EQ(list_directory(directory_).size(), 2U);
}

TEST_F(ReportFiles, AreWrittenWhereTheReaderOfStdoutHadEnough) {
  write("run/report.json", testing::full_report().dump());
  // The shell tells the code of the report, whose reader has gone before it begins.
  const auto ended =
      shell("{ sleep 0.2; " CUTPOINT_TEST_BINARY " report " + path("run") +
            " --format text --format md:" + path("run.md") + "; echo $? >&2; } | true");
  EXPECT_EQ(ended.err, "1\n") << "the run's; nothing is said of the reader";
  EXPECT_EQ(content("run.md"), report({path("run"), "--format", "md"}).out);
}

TEST_F(ReportFiles, AreWrittenWhereStdoutIsClosedWhichIsToldOf) {
  write("run/report.json", testing::full_report().dump());
  const auto ended = shell(CUTPOINT_TEST_BINARY " report " + path("run") +
                           " --format text --format md:" + path("run.md") + " >&-");
  EXPECT_EQ(ended.code, 2);
  EXPECT_EQ(ended.err,
            "cutpoint: cannot write to stdout: Bad file descriptor\n"
            "  → make room, or send it elsewhere\n");
  EXPECT_EQ(content("run.md"), report({path("run"), "--format", "md"}).out);
}

TEST_F(ReportFiles, ThatStdoutOrStderrGoToGetOneBehindTheOther) {
  write("run/report.json", testing::full_report().dump());
  const std::string markdown = report({path("run"), "--format", "md"}).out;
  const std::string text = report({path("run"), "--format", "text"}).out;
  const std::string both = CUTPOINT_TEST_BINARY " report " + path("run") + " --format text";
  for (const std::string& rest : {" --format md:/dev/stdout >>" + path("out"),
                                  " --format md:" + path("out") + " >>" + path("out"),
                                  " --format md:/dev/stderr >>" + path("out") + " 2>&1"}) {
    write("out", "before\n");
    EXPECT_EQ(shell(both + rest).code, 1) << rest;
    EXPECT_EQ(content("out"), "before\n" + text + markdown) << rest;
  }
  EXPECT_EQ(shell(both + " --format md:/dev/stdout").out, text + markdown) << "a pipe";
}

TEST_F(ReportFiles, OfTwoFormatsAreRefusedUnderTwoNames) {
  write("run/report.json", testing::full_report().dump());
  write("there", "old");
  std::filesystem::create_symlink("there", path("link"));
  std::filesystem::create_hard_link(path("there"), path("again"));
  std::filesystem::create_directory_symlink(".", path("here"));
  const std::pair<const char*, const char*> rows[] = {
      {"new", "./new"}, {"new", "here/new"}, {"there", "link"}, {"there", "again"}};
  for (const auto& [one, other] : rows) {
    const auto ended =
        report({path("run"), "--format", "md:" + path(one), "--format", "html:" + path(other)});
    EXPECT_EQ(ended.code, 2) << other;
    EXPECT_EQ(ended.err, "cutpoint: --format: two of them would be written to " + path(other) +
                             "\n  → name another file for one of them\n");
  }
  EXPECT_EQ(content("there"), "old");
  EXPECT_FALSE(std::filesystem::exists(path("new")));
  EXPECT_EQ(report({path("run"), "--format", "md:/dev/stdout", "--format", "text:/dev/fd/1"}).code,
            1)
      << "a pipe takes both";
}

TEST_F(ReportFiles, ThatARunRecordedAreNoPlaceForAView) {
  nlohmann::json run = testing::full_report();
  run.erase("not_written");
  const std::string text = run.dump();
  write("run/report.json", text);
  write("run/copy.json", text);
  write("run/evidence.pcapng", "packets");
  std::filesystem::create_symlink("run/report.json", path("link.md"));
  std::filesystem::create_hard_link(path("run/evidence.pcapng"), path("packets"));
  for (const char* file :
       {"run/report.json", "run/../run/report.json", "link.md", "packets", "run/timeline.jsonl",
        "run/scenario.yaml", "run/history.jsonl", "run/target.stdout", "run/workload.stderr"}) {
    const auto ended = report({path("run"), "--format", "md:" + path(file)});
    EXPECT_EQ(ended.code, 2) << file;
    EXPECT_EQ(ended.err, "cutpoint: " + path(file) + " is what the run " + path("run") +
                             " has recorded: a report would destroy it\n"
                             "  → choose another file behind `--format md:`\n");
  }
  EXPECT_EQ(report({path("run/copy.json"), "--format", "md:" + path("run/copy.json")}).code, 2);
  EXPECT_EQ(content("run/report.json"), text);
  EXPECT_EQ(content("run/copy.json"), text);
  EXPECT_EQ(content("run/evidence.pcapng"), "packets");
  EXPECT_EQ(list_directory(path("run")).size(), 3U);
  EXPECT_EQ(report({path("run"), "--format", "md:" + path("run/report.md")}).code, 1);
  EXPECT_EQ(report({path("run"), "--format", "json:" + path("run/trace.json")}).code, 1)
      << "it is a view, too";
}

TEST_F(ReportFiles, OfOneRunAreRefusedUnderTwoNames) {
  const std::string text = testing::full_report().dump();
  write("run/report.json", text);
  write("other/report.json", text);
  std::filesystem::create_directory_symlink("run", path("link"));
  for (const std::string& again : {path("run"), path("run/report.json"), path("./run/"),
                                   path("link"), path("link/report.json")}) {
    for (const Words& words : {Words{path("run"), again}, Words{path("run"), again, "--compare"}}) {
      const auto ended = report(words);
      EXPECT_EQ(ended.code, 2) << again;
      EXPECT_EQ(ended.out, "");
      EXPECT_EQ(ended.err, "cutpoint: " + path("run") + " and " + again +
                               " are the same run\n  → name each run once\n");
    }
  }
  EXPECT_EQ(report({path("run"), path("other")}).code, 1) << "a copy is another";
}

}  // namespace
}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
#include "tests/scenarios/scenario_fixture.h"

#include <filesystem>
#include <fmt/format.h>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/util/file.h"

namespace cutpoint {
namespace {

// What this host lacks; empty: nothing. Every case is a process of its own: one of them asks, and
// the others find its answer for as long as their lab is up.
std::string missing_on_host() {
  const std::string answer = CUTPOINT_TEST_LAB_DIR "/postgres/host-can-run";
  if (std::filesystem::exists(answer)) return {};
  const auto check = Program::run({CUTPOINT_TEST_BINARY, "check"});
  if (check.code != 0) return check.out;
  write_text(answer, check.out);
  return {};
}

}  // namespace

void ScenarioTest::SetUp() {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const std::string missing = missing_on_host();
  if (!missing.empty()) GTEST_SKIP() << "this host cannot run cutpoint: " << missing;
  std::string pattern = "/tmp/cutpoint-scenario-XXXXXX";
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  ASSERT_EQ(::chmod(pattern.c_str(), 0755), 0);
  directory_ = pattern;
  state_ = path("state");
  dsn_ = Lab::dsn();
  before_ = bpf_objects();
}

void ScenarioTest::TearDown() {
  if (directory_.empty()) return;
  EXPECT_EQ(residue(), "");
  std::filesystem::remove_all(directory_);
}

Program::Options ScenarioTest::with_environment(Program::Options options) const {
  options.environment.emplace_back("CUTPOINT_STATE_DIR", state());
  options.environment.emplace_back("CUTPOINT_PG_DSN", dsn_);
  return options;
}

Program ScenarioTest::start(const Words& arguments, Program::Options options) {
  return start_words(Words{CUTPOINT_TEST_BINARY} + arguments, std::move(options));
}

Program ScenarioTest::start_redirected(const std::string& redirection, const Words& arguments) {
  return start_words(Words{"sh", "-c", R"(exec "$0" "$@" )" + redirection, CUTPOINT_TEST_BINARY} +
                     arguments);
}

Program ScenarioTest::start_words(const Words& words, Program::Options options) {
  Program program(words, with_environment(std::move(options)));
  controllers_.push_back(program.pid());
  return program;
}

Words ScenarioTest::split_brain(const Words& set, const std::string& cut) const {
  Words arguments{"run", CUTPOINT_SOURCE_DIR "/scripts/scenarios/split-brain.yaml", "--out", out()};
  Words all{fault_key + ".do.for=" + cut, "workload.patience=1s"};
  all.insert(all.end(), set.begin(), set.end());
  for (const std::string& item : all) {
    arguments.emplace_back("--set");
    arguments.push_back(item);
  }
  return arguments;
}

Words ScenarioTest::scenario(const std::string& yaml) const {
  write_text(path("scenario.yaml"), yaml);
  return {"run", path("scenario.yaml"), "--out", out()};
}

void ScenarioTest::use_host(const std::string& host) {
  const std::string usual = "127.0.0.1";
  const std::size_t at = dsn_.find(usual);
  ASSERT_NE(at, std::string::npos);
  dsn_.replace(at, usual.size(), host);
}

std::string ScenarioTest::judged(const std::string& what, const std::string& file) {
  write_text(path("schema.json"), cutpoint({"schema", what}).out);
  return Program::run({"/usr/bin/python3", CUTPOINT_SOURCE_DIR "/tests/unit/schema/validate.py",
                       path("schema.json"), file})
      .out;
}

pid_t ScenarioTest::guardian() const {
  for (const pid_t pid : processes_of(state())) {
    if (read_file(fmt::format("/proc/{}/comm", pid)).value() == "cutpoint-guard\n") return pid;
  }
  return 0;
}

std::string ScenarioTest::clear() {
  const auto ended = cutpoint({"clear"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  return ended.out;
}

std::string ScenarioTest::copy_of(const std::string& directory) {
  std::string copy = directory + "-copy";
  std::filesystem::remove_all(copy);
  std::filesystem::copy(directory, copy);
  return copy;
}

nlohmann::json ScenarioTest::report() const {
  const auto text = read_file(out() + "/report.json");
  return text ? nlohmann::json::parse(*text) : nlohmann::json();
}

std::string ScenarioTest::residue() const {
  return fmt::format("{}", fmt::join(left_behind(state(), controllers_, before_), "\n"));
}

std::string of_target(const std::string& target) {
  return fmt::format(R"(scenario: bad-target
services:
  db: {{ protocol: postgres, dsn: "${{CUTPOINT_PG_DSN}}" }}
target: {{ {} }}
faults:
  - name: cut
    at: {{ service: db, moment: commit.request, position: after, nth: 1 }}
    do: {{ blackhole: both, scope: service, for: 1s, heal: release }}
expect:
  - {{ invariant: postgres.belief_agrees }}
)",
                     target);
}

Words operator+(Words left, const Words& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

void write_text(const std::string& path, const std::string& text) {
  const auto written = write_file_atomically(path, text, 0644);
  ASSERT_TRUE(written) << written.error().message;
}

std::vector<nlohmann::json> json_lines(const std::string& text) {
  std::vector<nlohmann::json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

}  // namespace cutpoint

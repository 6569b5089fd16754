// SPDX-License-Identifier: Apache-2.0
// The shipped scenarios against both variants of the reference application, as scripts/audit runs
// them: six runs, one audit, whose every view says the same; claims that are decided by what was
// measured; and what hardening has changed.
#include <map>

#include "controller/util/file.h"
#include "tests/scenarios/aura.h"

namespace cutpoint {
namespace {

using nlohmann::json;
using Verdicts = std::map<std::string, std::string>;

const std::string views = CUTPOINT_SOURCE_DIR "/tests/scenarios/views/";

class Audit : public AuraTest {
 protected:
  void SetUp() override {
    AuraTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    Program::Options options = environment({.variant = "none"});
    options.environment.emplace_back("CUTPOINT", CUTPOINT_TEST_BINARY);
    Program program =
        start_words({CUTPOINT_SOURCE_DIR "/scripts/audit", "--short", path("audit")}, options);
    for (int run = 0; run < 6; ++run) {
      ASSERT_NE(program.out_line("exit code"), "") << program.wait().err;
    }
    const auto ended = program.wait();
    ASSERT_EQ(ended.code, 0) << ended.out << ended.err;
  }

  [[nodiscard]] std::string file(const std::string& name) const { return path("audit/" + name); }

  [[nodiscard]] json read(const std::string& name) const {
    const auto text = read_file(file(name));
    EXPECT_TRUE(text) << name;
    return text ? json::parse(*text) : json();
  }

  [[nodiscard]] Program::Ended look_at_views(const std::string& script) const {
    return Program::run({"/usr/bin/python3", views + script, file("audit.json"),
                         "md=" + file("audit.md"), "text=" + file("audit.txt"),
                         "junit=" + file("audit.xml")});
  }

  // Of one run, by id.
  [[nodiscard]] Verdicts verdicts(const std::string& run) const {
    Verdicts found;
    const json claims = read(run + "/report.json")["claims"];
    for (const json& claim : claims) found[claim["id"]] = claim["verdict"];
    return found;
  }

  // Of a run's invariants, by name.
  [[nodiscard]] Verdicts outcomes(const std::string& run) const {
    Verdicts found;
    const json invariants = read(run + "/report.json")["invariants"];
    for (const json& one : invariants) found[one["name"]] = one["outcome"];
    return found;
  }

  [[nodiscard]] Words gone(const std::string& scenario) const {
    Words names;
    const json findings = read(scenario + "-compared.json")["findings"]["gone"];
    for (const json& one : findings) names.push_back(one["invariant"]);
    return names;
  }
};

// Those whose truth hangs on how long something took are looked at, but not asked for.
Verdicts without(Verdicts verdicts, const Words& ids) {
  for (const std::string& id : ids) {
    EXPECT_NE(verdicts[id], "not_tested") << id;
    verdicts.erase(id);
  }
  return verdicts;
}

constexpr const char* yes = "confirmed";
constexpr const char* no = "refuted";
constexpr const char* untested = "not_tested";

// One test, for the six runs take minutes.
TEST_F(Audit, of_six_runs_says_the_same_in_every_format) {
  const json audit = read("audit.json");
  EXPECT_EQ(audit["runs"].size(), 6U);
  EXPECT_EQ(judged("audit", file("audit.json")), "ok " + file("audit.json") + "\n");
  const auto compared = look_at_views("compare.py");
  EXPECT_EQ(compared.code, 0) << compared.out << compared.err;
  const auto sensitive = look_at_views("sensitive.py");
  EXPECT_EQ(sensitive.code, 0) << sensitive.err;

  const std::string split = "split-brain-aura";
  EXPECT_EQ(verdicts(split + "-fragile"), (Verdicts{{"S1.1", no},
                                                    {"S1.2", no},
                                                    {"S1.3", no},
                                                    {"S1.4a", no},
                                                    {"S1.4b", no},
                                                    {"S1.5", untested},
                                                    {"S1.6", no},
                                                    {"R.1", yes}}));
  EXPECT_EQ(verdicts(split + "-hardened"), (Verdicts{{"S1.1", no},
                                                     {"S1.2", no},
                                                     {"S1.3", no},
                                                     {"S1.4a", no},
                                                     {"S1.4b", untested},
                                                     {"S1.5", no},
                                                     {"S1.6", no},
                                                     {"R.1", no}}));
  EXPECT_EQ(gone(split), (Words{"postgres.exactly_once", "postgres.belief_agrees"}));

  const std::string hole = "black-hole-llm";
  EXPECT_EQ(
      without(verdicts(hole + "-fragile"), {"S2.1", "S2.2a", "S2.4a", "S2.4b", "S2.5a"}),
      (Verdicts{{"S2.2b", no}, {"S2.3", yes}, {"S2.5b", no}, {"S2.6", untested}, {"R.1", yes}}));
  EXPECT_EQ(outcomes(hole + "-fragile"), (Verdicts{{"http.bounded_wait", "violated"},
                                                   {"http.breaker_opens_within", "violated"},
                                                   {"http.retry_amplification", "violated"},
                                                   {"workers.available", "violated"},
                                                   {"http.recovers_within", "held"},
                                                   {"queue.drains_within", "held"}}));
  EXPECT_EQ(outcomes(hole + "-hardened"), (Verdicts{{"http.bounded_wait", "held"},
                                                    {"http.breaker_opens_within", "held"},
                                                    {"http.retry_amplification", "held"},
                                                    {"workers.available", "held"},
                                                    {"http.recovers_within", "held"},
                                                    {"queue.drains_within", "held"}}));
  const Verdicts hardened = verdicts(hole + "-hardened");
  EXPECT_EQ(hardened.at("S2.3"), no);
  EXPECT_EQ(hardened.at("S2.6"), yes);
  EXPECT_EQ(hardened.at("R.1"), no);

  const std::string pill = "poison-pill";
  EXPECT_EQ(without(verdicts(pill + "-fragile"), {"S3.3"}), (Verdicts{{"S3.1", yes},
                                                                      {"S3.2a", no},
                                                                      {"S3.2b", yes},
                                                                      {"S3.4", yes},
                                                                      {"S3.5", no},
                                                                      {"S3.6a", untested},
                                                                      {"S3.6b", untested},
                                                                      {"S3.6c", untested},
                                                                      {"R.1", yes}}));
  EXPECT_EQ(without(verdicts(pill + "-hardened"), {"S3.3"}), (Verdicts{{"S3.1", no},
                                                                       {"S3.2a", no},
                                                                       {"S3.2b", no},
                                                                       {"S3.4", no},
                                                                       {"S3.5", untested},
                                                                       {"S3.6a", yes},
                                                                       {"S3.6b", yes},
                                                                       {"S3.6c", untested},
                                                                       {"R.1", no}}));
  for (const std::string& scenario : {split, hole, pill}) {
    const std::string name = scenario + "-compared.json";
    EXPECT_EQ(judged("comparison", file(name)), "ok " + file(name) + "\n");
    const json comparison = read(name);
    EXPECT_EQ(comparison["findings"]["came"], json::array()) << scenario;
    EXPECT_EQ(comparison["findings"]["stayed"], json::array()) << scenario;
  }
  const auto mixed =
      cutpoint({"report", file(split + "-fragile"), file(pill + "-fragile"), "--compare"});
  EXPECT_EQ(mixed.code, 2);
  EXPECT_EQ(mixed.err,
            "cutpoint: cannot compare a run of split-brain-aura with one of poison-pill\n"
            "  → name two runs of the same scenario, or leave out --compare for an audit "
            "of both\n");
}

}  // namespace
}  // namespace cutpoint

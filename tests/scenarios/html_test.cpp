// SPDX-License-Identifier: Apache-2.0
// The page of HTML, of recorded runs, in a browser: page.py opens it and looks.
#include <filesystem>
#include <sstream>

#include "controller/util/file.h"
#include "tests/scenarios/scenario_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;

class HtmlTest : public ScenarioTest {
 protected:
  // What page.py says of these runs' page: "ok …", or what is wrong.
  std::string looked_at(const Words& directories, int code = 1) {
    for (const char* format : {"html", "json"}) {
      const auto written = cutpoint(
          Words{"report", "--format", format + (":" + path("page.")) + format} + directories);
      EXPECT_EQ(written.code, code) << written.err;
    }
    const auto seen =
        Program::run({"/usr/bin/python3", CUTPOINT_SOURCE_DIR "/tests/scenarios/page.py",
                      path("page.html"), path("page.json")});
    return seen.out + seen.err;
  }

  void run_split_brain() { ASSERT_EQ(cutpoint(split_brain({}, "1s")).code, 1); }

  // The recorded run, as if it had gone on and on: its own entries again, a minute apart.
  void lengthen(std::size_t entries) {
    const std::vector<json> lines = json_lines(*read_file(out() + "/timeline.jsonl"));
    constexpr std::int64_t minute_ns = 60'000'000'000;
    std::string text;
    for (std::size_t i = 0; i < entries; ++i) {
      json line = lines[i % lines.size()];
      const auto times = static_cast<std::int64_t>(i / lines.size());
      line["seq"] = i + 1;
      line["ns"] = line["ns"].get<std::int64_t>() + times * minute_ns;
      if (line.contains("cookie"))
        line["cookie"] = line["cookie"].get<std::int64_t>() + times * 1000;
      text += line.dump() + "\n";
    }
    write_text(out() + "/timeline.jsonl", text);
  }
};

TEST_F(HtmlTest, OfARunShowsEveryFindingAndAnswersThePointer) {
  run_split_brain();
  const std::string seen = looked_at({out()});
  EXPECT_TRUE(seen.starts_with("ok ")) << seen;
}

TEST_F(HtmlTest, OfSeveralRunsHasAPictureOfEach) {
  run_split_brain();
  const std::string scenario = CUTPOINT_SOURCE_DIR "/scripts/scenarios/split-brain.yaml";
  EXPECT_EQ(
      cutpoint(Words{"run", scenario, "--out", path("reset"), "--set", fault_key + ".do.for=1s",
                     "--set", "workload.patience=200ms", "--set", fault_key + ".do.heal=reset",
                     "--set", fault_key + ".at.position=byte:5"})
          .code,
      0);
  const std::string seen = looked_at({out(), path("reset")});
  EXPECT_TRUE(seen.starts_with("ok ")) << seen;
}

// What a scenario is called is text, and no part of the page.
TEST_F(HtmlTest, OfSeveralFaultsGoesFromCutToCut) {
  EXPECT_EQ(cutpoint(scenario(R"(scenario: two-faults
title: "</script><script>document.title='taken'</script><img src=x onerror=alert(1)>"
services:
  db: { protocol: postgres, dsn: "${CUTPOINT_PG_DSN}" }
workload: { kind: postgres.orders, orders: 30, patience: 1s, retry: resolve }
faults:
  - name: torn
    at: { service: db, moment: commit.request, nth: 10 }
    do: { reset: both }
  - name: waited
    at: { service: db, moment: commit.request, position: "byte:3", nth: 20 }
    do: { stall: up, for: 200ms }
expect:
  - { invariant: postgres.exactly_once, by: order_id }
)"))
                .code,
            0);
  const std::string seen = looked_at({out()}, 0);
  EXPECT_TRUE(seen.starts_with("ok ")) << seen;
}

TEST_F(HtmlTest, OfTwoHundredThousandEntriesStillOpens) {
  run_split_brain();
  lengthen(200'000);
  const std::string seen = looked_at({out()});
  EXPECT_TRUE(seen.starts_with("ok ")) << seen;
  EXPECT_LT(std::filesystem::file_size(path("page.html")), 4'000'000U);
}

TEST_F(HtmlTest, IsTheSameWhenTheRunEndsAndLater) {
  EXPECT_EQ(cutpoint(split_brain({}, "1s") + Words{"--format", "html:" + path("run.html")}).code,
            1);
  EXPECT_EQ(cutpoint({"report", out(), "--format", "html"}).out, *read_file(path("run.html")));
}

}  // namespace
}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
// What the picture of a timeline is made of, and that its size is bounded.
#include <algorithm>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <map>
#include <sstream>
#include <string_view>
#include <utility>

#include "controller/report/html/picture.h"
#include "controller/report/html/picture_curves.h"
#include "controller/report/html/picture_lanes.h"
#include "controller/report/html/picture_marks.h"
#include "tests/unit/report/views_fixture.h"

namespace cutpoint::html {
namespace {

using nlohmann::json;

constexpr std::int64_t ms = 1'000'000;

// A run as the program would record it: its report and its timeline.
struct Recorded {
  json report;
  std::string timeline;
};

Recorded split_brain() {
  cutpoint::testing::RunBuilder run;
  cutpoint::testing::run_split_brain(run);
  Recorded recorded{cutpoint::testing::report_of(run), ""};
  for (const Entry& entry : run.facts.timeline->entries()) {
    recorded.timeline +=
        Timeline::to_json(entry, {"db"}, {"partition-at-commit"}, {0}).dump() + "\n";
  }
  return recorded;
}

json picture(const Recorded& recorded) {
  std::istringstream timeline(recorded.timeline);
  return *picture_of(recorded.report, timeline);
}

// The marks of one kind: how many entries they stand for.
std::map<std::string, std::size_t> entries_by_kind(const json& picture) {
  std::map<std::string, std::size_t> counts;
  for (const json& mark : picture["marks"]) {
    counts[picture["kinds"][mark[2].get<std::size_t>()].get<std::string>()] +=
        mark[5].get<std::size_t>();
  }
  return counts;
}

TEST(HtmlPicture, MarksTheCutAtItsByte) {
  const Recorded run = split_brain();
  const json drawn = picture(run);
  const json& fault = run.report["faults"][0];
  ASSERT_EQ(drawn["cuts"].size(), 1U);
  const json& cut = drawn["cuts"][0];
  EXPECT_EQ(cut["fault"], "partition-at-commit");
  EXPECT_EQ(cut["seq"], fault["cut"]["evidence"]);
  EXPECT_EQ(cut["short"],
            fmt::format("after commit.request, byte {} of {}, seq {}",
                        fault["cut"]["offset_in_message"].get<int>(),
                        fault["cut"]["message_bytes"].get<int>(), fault["cut"]["seq"].get<int>()));
  const auto text = cut["text"].get<std::string>();
  EXPECT_NE(text.find(fault["cut"]["flow"].get<std::string>()), std::string::npos) << text;
  const auto marked = std::find_if(drawn["marks"].begin(), drawn["marks"].end(),
                                   [&](const json& mark) { return mark[4] == cut["seq"]; });
  ASSERT_NE(marked, drawn["marks"].end());
  EXPECT_EQ((*marked)[0], cut["lane"]);
  EXPECT_EQ(drawn["kinds"][(*marked)[2].get<std::size_t>()], "fault");
}

TEST(HtmlPicture, ShadesWhenTheFaultWasOn) {
  const Recorded run = split_brain();
  const json drawn = picture(run);
  ASSERT_EQ(drawn["windows"].size(), 1U);
  const json& window = drawn["windows"][0];
  EXPECT_EQ(window["from"], drawn["cuts"][0]["ms"]);
  const json& fault = run.report["faults"][0];
  EXPECT_NEAR(window["from"].get<double>(), fault["fired"].get<double>(), 0.01);
  EXPECT_NEAR(window["until"].get<double>(), fault["healed"].get<double>(), 0.01);
}

TEST(HtmlPicture, CountsEveryRetransmission) {
  const Recorded run = split_brain();
  std::size_t recorded = 0;
  std::istringstream lines(run.timeline);
  for (std::string text; std::getline(lines, text);) {
    const auto what = json::parse(text)["what"].get<std::string>();
    recorded += what.starts_with("retransmit") || what == "rto" ? 1 : 0;
  }
  EXPECT_GT(recorded, 10U);
  EXPECT_EQ(entries_by_kind(picture(run))["retransmission"], recorded);
}

TEST(HtmlPicture, ShowsCommitsInFlight) {
  const json drawn = picture(split_brain());
  const auto found =
      std::find_if(drawn["curves"].begin(), drawn["curves"].end(),
                   [](const json& curve) { return curve["label"] == "db: COMMITs in flight"; });
  ASSERT_NE(found, drawn["curves"].end());
  EXPECT_EQ((*found)["most"], 1);
  EXPECT_EQ((*found)["points"].back()[1], 0);
}

// A message of AMQP, as the timeline has it.
json amqp_line(const char* moment, int seq, int channel, int tag, const char* flag = "") {
  const bool up = std::string_view(moment) == "basic.ack";
  return {{"seq", seq},
          {"ns", seq * ms},
          {"source", "kernel"},
          {"what", "moment"},
          {"flow", "127.0.0.1:40000 -> 127.0.0.1:5672"},
          {"cookie", 7},
          {"service", "broker"},
          {"direction", up ? "upstream" : "downstream"},
          {"moments", {moment}},
          {"attributes",
           {{"channel", std::to_string(channel)},
            {"delivery_tag", std::to_string(tag)},
            {"flag", flag}}}};
}

// AMQP 0-9-1, 1.8.3.13: tag 0 with `multiple` stands for all; with no-ack none is waited for.
TEST(HtmlPicture, SettlesDeliveriesAsTheProtocolCountsThem) {
  Counts counts;
  counts.add(amqp_line("basic.deliver", 1, 1, 1));
  counts.add(amqp_line("basic.deliver", 2, 1, 2));
  counts.add(amqp_line("basic.ack", 3, 1, 0, "MULTIPLE"));
  counts.add(amqp_line("basic.consume", 4, 2, 0, "NO_ACK"));
  counts.add(amqp_line("basic.deliver", 5, 2, 1));
  const std::vector<Curve> curves = std::move(counts).take();
  ASSERT_EQ(curves.size(), 1U);
  EXPECT_EQ(curves[0].label, "broker: delivered, not settled");
  EXPECT_EQ(curves[0].points,
            (std::vector<Point>{{1 * ms, 1}, {2 * ms, 2}, {3 * ms, 1}, {3 * ms, 0}}));
}

// The run's own lines, again and again, a second apart.
std::string repeated(const std::string& timeline, std::size_t entries) {
  std::vector<json> lines;
  std::istringstream stream(timeline);
  for (std::string text; std::getline(stream, text);) lines.push_back(json::parse(text));
  std::string result = timeline;
  for (std::size_t i = lines.size(); i < entries; ++i) {
    json line = lines[i % lines.size()];
    line["seq"] = i + 1;
    line["ns"] =
        line["ns"].get<std::int64_t>() + static_cast<std::int64_t>(i / lines.size()) * 60'000 * ms;
    result += line.dump() + "\n";
  }
  return result;
}

TEST(HtmlPicture, IsBoundedAndSaysWhatItDrewTogether) {
  constexpr std::size_t entries = 200'000;
  Recorded run = split_brain();
  const auto once = entries_by_kind(picture(run));
  run.timeline = repeated(run.timeline, entries);
  const json drawn = picture(run);
  EXPECT_EQ(drawn["events"], entries);
  EXPECT_LT(drawn["marks"].size(), 20'000U);
  EXPECT_LT(drawn.dump().size(), 4'000'000U);
  EXPECT_EQ(drawn["cuts"].size(), 1U);
  EXPECT_NE(drawn["remarks"].dump().find("are drawn as"), std::string::npos) << drawn["remarks"];
  // Drawn together, not dropped.
  std::map<std::string, std::size_t> recorded;
  std::istringstream lines(run.timeline);
  for (std::string text; std::getline(lines, text);) ++recorded[json::parse(text)["what"]];
  const auto drawn_entries = entries_by_kind(drawn);
  EXPECT_EQ(drawn_entries.at("fault"), recorded["fired"]);
  EXPECT_EQ(drawn_entries.at("retransmission"),
            recorded["retransmit"] + recorded["retransmit.peer"] + recorded["rto"]);
  EXPECT_EQ(drawn_entries.at("message"), recorded["moment"]);
}

TEST(HtmlPicture, IsNoneOfAnEmptyTimeline) {
  Recorded run = split_brain();
  run.timeline.clear();
  EXPECT_TRUE(picture(run).is_null());
  EXPECT_TRUE(picture_beside(run.report, "/nonexistent")->is_null());
}

TEST(HtmlPicture, SaysOfALineThatItCannotReadIt) {
  Recorded run = split_brain();
  run.timeline += "{\"seq\": 4711, \"ns\"";
  EXPECT_NE(picture(run)["remarks"].dump().find("1 line of the timeline could not be read"),
            std::string::npos);
}

TEST(HtmlPicture, IsRefusedWhereALineIsNoEntry) {
  Recorded run = split_brain();
  run.timeline = R"({"seq": 1, "ns": 1, "source": "target", "what": "note", "moments": [5]})";
  std::istringstream timeline("cut off\n" + run.timeline);
  const auto refused = picture_of(run.report, timeline);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ExitCode::usage);
  EXPECT_EQ(refused.error().message,
            "line 2 is no entry of one: its `moments` is [5], not a list of texts");
}

TEST(HtmlPicture, PutsStretchesSideBySideWhereTheyOverlap) {
  const std::vector<Stretch> stretches = {
      {"a", 0, 10, ""}, {"b", 5, 20, ""}, {"c", 10, 15, ""}, {"d", 12, open_end, ""}};
  const auto lanes = lanes_of(stretches, 2, "flow");
  ASSERT_EQ(lanes.size(), 2U);
  EXPECT_EQ(lanes[0].stretches, (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(lanes[1].stretches, (std::vector<std::size_t>{1, 3})) << "no third lane";
  EXPECT_EQ(lanes[0].label, "2 flows");
}

TEST(HtmlPicture, KeepsTheHighestAndTheLastOfACurve) {
  Curve curve{"depth", {}};
  for (std::int64_t i = 0; i < 100'000; ++i)
    curve.points.emplace_back(i * ms, i == 70'001 ? 9 : i % 2);
  curve.points.emplace_back(100'000 * ms, 0);
  const Curve thin = thinned(curve);
  EXPECT_LE(thin.points.size(), most_points + 2);
  EXPECT_NE(std::find(thin.points.begin(), thin.points.end(), Point(70'001 * ms, 9)),
            thin.points.end());
  EXPECT_EQ(thin.points.back().second, 0);
}

TEST(HtmlPicture, DrawsNearAFiringEachMarkForItself) {
  std::vector<Mark> marks;
  for (std::size_t i = 0; i < 3 * most_messages; ++i) {
    Mark mark;
    mark.ns = mark.until_ns = static_cast<std::int64_t>(i) * ms;
    mark.seq = i + 1;
    mark.what = "query";
    if (i == most_messages) mark.kind = MarkKind::fault;
    marks.push_back(mark);
  }
  const Thinned thin = thinned(marks);
  std::size_t single = 0;
  std::size_t all = 0;
  for (const Mark& mark : thin.marks) {
    all += mark.count;
    const bool near =
        mark.seq + near_a_firing > most_messages && mark.seq < most_messages + 1 + near_a_firing;
    if (near && mark.count == 1) ++single;
  }
  EXPECT_EQ(all, 3 * most_messages);
  EXPECT_GE(single, 2 * near_a_firing);
  EXPECT_LT(thin.marks.size(), most_messages);
  EXPECT_EQ(thin.remarks.size(), 1U);
}

}  // namespace
}  // namespace cutpoint::html

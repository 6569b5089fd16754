// SPDX-License-Identifier: Apache-2.0
#include "controller/report/trace.h"

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <set>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/report/recorded_timeline.h"
#include "controller/util/file.h"
#include "tests/scenarios/program.h"

namespace cutpoint {
namespace {

using nlohmann::json;

// A report that rests on no entry.
const json nothing = {{"faults", json::array()},
                      {"attempts", json::array()},
                      {"exchanges", json::array()},
                      {"invariants", json::array()},
                      {"findings", json::array()}};

constexpr const char* flow = "127.0.0.1:4000 -> 127.0.0.1:5432";

class TraceTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/cutpoint-trace-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { Program::run({"rm", "-r", directory_}); }

  // An entry of the kernel's on the only flow, 1 ms after the one before.
  void event(const std::string& what, const json& details) {
    json entry = {{"seq", ++seq_}, {"ns", seq_ * 1000001}, {"source", "kernel"},
                  {"what", what},  {"number", seq_},       {"flow", flow},
                  {"cookie", 7},   {"service", "db"}};
    if (!details.is_null()) entry.update(details);
    lines_ += entry.dump() + "\n";
  }
  void message(const std::string& what, const std::string& moment, const json& details = {}) {
    const std::set<std::string> answers{"commit.ack", "confirm.ack", "basic.deliver",
                                        "response.head", "response.end"};
    json all = {{"moments", {moment}},
                {"direction", answers.contains(moment) ? "downstream" : "upstream"},
                {"begin", seq_ * 10},
                {"end", seq_ * 10 + 10}};
    if (!details.is_null()) all.update(details);
    event(what, all);
  }
  void note(const std::string& source, const std::string& what, const json& data) {
    lines_ += json{{"seq", ++seq_},
                   {"ns", seq_ * 1000001},
                   {"source", source},
                   {"what", what},
                   {"data", data}}
                  .dump() +
              "\n";
  }

  // What check_trace.py prints of it.
  std::string checked() {
    EXPECT_TRUE(write_file_atomically(directory_ + "/timeline.jsonl", lines_));
    std::string text;
    Trace trace([&](std::string_view part) -> Status {
      text += part;
      return {};
    });
    trace.begin_run({{"scenario", "s"},
                     {"outcome", "held"},
                     {"services", {{{"name", "db"}, {"protocol", "postgres"}}}}},
                    false);
    const auto timeline = RecordedTimeline::open(nothing, directory_);
    EXPECT_TRUE(timeline && timeline->read([&](const json& entry) { trace.add(entry); }));
    trace.end_run();
    EXPECT_TRUE(trace.finish());
    EXPECT_TRUE(write_file_atomically(directory_ + "/trace.json", text));
    const auto ended = Program::run({"/usr/bin/python3", TRACE_CHECK, directory_ + "/trace.json",
                                     directory_ + "/timeline.jsonl"});
    EXPECT_EQ(ended.code, 0) << ended.err << text.substr(0, 10000);
    return ended.out;
  }

  std::string directory_;
  std::string lines_;
  std::int64_t seq_ = 0;
};

TEST_F(TraceTest, ShowsATransactionAndItsCommitWithinTheFlow) {
  event("flow.opened", {});
  message("moment", "begin");
  message("moment", "commit.request", {{"exchange", 3}});
  message("moment", "commit.ack", {{"exchange", 3}});
  event("flow.closed", {});
  EXPECT_EQ(checked(), "B:3 C:2 E:3 M:6 i:5\nin flight: 1\n");
}

TEST_F(TraceTest, EndsWithTheRunWhatIsStillOpen) {
  event("flow.opened", {});
  message("fired", "commit.request", {{"exchange", 1}, {"cut", 1000}, {"fault", "cut"}});
  event("retransmit", {});
  EXPECT_EQ(checked(), "B:2 C:2 E:2 M:6 b:1 e:1 i:3\nin flight: 1\n");
}

TEST_F(TraceTest, CountsAMessageOnceThatAFaultFiredAt) {
  message("fired", "commit.request",
          {{"exchange", 1}, {"begin", 50}, {"end", 60}, {"cut", 60}, {"fault", "cut"}});
  message("moment", "commit.request", {{"exchange", 1}, {"begin", 50}, {"end", 60}});
  note("controller", "healed", {{"fault", "cut"}});
  EXPECT_NE(checked().find("in flight: 1\n"), std::string::npos);
}

TEST_F(TraceTest, LetsRequestsOverlap) {
  message("moment", "request.end", {{"exchange", 1}});
  message("moment", "request.end", {{"exchange", 2}});
  message("moment", "response.head", {{"exchange", 1}});
  message("moment", "response.head", {{"exchange", 2}});
  message("moment", "response.end", {{"exchange", 2}});
  EXPECT_EQ(checked(), "C:4 M:6 b:4 e:4 i:5\nin flight: 2\n");
}

TEST_F(TraceTest, AnswersAHeldMessageWhenItIsReleased) {
  message("moment", "request.end", {{"exchange", 1}});
  message("held", "response.head", {{"exchange", 1}, {"begin", 700}, {"end", 720}});
  event("released", {{"direction", "downstream"}, {"begin", 700}, {"end", 720}});
  message("moment", "request.end", {{"exchange", 2}});
  EXPECT_EQ(checked().substr(0, 22), "C:4 M:6 b:3 e:3 i:4\nin");
}

TEST_F(TraceTest, PairsConfirmsAndAcknowledgementsByTheirTags) {
  const auto tagged = [](int tag, const char* flag = "") {
    return json{
        {"attributes", {{"channel", "1"}, {"delivery_tag", std::to_string(tag)}, {"flag", flag}}}};
  };
  message("moment", "basic.publish", tagged(0));  // nobody has asked for confirms yet
  message("moment", "confirm.select", tagged(0));
  for (int i = 0; i < 3; ++i) message("moment", "basic.publish", tagged(0));
  message("moment", "confirm.ack", tagged(2, "MULTIPLE"));
  message("moment", "basic.deliver", tagged(1));
  message("moment", "basic.deliver", tagged(2));
  message("moment", "basic.ack", tagged(1));
  message("moment", "channel.close", tagged(0));
  EXPECT_EQ(checked(), "C:10 M:6 b:5 e:5 i:10\nin flight: 3\nnot settled: 2\n");
}

TEST_F(TraceTest, CountsTasksAndQueues) {
  note("observer", "queue.depth", {{"observer", "w"}, {"depth", 41}});
  note("observer", "task.started", {{"observer", "w"}, {"id", "a"}, {"name", "t"}});
  note("observer", "task.started", {{"observer", "w"}, {"id", "b"}, {"name", "t"}});
  note("observer", "task.succeeded", {{"observer", "w"}, {"id", "a"}});
  EXPECT_NE(checked().find("w busy workers: 2\nw queue depth: 41\n"), std::string::npos);
}

TEST_F(TraceTest, RefusesWhatIsNoTimeline) {
  for (const char* text : {"{\"seq\":1}\n", "no JSON\n"}) {
    EXPECT_TRUE(write_file_atomically(directory_ + "/timeline.jsonl", text));
    const auto read = RecordedTimeline::open(nothing, directory_);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ExitCode::usage);
    EXPECT_NE(read.error().message.find("line 1 is no entry"), std::string::npos);
  }
}

TEST_F(TraceTest, SaysOfAnEntryWhatOfItIsNone) {
  const auto refused = [this](const std::string& text) -> std::string {
    EXPECT_TRUE(write_file_atomically(directory_ + "/timeline.jsonl", text));
    const auto read = RecordedTimeline::open(nothing, directory_);
    if (read) return "";
    EXPECT_EQ(read.error().code, ExitCode::usage);
    EXPECT_NE(read.error().remedy, "");
    const std::string begin =
        directory_ + "/timeline.jsonl is no timeline: line 2 is no entry of one: ";
    EXPECT_TRUE(read.error().message.starts_with(begin)) << read.error().message;
    return read.error().message.substr(begin.size());
  };
  event("flow.opened", {});
  message("fired", "commit.request", {{"cut", 5}, {"fault", "f"}, {"exchange", 1}});
  const std::string first = lines_.substr(0, lines_.find('\n') + 1);
  const json whole = json::parse(lines_.substr(first.size()));
  EXPECT_EQ(refused(first + whole.dump()), "");
  for (const char* key : {"direction", "moments", "begin", "end", "cut", "fault", "flow", "service",
                          "cookie", "seq", "ns", "source", "what"}) {
    json entry = whole;
    entry.erase(key);
    EXPECT_EQ(refused(first + entry.dump()), fmt::format("it has no `{}`", key));
  }
  const std::pair<const char*, json> wrong[] = {
      {"a text", {"direction", "to", "fault", "flow", "service", "source", "what"}},
      {"a whole number", {"seq", "ns", "cookie", "begin", "end", "cut", "exchange", "pid"}},
      {"a list of texts", {"moments"}},
      {"an object of texts", {"attributes"}},
      {"an object", {"data"}}};
  for (const auto& [wanted, keys] : wrong) {
    for (const auto& key : keys) {
      for (const json& value : {json::array({5}), json(-1.5), json(nullptr)}) {
        json entry = whole;
        entry[key.get<std::string>()] = value;
        EXPECT_EQ(
            refused(first + entry.dump()),
            fmt::format("its `{}` is {}, not {}", key.get<std::string>(), value.dump(), wanted));
      }
    }
  }
  EXPECT_EQ(refused(first + "{\"seq\": 1,"), "it is not JSON");
  EXPECT_EQ(refused(first + "[]"), "it is not an object");
}

TEST_F(TraceTest, ReadsNothingButARegularFile) {
  const std::string file = directory_ + "/timeline.jsonl";
  const auto why = [&]() -> std::string {
    const auto read = RecordedTimeline::open(nothing, directory_);
    if (read) return "";
    EXPECT_EQ(read.error().code, ExitCode::usage);
    const std::string begin = file + " is no timeline: ";
    EXPECT_TRUE(read.error().message.starts_with(begin)) << read.error().message;
    return read.error().message.substr(begin.size());
  };
  EXPECT_EQ(why(), "No such file or directory");
  ASSERT_EQ(::mkdir(file.c_str(), S_IRWXU), 0);
  EXPECT_EQ(why(), "it is a directory");
  ASSERT_EQ(::rmdir(file.c_str()), 0);
  ASSERT_EQ(::mkfifo(file.c_str(), S_IRWXU), 0);
  EXPECT_EQ(why(), "it is not a regular file");
  ASSERT_EQ(::unlink(file.c_str()), 0);
  // A regular file whose first page cannot be read.
  ASSERT_EQ(::symlink("/proc/self/mem", file.c_str()), 0);
  EXPECT_EQ(why(), "Input/output error");
}

// A hundred thousand entries: what is read is not kept.
TEST_F(TraceTest, OfALongRunTakesLittleMemory) {
  event("flow.opened", {});
  for (int i = 1; i <= 50000; ++i) {
    message("moment", "request.end", {{"exchange", i}});
    message("moment", "response.head", {{"exchange", i}});
  }
  ASSERT_TRUE(write_file_atomically(directory_ + "/timeline.jsonl", lines_));
  const auto used = [] {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  const long before = used();
  std::size_t written = 0;
  Trace trace([&](std::string_view part) -> Status {
    written += part.size();
    return {};
  });
  trace.begin_run({{"scenario", "s"}, {"outcome", "held"}, {"services", json::array()}}, false);
  const auto timeline = RecordedTimeline::open(nothing, directory_);
  ASSERT_TRUE(timeline && timeline->read([&](const json& entry) { trace.add(entry); }));
  trace.end_run();
  ASSERT_TRUE(trace.finish());
  constexpr long kib_per_mib = 1024;
  EXPECT_GT(written, lines_.size() / 2);
  EXPECT_LT(used() - before, 320 * kib_per_mib) << "AddressSanitizer keeps 256 MiB of it";
}

}  // namespace
}  // namespace cutpoint

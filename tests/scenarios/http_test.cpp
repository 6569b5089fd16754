// SPDX-License-Identifier: Apache-2.0
// Cuts at the moments of HTTP, between real clients and nginx.
#include <filesystem>
#include <fmt/format.h>

#include "controller/util/file.h"
#include "tests/scenarios/scenario_fixture.h"
#include "tests/scenarios/web.h"

namespace cutpoint {
namespace {

using nlohmann::json;

constexpr int curl_timed_out = 28;

// Waits as long as told, then says so as curl does; what it has read of a body is in the file.
const std::string httpx = R"(
import sys, httpx
try:
    with httpx.Client(timeout=1, http2=sys.argv[2] == '2', http1=sys.argv[2] != '2') as client:
        client.post(sys.argv[1], content=b'question')
except httpx.TimeoutException as error:
    sys.exit(28 if isinstance(error, httpx.ReadTimeout) else 1)
)";

class HttpScenario : public ScenarioTest {
 protected:
  void SetUp() override {
    ScenarioTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    events_.emplace(std::vector<std::string>{"/usr/bin/python3",
                                             CUTPOINT_SOURCE_DIR "/tests/scenarios/events.py"});
    const std::string line = events_->out_line("port ");
    ASSERT_NE(line, "");
    std::filesystem::create_directory(path("nginx"));
    web_.emplace(path("nginx"), line.substr(line.find(' ') + 1));
  }

  void TearDown() override {
    web_.reset();
    events_.reset();
    ScenarioTest::TearDown();
  }

  // curl, for a second at most; what it gets of head and body is in the files.
  [[nodiscard]] std::string curl(const std::string& words, const std::string& target) const {
    return fmt::format("[curl, -sSN, --max-time, \"1\", -D, {}, -o, {}, {}\"{}\"]", path("head"),
                       path("body"), words, target);
  }
  [[nodiscard]] std::string url(const std::string& target) const {
    return "http://" + web_->address() + target;
  }
  [[nodiscard]] std::string url_of_http2(const std::string& target) const {
    return "http://" + web_->address_of_http2() + target;
  }

  // Runs the command under one fault of 2 s.
  Program::Ended run(const std::string& command, const std::string& at, const std::string& act,
                     bool http2 = false) {
    return cutpoint(scenario(fmt::format(R"(scenario: http
services:
  api: {{ protocol: http, address: "{}" }}
target: {{ command: {} }}
faults:
  - name: cut
    at: {{ service: api, {} }}
    do: {{ {}, for: 2s }}
expect: []
)",
                                         http2 ? web_->address_of_http2() : web_->address(),
                                         command, at, act)));
  }

  void expect_cut(const Program::Ended& ended, int requests, int begun) const {
    EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
    const json result = report();
    ASSERT_FALSE(result.is_null());
    EXPECT_EQ(result["outcome"], "held");
    EXPECT_EQ(result["faults"][0]["fired_count"], 1);
    EXPECT_EQ(result["target"]["exit_code"], curl_timed_out);
    int all = 0;
    int answers = 0;
    for (const json& flow : result["exchanges"]) {
      all += flow["requests"].get<int>();
      answers += flow["begun"].get<int>();
    }
    EXPECT_EQ(all, requests) << result["exchanges"];
    EXPECT_EQ(answers, begun) << result["exchanges"];
    EXPECT_EQ(ended.out.find("Belief"), std::string::npos) << ended.out;
  }

  // The rule's filter let nothing through; the report says which and why.
  void expect_refused(const Program::Ended& ended, const std::string& why) const {
    EXPECT_EQ(ended.code, 4) << ended.out << ended.err;
    const json result = report();
    ASSERT_FALSE(result.is_null());
    EXPECT_EQ(result["outcome"], "inconclusive");
    EXPECT_EQ(result["target"]["exit_code"], 0);
    ASSERT_EQ(result["why_not_fired"].size(), 1U);
    EXPECT_NE(result["why_not_fired"][0]["why"].get<std::string>().find(why), std::string::npos)
        << result["why_not_fired"];
  }

  [[nodiscard]] std::string got(const std::string& file) const {
    const auto text = read_file(path(file));
    return text ? *text : "";
  }

  std::optional<Program> events_;
  std::optional<Web> web_;
};

const std::string black_hole = "blackhole: down, acks: pass";
const std::string silence = "blackhole: both";

// The request arrives and is acknowledged, the answer never does.
TEST_F(HttpScenario, black_hole_takes_the_request_and_gives_no_byte) {
  const auto ended =
      run(curl("-d, question, ", url("/json")), "moment: request.end, position: after", black_hole);
  expect_cut(ended, 1, 0);
  EXPECT_EQ(got("head"), "");
  EXPECT_EQ(web_->log(), "POST /json 200\n");
  EXPECT_EQ(report()["faults"][0]["retransmits_target"], 0);
  EXPECT_GT(report()["faults"][0]["retransmits_peer"], 0);
  EXPECT_NE(ended.out.find("api: 1 request on 1 connection; 0 were answered, 1 was not."),
            std::string::npos)
      << ended.out;
}

TEST_F(HttpScenario, black_hole_for_httpx) {
  const auto ended = run(
      fmt::format("[/usr/bin/python3, -c, {}, \"{}\", \"1\"]", json(httpx).dump(), url("/read")),
      "moment: request.end, position: after", black_hole);
  expect_cut(ended, 1, 0);
  EXPECT_EQ(report()["faults"][0]["retransmits_target"], 0);
}

TEST_F(HttpScenario, black_hole_for_http2) {
  const auto ended = run(curl("--http2-prior-knowledge, -d, question, ", url_of_http2("/read")),
                         "moment: request.end, position: after", black_hole, true);
  expect_cut(ended, 1, 0);
  EXPECT_EQ(got("head"), "");
  EXPECT_EQ(web_->log(), "POST /read 200\n");
}

TEST_F(HttpScenario, black_hole_for_httpx_and_http2) {
  const auto ended = run(fmt::format("[/usr/bin/python3, -c, {}, \"{}\", \"2\"]",
                                     json(httpx).dump(), url_of_http2("/read")),
                         "moment: request.end, position: after, stream: 1", black_hole, true);
  expect_cut(ended, 1, 0);
}

TEST_F(HttpScenario, request_that_is_cut_before_its_head_never_arrives) {
  expect_cut(run(curl("", url("/json")), "moment: request.head, position: before", silence), 0, 0);
  EXPECT_EQ(report()["exchanges"], json::array());
}

TEST_F(HttpScenario, head_of_a_response_without_its_body) {
  expect_cut(run(curl("", url("/json")), "moment: response.head, position: after", black_hole), 1,
             1);
  EXPECT_TRUE(got("head").starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(got("head").ends_with("\r\n\r\n"));
  EXPECT_EQ(got("body"), "");
}

TEST_F(HttpScenario, three_events_of_a_stream_then_silence) {
  expect_cut(
      run(curl("", url("/events")), "moment: response.body, position: after, nth: 3", black_hole),
      1, 1);
  EXPECT_EQ(got("body"), "data: 0\n\ndata: 1\n\ndata: 2\n\n");
}

TEST_F(HttpScenario, filter_by_status_and_method) {
  const auto ended =
      run(curl(fmt::format("\"{}\", -o, {}, ", url("/json"), path("second")), url("/busy")),
          "moment: response.head, position: before, status: 503, method: get", black_hole);
  expect_cut(ended, 2, 1);
  EXPECT_EQ(got("body"), "{\"ok\":true}");
  EXPECT_EQ(web_->log(), "GET /json 200\nGET /busy 503\n");
}

TEST_F(HttpScenario, filter_by_path) {
  expect_cut(run(curl("", url("/json?a=b")), "moment: request.end, path: \"/json?a\"", black_hole),
             1, 0);
}

TEST_F(HttpScenario, filter_by_a_path_that_nobody_asks_for_is_named) {
  expect_refused(run(curl("", url("/json")), "moment: request.end, path: /jsonp", black_hole),
                 "`path: /jsonp` refused 1, the newest was a text of 5 bytes");
}

TEST_F(HttpScenario, filter_by_path_cannot_be_told_on_http2) {
  expect_refused(run(curl("--http2-prior-knowledge, ", url_of_http2("/json")),
                     "moment: request.end, path: /json", black_hole, true),
                 "What a filter asks for could not be read once, for HTTP/2 compresses it");
  const std::string because = report()["inconclusive_because"].dump();
  EXPECT_NE(because.find("filters.untold once"), std::string::npos) << because;
}

}  // namespace
}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
// `cutpoint trace top`: on terminals of some sizes, and where there is none.
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <regex>
#include <sys/stat.h>

#include "controller/util/file.h"
#include "tests/scenarios/scenario_fixture.h"
#include "tests/scenarios/tmux.h"
#include "tests/scenarios/web.h"

namespace cutpoint {
namespace {

using nlohmann::json;

const std::string service = fmt::format("{}", fmt::join(by_address, " "));  // of a shell's command

class TraceTop : public ScenarioTest {
 protected:
  // Which says how the terminal was set before and after.
  [[nodiscard]] Tmux terminal(int width, int height, const std::string& arguments) {
    const std::string script = fmt::format(
        "trap : INT; stty -g > {0}/before; echo earlier; {1} trace top {2}; code=$?; "
        "stty -g > {0}/after; echo ended=$code; exec cat",
        path(""), CUTPOINT_TEST_BINARY, arguments);
    return {fmt::format("{}-{}", path("tmux"), ++terminals_), width, height, script,
            with_environment().environment};
  }

  // Ended, with what stood there before, and everything as it was.
  void expect_restored(const Tmux& terminal) const {
    ASSERT_EQ(terminal.await("ended="), "ended=0");
    EXPECT_NE(terminal.await("earlier"), "");
    expect_as_before(terminal);
  }
  void expect_as_before(const Tmux& terminal) const {
    EXPECT_EQ(terminal.ask("#{alternate_on} #{cursor_flag}"), "0 1");
    EXPECT_EQ(read_file(path("before")).value(), read_file(path("after")).value());
  }

  [[nodiscard]] Program pgbench(const Words& options) const {
    return Program(Words{"pgbench", "--no-vacuum"} + options + Words{dsn_});
  }
  void make_pgbench_tables() const {
    const auto made = Program::run({"pgbench", "--initialize", "--quiet", "--no-vacuum", dsn_});
    ASSERT_EQ(made.code, 0) << made.err;
  }

 private:
  int terminals_ = 0;  // a server that ends may still have its socket
};

std::size_t count_lines_with(const std::vector<std::string>& lines, const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(lines.begin(), lines.end(),
                    [&](const std::string& line) { return line.find(text) != std::string::npos; }));
}

TEST_F(TraceTop, shows_pgbench_and_follows_the_size_of_its_terminal) {
  make_pgbench_tables();
  Program load = pgbench({"--client=4", "--time=600"});
  const Tmux small = terminal(80, 24, service);
  // Those from before are synchronised as they are read.
  ASSERT_NE(small.await("4 flows | not synchronised: 0"), "");
  ASSERT_NE(small.await(fmt::format("pgbench[{}]", load.pid())), "");
  const auto lines = small.screen();
  ASSERT_EQ(lines.size(), 24U);
  EXPECT_NE(lines[0].find("events lost: 0"), std::string::npos) << lines[0];
  EXPECT_NE(lines[2].find("OLDEST"), std::string::npos) << lines[2];
  EXPECT_EQ(count_lines_with(lines, fmt::format("pgbench[{}]", load.pid())), 4U);
  EXPECT_NE(small.await("no room for RTT"), "");
  small.resize(200, 50);
  ASSERT_NE(small.await(" RTT "), "");
  EXPECT_EQ(small.screen().size(), 50U);
  EXPECT_TRUE(small.await_gone("no room"));
  small.type("p");
  EXPECT_NE(small.await(" FLOWS "), "");
  small.resize(40, 10);
  ASSERT_NE(small.await("no room for "), "");
  small.type("q");
  expect_restored(small);
}

TEST_F(TraceTop, of_500_flows_those_that_fit_are_shown_and_the_others_counted) {
  std::filesystem::create_directory(path("web"));
  const Web web(path("web"), "1");
  const Tmux screen = terminal(80, 24, "--service web=http@" + web.address());
  ASSERT_NE(screen.await("0 flows"), "");
  Program clients({"/usr/bin/python3", "-c",
                   fmt::format(R"(
import socket, signal
held = []
for i in range(500):
    held.append(socket.create_connection(("127.0.0.1", {})))
    held[-1].sendall(b"GET /never HTTP/1.1\r\nHost: x\r\n\r\n")
signal.pause()
)",
                               web.address().substr(10))});
  ASSERT_NE(screen.await("500 flows | not synchronised: 0"), "");
  ASSERT_NE(screen.await("480 more not shown"), "");
  const std::string process = fmt::format("python3[{}]", clients.pid());
  EXPECT_EQ(count_lines_with(screen.screen(), process), 20U);
  screen.resize(200, 50);
  ASSERT_NE(screen.await("454 more not shown"), "");
  EXPECT_EQ(count_lines_with(screen.screen(), process), 46U);
  screen.type("p");
  ASSERT_NE(screen.await(" FLOWS "), "");
  const std::string row = screen.await(process + " web");
  EXPECT_TRUE(std::regex_search(row, std::regex(R"(web +500 +500 +\d)"))) << row;
  screen.type("C-c");
  expect_restored(screen);
}

TEST_F(TraceTop, leaves_the_terminal_as_it_was_whatever_ends_it) {
  {
    const Tmux by_time = terminal(80, 24, "--for 1s " + service);
    ASSERT_NE(by_time.await("0 flows"), "");
    EXPECT_EQ(by_time.ask("#{alternate_on} #{cursor_flag}"), "1 0");
    expect_restored(by_time);
  }
  {
    const Tmux by_command =
        terminal(80, 24, service + " -- sh -c 'echo what was said; echo and here >&2'");
    expect_restored(by_command);
    EXPECT_NE(by_command.await("what was said"), "") << "not on the table, but behind it";
    EXPECT_NE(by_command.await("and here"), "");
  }
  {
    const Tmux by_error = terminal(80, 24, service + " -- /nonexistent/program");
    ASSERT_NE(by_error.await("ended="), "");
    EXPECT_NE(by_error.await("/nonexistent/program"), "");
    expect_as_before(by_error);
  }
}

// Each in a request of its protocol: Query; Parse, Bind, Execute; Bind, Execute.
class TraceTopWait : public TraceTop, public testing::WithParamInterface<const char*> {};

TEST_P(TraceTopWait, query_that_is_not_answered_is_in_flight_and_its_age_grows) {
  write_text(path("sleep.sql"), "SELECT 1;\nSELECT pg_sleep(600);\n");
  Program trace =
      start(Words{"trace", "top", "--every", "100ms", "--format", "jsonl"} + by_address);
  ASSERT_NE(trace.err_line("tracing"), "");
  Program load = pgbench({"--client=1", "--transactions=1", "--file=" + path("sleep.sql"),
                          fmt::format("--protocol={}", GetParam())});
  // Not the first request, which may be that of SELECT 1.
  std::int64_t oldest = 0;
  for (int looks = 0; looks < 5;) {
    const std::string text = trace.out_line(R"("in_flight":1)");
    ASSERT_NE(text, "");
    const json line = json::parse(text);
    ASSERT_EQ(line["rows"].size(), 1U) << text;
    const json& row = line["rows"][0];
    EXPECT_EQ(row["pid"], load.pid());
    EXPECT_GT(row["rtt_us"], 0);
    EXPECT_GT(row["rto_us"], row["rtt_us"]);
    EXPECT_EQ(row["service_window_zero"], false);
    EXPECT_EQ(line["lost"], 0);
    looks = row["oldest_ns"] > oldest ? looks + 1 : 0;
    oldest = row["oldest_ns"];
  }
  EXPECT_GT(oldest, 300'000'000) << "five looks";
  EXPECT_EQ(trace.interrupt().code, 0);
}

INSTANTIATE_TEST_SUITE_P(Protocols, TraceTopWait,
                         testing::Values("simple", "extended", "prepared"));

TEST_F(TraceTop, where_there_is_no_terminal_a_table_follows_another_with_the_last_error) {
  const auto ended = cutpoint(
      Words{"trace", "top", "--every", "200ms", "--summary"} + by_address +
      Words{"--", "psql", "-Xq", dsn_, "-c", "SELECT * FROM nowhere", "-c", "SELECT pg_sleep(1)"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const std::regex row(R"(psql\[\d+\] +db +127\.0\.0\.1:\d+ +1 +\d\S+[um]?s .* 42P01\n)");
  EXPECT_TRUE(std::regex_search(ended.out, row)) << ended.out;
  EXPECT_GE(std::distance(std::sregex_iterator(ended.out.begin(), ended.out.end(), row),
                          std::sregex_iterator()),
            2);
  EXPECT_NE(ended.out.find("query → ready"), std::string::npos) << "of the summary";
  EXPECT_EQ(ended.out.find('\033'), std::string::npos);
}

TEST_F(TraceTop, options_of_other_views_are_refused) {
  for (const Words& wrong :
       {Words{"trace", "--by", "process"}, Words{"trace", "slow", "--over", "1s", "--every", "1s"},
        Words{"trace", "top", "--rate", "1/s"}, Words{"trace", "--rate", "1"}}) {
    const auto ended = cutpoint(wrong + by_address);
    EXPECT_EQ(ended.code, 2) << wrong.back();
    EXPECT_NE(ended.err.find("→"), std::string::npos) << ended.err;
  }
}

}  // namespace
}  // namespace cutpoint

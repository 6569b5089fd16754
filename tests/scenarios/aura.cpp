// SPDX-License-Identifier: Apache-2.0
#include "tests/scenarios/aura.h"

#include <csignal>
#include <fstream>
#include <sstream>

#include "tests/scenarios/lab_script.h"

namespace cutpoint {
namespace {

using nlohmann::json;

constexpr auto interpreter = "/usr/bin/python3";  // Debian's, with Debian's packages
const std::vector<std::string> names{"llm", "rabbitmq", "redis"};
bool ours = false;  // the services

}  // namespace

const ServicesLab AuraTest::services{CUTPOINT_TEST_SERVICES_DIR, CUTPOINT_TEST_SERVICES_PORT};

void AuraTest::SetUpTestSuite() {
  if (::geteuid() != 0) return;  // every test skips
  ours = services.run("status", names).code != 0;
  if (!ours) return;
  const auto up = services.run("up", names);
  ASSERT_EQ(up.code, 0) << up.err;
}

void AuraTest::TearDownTestSuite() {
  if (ours) std::ignore = services.run("down", names);
}

void AuraTest::SetUp() {
  ScenarioTest::SetUp();
  if (IsSkipped() || HasFatalFailure()) return;
  write_text(path("history"), "");
}

Program::Options AuraTest::environment(const Run& run) const {
  const auto lab = services.run("env", names);
  EXPECT_EQ(lab.code, 0) << lab.err;
  Program::Options options;
  options.environment = {{"PYTHONPATH", CUTPOINT_SOURCE_DIR "/tests"},
                         {"PYTHONDONTWRITEBYTECODE", "1"},
                         {"AURA_VARIANT", run.variant},
                         {"AURA_TIME_SCALE", run.time_scale},
                         {"AURA_HTTP2", run.http2 ? "1" : "0"},
                         {"AURA_ON_ERROR", run.on_error}};
  for (const std::string name :
       {"CUTPOINT_AMQP_URL", "CUTPOINT_AMQP_ADDRESS", "CUTPOINT_AMQP_MANAGEMENT",
        "CUTPOINT_AMQPS_ADDRESS", "CUTPOINT_AMQP_CA", "CUTPOINT_REDIS_URL", "CUTPOINT_LLM_CA",
        "CUTPOINT_LLM_NAME", "CUTPOINT_LLM_ADDRESS", "CUTPOINT_LLM_URL"}) {
    options.environment.emplace_back(name, exported(lab.out, name));
  }
  if (!run.llm_url.empty()) options.environment.back().second = run.llm_url;
  return options;
}

Program::Ended AuraTest::python(const Run& run, const Words& arguments) const {
  return start_python(run, arguments).wait();
}

Program AuraTest::start_python(const Run& run, const Words& arguments) const {
  Program::Options options = environment(run);
  options.environment.emplace_back("CUTPOINT_HISTORY", path("history"));
  return Program(Words{interpreter} + arguments, with_environment(std::move(options)));
}

json AuraTest::load(const Run& run, const Words& arguments) const {
  const auto ended = python(run, Words{"-m", "aura.load"} + arguments);
  EXPECT_EQ(ended.code, 0) << ended.err;
  return json::parse(ended.out);
}

std::string AuraTest::queue(const Words& words) const {
  const auto ended = python({.variant = "none"},
                            Words{CUTPOINT_SOURCE_DIR "/tests/scenarios/work_queue.py"} + words);
  EXPECT_EQ(ended.code, 0) << ended.err;
  return ended.out;
}

Program::Ended AuraTest::under(const std::string& yaml, const Words& client) {
  return start(scenario(yaml) + Words{"--"} + client, environment({.variant = "none"})).wait();
}

std::vector<json> AuraTest::history() const {
  std::ifstream file(path("history"));
  std::vector<json> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(json::parse(line));
  return lines;
}

SilentHost::SilentHost()
    : program_({interpreter, CUTPOINT_SOURCE_DIR "/tests/aura/silent_host.py"}) {
  url_ = "http://127.0.0.1:" + program_.out_line("port ").substr(5);
}

int SilentHost::end() {
  program_.signal(SIGTERM);
  const std::string out = program_.wait().out;
  const auto last = out.rfind("request ");
  return last == std::string::npos ? 0 : std::stoi(out.substr(last + 8));
}

}  // namespace cutpoint

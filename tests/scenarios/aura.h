// SPDX-License-Identifier: Apache-2.0
// The reference application (tests/aura) as a test runs it: against the lab's services, or a
// language model that never answers.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/scenarios/scenario_fixture.h"
#include "tests/scenarios/services_lab.h"

namespace cutpoint {

// Brings the services up where ctest has not (the fixtures of the services' labs).
class AuraTest : public ScenarioTest {
 protected:
  static void SetUpTestSuite();
  static void TearDownTestSuite();
  void SetUp() override;

  struct Run {
    std::string variant;
    std::string time_scale = "1";
    std::string llm_url{};  // empty: the lab's
    bool http2 = false;
    std::string on_error{"crash"};
  };
  // What the application finds in its environment, beside $CUTPOINT_HISTORY.
  [[nodiscard]] Program::Options environment(const Run& run) const;
  // /usr/bin/python3 with these arguments.
  [[nodiscard]] Program::Ended python(const Run& run, const Words& arguments) const;
  // The same, while it runs.
  [[nodiscard]] Program start_python(const Run& run, const Words& arguments) const;
  // aura.load's account of its requests, e.g. ["ask"]["ok"].
  [[nodiscard]] nlohmann::json load(const Run& run, const Words& arguments) const;

  // What tests/scenarios/work_queue.py prints.
  [[nodiscard]] std::string queue(const Words& words) const;

  // A client, in the environment of this run, under a scenario of the test's own.
  Program::Ended under(const std::string& yaml, const Words& client);

  // What the application wrote, a line each.
  [[nodiscard]] std::vector<nlohmann::json> history() const;

  static const ServicesLab services;
};

// tests/aura/silent_host.py.
class SilentHost {
 public:
  SilentHost();
  [[nodiscard]] const std::string& url() const { return url_; }
  // How many requests have come, when the host was ended.
  int end();

 private:
  Program program_;
  std::string url_;
};

}  // namespace cutpoint

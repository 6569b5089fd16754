// SPDX-License-Identifier: Apache-2.0
// Loads scenarios from text, in a directory of their own, so that diagnostics name plain
// "test.yaml".
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <stdlib.h>
#include <string>
#include <unistd.h>
#include <vector>

#include "controller/scenario/loader.h"

namespace cutpoint::test {

// The smallest scenario; tests replace parts of it.
inline const std::string smallest = R"(scenario: test
services:
  db: { protocol: postgres, dsn: "host=h" }
workload: { kind: postgres.orders }
faults:
  - name: cut
    at: { service: db, moment: commit.request }
    do: { blackhole: both, for: 3s }
expect:
  - { invariant: postgres.acked_is_durable }
)";

// `text` with its only `from` replaced.
inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos) ADD_FAILURE() << "no `" << from << "` to replace";
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

// The scenario's diagnostics as they are printed, one behind the other.
inline std::string complaints(const LoadedScenario& loaded) {
  std::string text;
  for (const Diagnostic& diagnostic : loaded.diagnostics) {
    text += (text.empty() ? "" : "\n") + diagnostic.text();
  }
  return text;
}

// Template for ::testing::Test and ::testing::TestWithParam.
template <typename Base>
class InOwnDirectory : public Base {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "cutpoint-test-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
    before_ = std::filesystem::current_path();
    std::filesystem::current_path(directory_);
  }
  void TearDown() override {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(directory_);
  }

  LoadedScenario load(const std::string& text, const std::vector<Override>& overrides = {},
                      const std::vector<std::string>& command = {}) {
    std::ofstream("test.yaml", std::ios::binary) << text;
    return load_file("test.yaml", overrides, command);
  }

  LoadedScenario load_file(const std::string& path, const std::vector<Override>& overrides = {},
                           const std::vector<std::string>& command = {}) {
    const auto lookup = [this](const std::string& name) -> std::optional<std::string> {
      const auto found = environment_.find(name);
      if (found == environment_.end()) return std::nullopt;
      return found->second;
    };
    LoadedScenario loaded = load_scenario(path, overrides, command, lookup);
    EXPECT_EQ(loaded.scenario.has_value(), loaded.diagnostics.empty());
    return loaded;
  }

  // Of a scenario that must load.
  Scenario load_good(const std::string& text, const std::vector<Override>& overrides = {},
                     const std::vector<std::string>& command = {}) {
    LoadedScenario loaded = load(text, overrides, command);
    EXPECT_EQ(complaints(loaded), "");
    if (overrides.empty() && command.empty()) keep_accepted(text);
    return loaded.scenario.value_or(Scenario{});
  }

  std::map<std::string, std::string> environment_;

 private:
  // For tests/unit/schema, which lets the schema judge what the loader accepts.
  static void keep_accepted(const std::string& text) {
    static int number = 0;
    const char* directory = std::getenv("CUTPOINT_TEST_ACCEPTED");
    if (directory == nullptr) return;
    std::ofstream(fmt::format("{}/{}.yaml", directory, ++number), std::ios::binary) << text;
  }

  std::filesystem::path directory_;
  std::filesystem::path before_;
};

using ScenarioTest = InOwnDirectory<::testing::Test>;

// A way to spoil the smallest scenario, and everything that must be said about it.
struct BadInput {
  std::string name;
  std::string from;
  std::string to;
  std::string complaints;
};

inline std::string name_of(const ::testing::TestParamInfo<BadInput>& info) {
  return info.param.name;
}

using BadInputTest = InOwnDirectory<::testing::TestWithParam<BadInput>>;

}  // namespace cutpoint::test

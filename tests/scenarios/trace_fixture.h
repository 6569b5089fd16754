// SPDX-License-Identifier: Apache-2.0
// What tests of `cutpoint trace` have in common: the file that it writes, line by line.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "controller/util/file.h"
#include "tests/scenarios/scenario_fixture.h"

namespace cutpoint {

// Of those lines of a trace that tell of one.
inline std::vector<std::string> moments_of(const std::vector<nlohmann::json>& lines) {
  std::vector<std::string> names;
  for (const nlohmann::json& line : lines) {
    if (line.contains("moment")) names.push_back(line["moment"]);
  }
  return names;
}

// Of `Fixture`, ScenarioTest or one that derives from it.
template <typename Fixture>
class Traces : public Fixture {
 protected:
  // Options of a trace whose lines() are asked for.
  [[nodiscard]] Words to_file() const { return {"--format", "jsonl:" + file()}; }
  [[nodiscard]] std::vector<nlohmann::json> lines() const {
    return json_lines(read_file(file()).value());
  }
  // Ended as by Ctrl-C, which is no failure; its lines().
  [[nodiscard]] std::vector<nlohmann::json> end(Program& trace) const {
    const auto ended = trace.interrupt();
    EXPECT_EQ(ended.code, 0) << ended.err;
    return lines();
  }

 private:
  [[nodiscard]] std::string file() const { return this->path("trace.jsonl"); }
};

}  // namespace cutpoint

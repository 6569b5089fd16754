// SPDX-License-Identifier: Apache-2.0
// Every program loads, whichever clang compiled it, and costs the verifier about what it did when
// the budget was written. The kernel refuses a program above 1,000,000 instructions; a small
// change, or another compiler, can multiply the count.
#include <bpf/bpf.h>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/prog/build_test.h"

namespace cutpoint::prog {
namespace {

constexpr double tolerance = 1.25;

using Counts = std::map<std::string, std::uint32_t>;

// The column of one version; empty: there is none.
Counts budget(const std::string& clang) {
  Counts column;
  std::ifstream file(CUTPOINT_VERIFIER_BUDGET);
  std::vector<std::string> versions;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    std::string name;
    fields >> name;
    if (versions.empty()) {
      for (std::string version; fields >> version;) versions.push_back(version);
      continue;
    }
    for (const std::string& version : versions) {
      std::uint32_t count = 0;
      if (fields >> count && version == clang) column[name] = count;
    }
  }
  return column;
}

class VerifierBudget : public BuildTest {
 protected:
  // What each program cost the verifier.
  [[nodiscard]] Counts verified() const {
    Counts counts;
    for (const bpf_program* program : programs()) {
      bpf_prog_info info{};
      __u32 size = sizeof info;
      EXPECT_EQ(bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size), 0);
      counts[bpf_program__name(program)] = info.verified_insns;
    }
    return counts;
  }
};

TEST_P(VerifierBudget, IsKeptByEveryProgram) {
  const Counts counts = verified();
  ASSERT_FALSE(counts.empty());
  Counts left = budget(GetParam().clang);
  for (const auto& [name, count] : counts) {
    SCOPED_TRACE(name);
    ASSERT_GT(count, 0U);
    RecordProperty(name, std::to_string(count));
    if (!left.contains(name)) {
      ADD_FAILURE() << "costs " << count << ", of which verifier_budget.txt says nothing for clang "
                    << GetParam().clang;
      continue;
    }
    EXPECT_LE(count, left[name] * tolerance);
    left.erase(name);
  }
  for (const auto& [name, count] : left) ADD_FAILURE() << name << " is no program any more";
}

INSTANTIATE_TEST_SUITE_P(Clang, VerifierBudget, testing::ValuesIn(builds()), build_name);

}  // namespace
}  // namespace cutpoint::prog

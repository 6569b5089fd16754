// SPDX-License-Identifier: Apache-2.0
// Every program loads, and costs the verifier about what it did when the budget was written. The
// kernel refuses a program above 1,000,000 instructions; a small change can multiply the count.
#include <bpf/bpf.h>
#include <fstream>
#include <map>

#include "tests/prog/program_test.h"

namespace cutpoint::prog {
namespace {

constexpr double tolerance = 1.25;

class VerifierBudget : public ProgramTest {
 protected:
  static std::map<std::string, std::uint32_t> budget() {
    std::map<std::string, std::uint32_t> result;
    std::ifstream file(CUTPOINT_VERIFIER_BUDGET);
    for (std::string line; std::getline(file, line);) {
      if (line.empty() || line[0] == '#') continue;
      const auto space = line.find(' ');
      result[line.substr(0, space)] = static_cast<std::uint32_t>(std::stoul(line.substr(space)));
    }
    return result;
  }
  static std::uint32_t verified(const bpf_program* program) {
    bpf_prog_info info{};
    __u32 size = sizeof info;
    EXPECT_EQ(bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size), 0);
    return info.verified_insns;
  }
};

TEST_F(VerifierBudget, IsKeptByEveryProgram) {
  auto left = budget();
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton_->obj) {
    const std::string name = bpf_program__name(program);
    SCOPED_TRACE(name);
    const std::uint32_t count = verified(program);
    ASSERT_GT(count, 0U);
    RecordProperty(name, std::to_string(count));
    if (!left.contains(name)) {
      ADD_FAILURE() << "has no line in verifier_budget.txt";
      continue;
    }
    EXPECT_LE(count, left[name] * tolerance);
    left.erase(name);
  }
  for (const auto& [name, count] : left) ADD_FAILURE() << name << " is no program any more";
}

}  // namespace
}  // namespace cutpoint::prog

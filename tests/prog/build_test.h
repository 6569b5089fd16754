// SPDX-License-Identifier: Apache-2.0
// What the kernel makes of the programs, as each clang that is here has compiled them.
#pragma once

#include <bpf/libbpf.h>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

namespace cutpoint::prog {

struct Build {
  std::string clang;   // major version
  std::string object;  // empty: that clang is not installed
};

std::vector<Build> builds();
void PrintTo(const Build& build, std::ostream* out);
std::string build_name(const testing::TestParamInfo<Build>& info);

class BuildTest : public testing::TestWithParam<Build> {
 protected:
  void SetUp() override;

  // All of them; those of a trace as a trace loads them.
  [[nodiscard]] const std::vector<const bpf_program*>& programs() const { return programs_; }
  // There is nothing in it in any other run.
  [[nodiscard]] static bool is_of_trace(const bpf_program* program);
  // Bytes of stack of each function of the program, in the order of its instructions; of a trace's
  // only of those that it calls.
  [[nodiscard]] std::vector<int> stack_depths(const bpf_program* program) const;

 private:
  struct Closer {
    void operator()(bpf_object* object) const { bpf_object__close(object); }
  };
  std::vector<std::unique_ptr<bpf_object, Closer>> objects_;
  std::vector<const bpf_program*> programs_;
  std::map<const bpf_program*, std::string> logs_;  // what the verifier said
};

}  // namespace cutpoint::prog

// SPDX-License-Identifier: Apache-2.0
#include "tests/prog/build_test.h"

#include <sstream>
#include <unistd.h>

#include "controller/kernel/libbpf_log.h"

namespace cutpoint::prog {
namespace {

constexpr std::size_t log_size = 1 << 16;
constexpr unsigned log_of_statistics = 4;  // BPF_LOG_STATS, include/linux/bpf_verifier.h

}  // namespace

// "14=/path/of/the.o 19=": as scripts/cmake/CutpointBpf.cmake found them.
std::vector<Build> builds() {
  std::vector<Build> all;
  std::istringstream list(CUTPOINT_BPF_OBJECTS);
  for (std::string entry; list >> entry;) {
    const auto sign = entry.find('=');
    all.push_back({entry.substr(0, sign), entry.substr(sign + 1)});
  }
  return all;
}

void PrintTo(const Build& build, std::ostream* out) {
  *out << "clang " << build.clang;
}

std::string build_name(const testing::TestParamInfo<Build>& info) {
  return "clang_" + info.param.clang;
}

void BuildTest::SetUp() {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  if (GetParam().object.empty()) {
    GTEST_SKIP() << "clang-" << GetParam().clang << " is not installed";
  }
  capture_libbpf_log();
  object_.reset(bpf_object__open_file(GetParam().object.c_str(), nullptr));
  ASSERT_TRUE(object_) << take_libbpf_log();
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object_.get()) {
    std::string& log = logs_[program];
    log.resize(log_size);
    bpf_program__set_log_level(program, log_of_statistics);
    bpf_program__set_log_buf(program, log.data(), log.size());
  }
  ASSERT_EQ(bpf_object__load(object_.get()), 0) << take_libbpf_log();
}

std::vector<const bpf_program*> BuildTest::programs() const {
  std::vector<const bpf_program*> all;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object_.get()) all.push_back(program);
  return all;
}

// "stack depth 48+0+128"
std::vector<int> BuildTest::stack_depths(const bpf_program* program) const {
  constexpr std::string_view label = "stack depth ";
  std::vector<int> depths;
  const std::string& log = logs_.at(program);
  const auto at = log.find(label);
  if (at == std::string::npos) return depths;
  std::istringstream numbers(log.substr(at + label.size()));
  for (int depth = 0; numbers >> depth;) {
    depths.push_back(depth);
    if (numbers.get() != '+') break;
  }
  return depths;
}

}  // namespace cutpoint::prog

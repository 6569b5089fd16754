// SPDX-License-Identifier: Apache-2.0
// Every program loads, whichever clang compiled it, and costs the verifier about what it did when
// the budget was written. The kernel refuses a program above 1,000,000 instructions; a small
// change, or another compiler, can multiply the count.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

#include "controller/kernel/libbpf_log.h"

namespace cutpoint::prog {
namespace {

constexpr double tolerance = 1.25;

struct Build {
  std::string clang;   // major version
  std::string object;  // empty: that clang is not installed
};

void PrintTo(const Build& build, std::ostream* out) {
  *out << "clang " << build.clang;
}

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

class VerifierBudget : public testing::TestWithParam<Build> {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    if (GetParam().object.empty()) {
      GTEST_SKIP() << "clang-" << GetParam().clang << " is not installed";
    }
    capture_libbpf_log();
    object_.reset(bpf_object__open_file(GetParam().object.c_str(), nullptr));
    ASSERT_TRUE(object_) << take_libbpf_log();
    ASSERT_EQ(bpf_object__load(object_.get()), 0) << take_libbpf_log();
  }

  // What each program cost the verifier.
  [[nodiscard]] Counts verified() const {
    Counts counts;
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object_.get()) {
      bpf_prog_info info{};
      __u32 size = sizeof info;
      EXPECT_EQ(bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size), 0);
      counts[bpf_program__name(program)] = info.verified_insns;
    }
    return counts;
  }

 private:
  struct Closer {
    void operator()(bpf_object* object) const { bpf_object__close(object); }
  };
  std::unique_ptr<bpf_object, Closer> object_;
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

INSTANTIATE_TEST_SUITE_P(Clang, VerifierBudget, testing::ValuesIn(builds()),
                         [](const auto& built) { return "clang_" + built.param.clang; });

}  // namespace
}  // namespace cutpoint::prog

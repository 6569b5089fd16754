// SPDX-License-Identifier: Apache-2.0
#include "tests/prog/build_test.h"

#include <bpf/btf.h>
#include <cstring>
#include <sstream>
#include <string_view>
#include <unistd.h>

#include "controller/kernel/libbpf_log.h"

namespace cutpoint::prog {
namespace {

constexpr std::size_t log_size = 1 << 16;
constexpr unsigned log_of_statistics = 4;  // BPF_LOG_STATS, include/linux/bpf_verifier.h

// One of bpf/prog/settings.h, of 32 bits. False: there is none of that name.
bool set_constant(bpf_object* object, std::string_view name, std::uint32_t value) {
  const btf* types = bpf_object__btf(object);
  bpf_map* map = bpf_object__find_map_by_name(object, ".rodata");
  const int section = btf__find_by_name_kind(types, ".rodata", BTF_KIND_DATASEC);
  if (map == nullptr || section < 0) return false;
  std::size_t size = 0;
  const auto* initial = static_cast<const char*>(bpf_map__initial_value(map, &size));
  std::vector<char> memory(initial, initial + size);
  const btf_type* type = btf__type_by_id(types, static_cast<__u32>(section));
  for (int i = 0; i < btf_vlen(type); ++i) {
    const btf_var_secinfo& place = btf_var_secinfos(type)[i];
    const btf_type* variable = btf__type_by_id(types, place.type);
    if (name != btf__name_by_offset(types, variable->name_off)) continue;
    if (place.size != sizeof value || place.offset + sizeof value > size) return false;
    std::memcpy(memory.data() + place.offset, &value, sizeof value);
    return bpf_map__set_initial_value(map, memory.data(), size) == 0;
  }
  return false;
}

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
  for (const bool looks : {false, true}) {
    objects_.emplace_back(bpf_object__open_file(GetParam().object.c_str(), nullptr));
    bpf_object* object = objects_.back().get();
    ASSERT_NE(object, nullptr) << take_libbpf_log();
    ASSERT_TRUE(set_constant(object, "only_looks", looks ? 1 : 0));
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object) {
      bpf_program__set_autoload(program, is_of_trace(program) == looks);
      if (is_of_trace(program) != looks) continue;
      programs_.push_back(program);
      std::string& log = logs_[program];
      log.resize(log_size);
      bpf_program__set_log_level(program, log_of_statistics);
      bpf_program__set_log_buf(program, log.data(), log.size());
    }
    ASSERT_EQ(bpf_object__load(object), 0) << take_libbpf_log();
  }
}

bool BuildTest::is_of_trace(const bpf_program* program) {
  return std::string_view(bpf_program__name(program)).starts_with("tc_look");
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

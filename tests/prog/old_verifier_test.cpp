// SPDX-License-Identifier: Apache-2.0
// What the verifiers of older kernels refuse, checked on whatever kernel is here.
#include <algorithm>
#include <bpf/bpf.h>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/prog/build_test.h"

namespace cutpoint::prog {
namespace {

constexpr int largest_stack = 512;  // MAX_BPF_STACK
constexpr int stack_unit = 32;      // what a function's part of it is rounded up to, before 6.8
constexpr int most_frames = 8;      // MAX_CALL_FRAMES
// Three registers, which the kernel adds after it has checked: optimize_bpf_loop().
constexpr int stack_of_kernel_loop = 24;

class OldVerifier : public BuildTest {};

// A program's instructions, and which of them may come after which.
class Code {
 public:
  explicit Code(const bpf_program* program)
      : instructions_(bpf_program__insns(program)), size_(bpf_program__insn_cnt(program)) {
    starts_.insert(0);
    for (std::size_t at = 0; at < size_; ++at) {
      if (calls(at)) starts_.insert(callee(at));
    }
  }

  [[nodiscard]] bool is_jump(std::size_t at) const {
    const int kind = BPF_CLASS(instructions_[at].code);
    const int operation = BPF_OP(instructions_[at].code);
    return (kind == BPF_JMP || kind == BPF_JMP32) && operation != BPF_CALL && operation != BPF_EXIT;
  }
  // Within its function.
  [[nodiscard]] std::vector<std::size_t> successors(std::size_t at) const {
    const bpf_insn& instruction = instructions_[at];
    if (instruction.code == (BPF_JMP | BPF_EXIT)) return {};
    const std::size_t target = at + 1 + static_cast<std::size_t>(instruction.off);
    if (instruction.code == (BPF_JMP | BPF_JA)) return {target};
    if (is_jump(at)) return {at + 1, target};
    return {at + 1};
  }
  // By their first instructions, in order.
  [[nodiscard]] const std::set<std::size_t>& functions() const { return starts_; }
  // The function that begins at `start` has a loop of the kernel's (bpf_loop).
  [[nodiscard]] bool has_kernel_loop(std::size_t start) const {
    return std::any_of(instructions_ + start, instructions_ + end_of(start), [](const bpf_insn& i) {
      return i.code == (BPF_JMP | BPF_CALL) && i.src_reg == 0 && i.imm == BPF_FUNC_loop;
    });
  }
  // Called by the function that begins at `start`, or handed to a helper that calls them.
  [[nodiscard]] std::set<std::size_t> called_by(std::size_t start) const {
    std::set<std::size_t> called;
    for (std::size_t at = start; at < end_of(start); ++at) {
      if (calls(at)) called.insert(callee(at));
    }
    return called;
  }

 private:
  [[nodiscard]] bool calls(std::size_t at) const {
    const bpf_insn& instruction = instructions_[at];
    return (instruction.code == (BPF_JMP | BPF_CALL) && instruction.src_reg == BPF_PSEUDO_CALL) ||
           (instruction.code == (BPF_LD | BPF_IMM | BPF_DW) &&
            instruction.src_reg == BPF_PSEUDO_FUNC);
  }
  [[nodiscard]] std::size_t callee(std::size_t at) const {
    return at + 1 + static_cast<std::size_t>(instructions_[at].imm);
  }

  [[nodiscard]] std::size_t end_of(std::size_t start) const {
    const auto next = starts_.upper_bound(start);
    return next == starts_.end() ? size_ : *next;
  }

  const bpf_insn* instructions_;
  std::size_t size_;
  std::set<std::size_t> starts_;
};

// Loops that end by running into their own begin instead of jumping there, as "3227 to 3228".
std::vector<std::string> fallen_into(const Code& code) {
  enum class State { unseen, open, done };
  struct Visit {
    std::size_t at;
    std::vector<std::size_t> left;
  };
  std::vector<std::string> found;
  std::map<std::size_t, State> states;
  for (const std::size_t start : code.functions()) {
    std::vector<Visit> path{{start, code.successors(start)}};
    states[start] = State::open;
    while (!path.empty()) {
      Visit& visit = path.back();
      if (visit.left.empty()) {
        states[visit.at] = State::done;
        path.pop_back();
        continue;
      }
      const std::size_t next = visit.left.back();
      visit.left.pop_back();
      if (states[next] == State::open && !code.is_jump(visit.at)) {
        found.push_back(std::to_string(visit.at) + " to " + std::to_string(next));
      }
      if (states[next] != State::unseen) continue;
      states[next] = State::open;
      path.push_back({next, code.successors(next)});
    }
  }
  return found;
}

struct Chain {
  int stack = 0;  // bytes
  int frames = 0;
};

int rounded(int bytes) {
  return (std::max(bytes, 1) + stack_unit - 1) / stack_unit * stack_unit;
}

// The longest chain of calls from a function on, in bytes and in frames.
Chain longest_chain(const Code& code, const std::map<std::size_t, int>& stacks, std::size_t start) {
  Chain longest;
  for (const std::size_t called : code.called_by(start)) {
    const Chain chain = longest_chain(code, stacks, called);
    longest = {std::max(longest.stack, chain.stack), std::max(longest.frames, chain.frames)};
  }
  return {longest.stack + rounded(stacks.at(start)), longest.frames + 1};
}

// Before 6.8: "back-edge from insn 3227 to 3228".
TEST_P(OldVerifier, FindsAJumpAtTheEndOfEveryLoop) {
  for (const bpf_program* program : programs()) {
    EXPECT_EQ(fallen_into(Code(program)), std::vector<std::string>()) << bpf_program__name(program);
  }
}

// Before 6.8: "combined stack size of 7 calls is 576. Too large".
TEST_P(OldVerifier, HasStackForTheLongestChainOfCalls) {
  for (const bpf_program* program : programs()) {
    if (is_of_trace(program)) continue;
    SCOPED_TRACE(bpf_program__name(program));
    const Code code(program);
    const std::vector<int> depths = stack_depths(program);
    ASSERT_EQ(depths.size(), code.functions().size());
    std::map<std::size_t, int> stacks;
    auto depth = depths.begin();
    for (const std::size_t start : code.functions()) {
      stacks[start] = *depth++ - (code.has_kernel_loop(start) ? stack_of_kernel_loop : 0);
    }
    const Chain chain = longest_chain(code, stacks, 0);
    EXPECT_LE(chain.stack, largest_stack);
    EXPECT_LE(chain.frames, most_frames);
    RecordProperty(bpf_program__name(program), std::to_string(chain.stack));
  }
}

// It calls what they call, of which the constants of a trace leave out a part.
TEST_P(OldVerifier, HasAsMuchStackWhereATraceLooks) {
  std::map<std::string, int> own;
  for (const bpf_program* program : programs()) {
    own[bpf_program__name(program)] = rounded(stack_depths(program).at(0));
  }
  EXPECT_LE(own.at("tc_look"), own.at("tc_egress"));
  EXPECT_LE(own.at("tc_look"), own.at("tc_ingress"));
  EXPECT_LE(own.at("tc_look_l3"), own.at("tc_egress_l3"));
  EXPECT_LE(own.at("tc_look_l3"), own.at("tc_ingress_l3"));
}

INSTANTIATE_TEST_SUITE_P(Clang, OldVerifier, testing::ValuesIn(builds()), build_name);

}  // namespace
}  // namespace cutpoint::prog

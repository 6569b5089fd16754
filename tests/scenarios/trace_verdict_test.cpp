// SPDX-License-Identifier: Apache-2.0
// A trace alters nothing, and cannot: what the kernel has kept of its programs, as bpftool(8) reads
// it back, returns "go on" wherever it ends, and calls nothing that could alter a packet, send one
// elsewhere, or signal a process. The same look at the programs of a fault finds what it looks for.
// And it has no program that what was asked for does not need.
#include <array>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <sstream>

#include "tests/scenarios/host_state.h"
#include "tests/scenarios/shop.h"

namespace cutpoint {
namespace {

using nlohmann::json;

struct Instruction {
  int index = 0;
  std::string text;  // "w0 = -1", "if r1 == 0x0 goto pc+4", "call bpf_redirect#231"
};

// A program in the kernel, after the verifier has removed what cannot be reached.
struct Loaded {
  std::string name;
  std::vector<Instruction> main;  // up to the first of its functions
  std::set<std::string> calls;    // helpers, of all of it
};

Loaded read_loaded(const json& program) {
  Loaded loaded;
  loaded.name = program["name"];
  const auto dump = Program::run(
      {"bpftool", "prog", "dump", "xlated", "id", std::to_string(program["id"].get<int>())});
  EXPECT_EQ(dump.code, 0) << dump.err;
  static const std::regex instruction(R"(^\s*(\d+): \([0-9a-f]{2}\) (.*)$)");
  static const std::regex helper(R"(^call (\w+)#-?\d+$)");
  std::istringstream text(dump.out);
  int functions = 0;
  for (std::string line; std::getline(text, line);) {
    std::smatch found;
    if (!std::regex_match(line, found, instruction)) {
      if (line.ends_with("):")) ++functions;
      continue;
    }
    const std::string what = found[2];
    if (functions <= 1) loaded.main.push_back({std::stoi(found[1]), what});
    std::smatch called;
    if (std::regex_match(what, called, helper)) loaded.calls.insert(called[1]);
  }
  return loaded;
}

std::vector<json> programs_of(pid_t holder) {
  const std::set<int> held = held_by(holder).programs;
  const auto shown = Program::run({"bpftool", "--json", "prog", "show"});
  std::vector<json> programs = json::parse(shown.out);
  std::erase_if(programs, [&](const json& one) { return !held.contains(one["id"].get<int>()); });
  return programs;
}

// Of the tc hooks.
std::vector<Loaded> tc_programs_of(pid_t holder) {
  std::vector<Loaded> programs;
  for (const json& program : programs_of(holder)) {
    if (program.value("name", "").starts_with("tc_")) programs.push_back(read_loaded(program));
  }
  return programs;
}

// Those that run whenever a process of this host reads from a socket, or writes to one.
const std::set<std::string> at_every_message{"tp_takes", "tp_gives"};

std::set<std::string> at_every_message_of(pid_t holder) {
  std::set<std::string> names;
  for (const json& program : programs_of(holder)) {
    const std::string name = program.value("name", "");
    if (at_every_message.contains(name)) names.insert(name);
  }
  return names;
}

constexpr int registers = 11;
using Constants = std::array<std::optional<std::int64_t>, registers>;

// The registers after an instruction, as far as they are constants.
Constants after(const Instruction& instruction, Constants before) {
  static const std::regex constant(R"(^[rw](\d+) = (-?\d+)$)");
  static const std::regex copy(R"(^[rw](\d+) = [rw](\d+)$)");
  static const std::regex other(R"(^[rw](\d+) \S*= .*$)");
  std::smatch found;
  if (instruction.text.starts_with("call ")) {
    for (int i = 0; i <= 5; ++i) before[i] = std::nullopt;
  } else if (std::regex_match(instruction.text, found, constant)) {
    before[std::stoul(found[1])] = std::stoll(found[2]);
  } else if (std::regex_match(instruction.text, found, copy)) {
    before[std::stoul(found[1])] = before[std::stoul(found[2])];
  } else if (std::regex_match(instruction.text, found, other)) {
    before[std::stoul(found[1])] = std::nullopt;
  }
  return before;
}

// What follows an instruction: the next, where it jumps to, or both.
std::vector<std::size_t> successors(const std::vector<Instruction>& code, std::size_t at) {
  static const std::regex jump(R"(^(if .* )?goto pc([+-]\d+)$)");
  std::vector<std::size_t> next;
  std::smatch found;
  if (code[at].text == "exit") return next;
  const bool jumps = std::regex_match(code[at].text, found, jump);
  if (!jumps || found[1].matched) next.push_back(at + 1);
  if (jumps) {
    const int target = code[at].index + 1 + std::stoi(found[2]);
    for (std::size_t i = 0; i < code.size(); ++i) {
      if (code[i].index == target) next.push_back(i);
    }
  }
  return next;
}

// Everything that the program can return; nullopt among it: something that is not a constant.
std::set<std::optional<std::int64_t>> returned(const std::vector<Instruction>& code) {
  std::map<std::size_t, Constants> states{{0, {}}};
  std::set<std::size_t> to_do{0};
  std::set<std::optional<std::int64_t>> values;
  while (!to_do.empty()) {
    const std::size_t at = *to_do.begin();
    to_do.erase(to_do.begin());
    const Constants result = after(code.at(at), states.at(at));
    for (const std::size_t next : successors(code, at)) {
      const auto [known, is_new] = states.emplace(next, result);
      Constants joined = known->second;
      for (int i = 0; i < registers; ++i) {
        if (joined[i] != result[i]) joined[i] = std::nullopt;
      }
      if (!is_new && joined == known->second) continue;
      known->second = joined;
      to_do.insert(next);
    }
  }
  for (const auto& [at, constants] : states) {
    if (code.at(at).text == "exit") values.insert(constants[0]);
  }
  return values;
}

// Look-ups, clocks, cookies, reading bytes, and telling what was read; and, of a map, keeping it.
// pull_data makes headers that lie in fragments readable where they are.
const std::set<std::string> harmless{
    "__htab_map_lookup_elem", "htab_map_update_elem",  "htab_map_delete_elem",
    "array_map_update_elem",  "stack_map_pop_elem",    "queue_stack_map_push_elem",
    "bpf_skb_load_bytes",     "bpf_skb_pull_data",     "bpf_ringbuf_reserve",
    "bpf_ringbuf_submit",     "bpf_get_socket_cookie", "bpf_ktime_get_ns"};

std::set<std::string> harmful(const std::set<std::string>& calls) {
  std::set<std::string> rest;
  for (const std::string& call : calls) {
    if (!harmless.contains(call)) rest.insert(call);
  }
  return rest;
}

class TraceVerdict : public ShopTest {};

TEST_F(TraceVerdict, nothing_is_left_in_the_programs_that_could_alter_or_drop) {
  Program trace = start(Words{"trace"} + by_address);
  ASSERT_NE(trace.err_line("tracing"), "");
  const std::vector<Loaded> programs = tc_programs_of(trace.pid());
  ASSERT_EQ(trace.interrupt().code, 0);
  ASSERT_FALSE(programs.empty()) << "tc_look";
  constexpr std::int64_t go_on = -1;  // TCX_NEXT
  for (const Loaded& program : programs) {
    SCOPED_TRACE(program.name);
    EXPECT_EQ(harmful(program.calls), std::set<std::string>{});
    EXPECT_EQ(returned(program.main), std::set<std::optional<std::int64_t>>{go_on});
  }
}

TEST_F(TraceVerdict, of_histograms_looks_at_no_process) {
  Program lines = start(Words{"trace"} + by_address);
  ASSERT_NE(lines.err_line("tracing"), "");
  EXPECT_EQ(at_every_message_of(lines.pid()), at_every_message);
  ASSERT_EQ(lines.interrupt().code, 0);
  Program histograms = start(Words{"trace", "hist"} + by_address);
  ASSERT_NE(histograms.err_line("tracing"), "");
  EXPECT_EQ(at_every_message_of(histograms.pid()), std::set<std::string>{});
  ASSERT_EQ(histograms.interrupt().code, 0);
}

// How many messages the programs of a trace have counted, whatever they were.
std::uint64_t counted_for(pid_t holder) {
  std::uint64_t sum = 0;
  for (const int id : held_by(holder).maps) {
    const auto shown = json::parse(
        Program::run({"bpftool", "--json", "map", "show", "id", std::to_string(id)}).out);
    if (shown.value("name", "") != "moment_counts") continue;
    const auto dump = json::parse(
        Program::run({"bpftool", "--json", "map", "dump", "id", std::to_string(id)}).out);
    for (const json& service : dump) {
      for (const json& on_processor : service.at("formatted").at("values")) {
        for (const json& count : on_processor.at("value").at("of")) {
          sum += count.get<std::uint64_t>();
        }
      }
    }
  }
  return sum;
}

TEST_F(TraceVerdict, of_histograms_counts_messages_where_they_will_be_told) {
  for (const Words& asked : {Words{}, Words{"--summary"}}) {
    SCOPED_TRACE(asked.empty() ? "" : asked.front());
    Program trace = start(Words{"trace", "hist"} + asked + by_address);
    ASSERT_NE(trace.err_line("tracing"), "");
    const auto client = Program::run({"psql", "-XqAt", Lab::dsn(), "-c", "BEGIN", "-c", "COMMIT"});
    ASSERT_EQ(client.code, 0) << client.err;
    EXPECT_EQ(counted_for(trace.pid()) > 0, !asked.empty());
    const auto ended = trace.interrupt();
    EXPECT_EQ(ended.code, 0);
    EXPECT_NE(ended.out.find("1 measured"), std::string::npos) << ended.out;
  }
}

TEST_F(TraceVerdict, the_same_look_finds_what_a_fault_needs) {
  Program fault = start(inject(by_address + Words{"--at", "commit.request", "--do",
                                                  "blackhole both 1s", "--", "sleep", "1000"}));
  ASSERT_NE(fault.err_line("armed: "), "");
  const std::vector<Loaded> programs = tc_programs_of(fault.pid());
  fault.interrupt();
  ASSERT_GE(programs.size(), 2U);
  for (const Loaded& program : programs) {
    SCOPED_TRACE(program.name);
    EXPECT_TRUE(harmful(program.calls).contains("bpf_skb_store_bytes"));
    EXPECT_NE(returned(program.main), std::set<std::optional<std::int64_t>>{-1});
  }
}

}  // namespace
}  // namespace cutpoint

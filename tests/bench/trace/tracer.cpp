// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/trace/tracer.h"

#include <fstream>
#include <numeric>
#include <stdexcept>
#include <string_view>

namespace cutpoint::bench {
namespace {

using nlohmann::json;

// There are a million lines: only those that are no moment are taken apart. A quote within a value
// has a backslash before it.
std::string_view moment_of(std::string_view line) {
  constexpr std::string_view key = R"(,"moment":")";
  const auto at = line.find(key);
  if (at == std::string_view::npos) return {};
  line.remove_prefix(at + key.size());
  return line.substr(0, line.find('"'));
}

void add(const std::string& line, Traced& traced) {
  if (const std::string_view moment = moment_of(line); !moment.empty()) {
    ++traced.lines[std::string(moment)];
    return;
  }
  json entry = json::parse(line);
  const std::string what = entry.at("what");
  if (what == "lost") traced.lost += entry.at("events").get<std::uint64_t>();
  if (what == "histogram") {
    traced.measured = entry.at("measured");
    traced.passed_over = entry.at("passed_over");
  }
  if (what == "summary") traced.summary = std::move(entry);
}

Program start(const NetworkNamespace& netns, const std::string& address,
              const std::vector<std::string>& words, const std::string& file,
              const std::string& state) {
  std::vector<std::string> command{CUTPOINT_BENCH_PROGRAM, "trace"};
  command.insert(command.end(), words.begin(), words.end());
  for (const std::string& word : {std::string("--service"), "db=postgres@" + address,
                                  std::string("--format"), "jsonl:" + file}) {
    command.push_back(word);
  }
  Program::Options options;
  options.environment = {{"CUTPOINT_STATE_DIR", state}};
  options.netns = &netns;
  return Program(std::move(command), options);
}

}  // namespace

std::uint64_t Traced::all_lines() const {
  return std::accumulate(lines.begin(), lines.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& moment) { return sum + moment.second; });
}

std::uint64_t Traced::counted() const {
  const json& moments = summary.at("moments").at("db");
  return std::accumulate(lines.begin(), lines.end(), std::uint64_t{0},
                         [&](std::uint64_t sum, const auto& moment) {
                           return sum + moments.at(moment.first).template get<std::uint64_t>();
                         });
}

Tracer::Tracer(const NetworkNamespace& netns, const std::string& address,
               const std::vector<std::string>& words)
    : program_(start(netns, address, words, file(), state_directory())) {
  if (!program_.err_line("tracing").empty()) return;
  throw std::runtime_error("cutpoint trace: " + program_.wait().err);
}

Traced Tracer::end() {
  const auto ended = program_.interrupt();
  if (ended.code != 0) throw std::runtime_error("cutpoint trace: " + ended.err);
  Traced traced;
  std::ifstream lines(file());
  for (std::string line; std::getline(lines, line);) add(line, traced);
  return traced;
}

}  // namespace cutpoint::bench

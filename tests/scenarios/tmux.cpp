// SPDX-License-Identifier: Apache-2.0
#include "tests/scenarios/tmux.h"

#include <chrono>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "controller/util/clock.h"
#include "tests/scenarios/program.h"

namespace cutpoint {
namespace {

constexpr auto between_looks = std::chrono::milliseconds(20);

}  // namespace

Tmux::Tmux(std::string socket, int width, int height, const std::string& script,
           const std::vector<std::pair<std::string, std::string>>& environment)
    : socket_(std::move(socket)) {
  std::vector<std::string> command{
      "-f", "/dev/null",           "new-session", "-d",
      "-x", std::to_string(width), "-y",          std::to_string(height)};
  for (const auto& [name, value] : environment) {
    command.insert(command.end(), {"-e", name + "=" + value});
  }
  command.insert(command.end(), {"sh", "-c", script});
  run(command);
}

Tmux::~Tmux() {
  Program::run({"tmux", "-S", socket_, "kill-server"});
}

std::string Tmux::run(const std::vector<std::string>& command) const {
  std::vector<std::string> all{"tmux", "-S", socket_};
  all.insert(all.end(), command.begin(), command.end());
  auto ended = Program::run(all);
  if (ended.code != 0) throw std::runtime_error("tmux: " + ended.err);
  return ended.out;
}

std::vector<std::string> Tmux::screen() const {
  std::istringstream text(run({"capture-pane", "-p"}));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

std::string Tmux::line_with(const std::string& text) const {
  for (const std::string& line : screen()) {
    if (line.find(text) != std::string::npos) return line;
  }
  return {};
}

std::string Tmux::await(const std::string& text) const {
  for (const Deadline deadline(Program::longest); !deadline.passed();) {
    const std::string line = line_with(text);
    if (!line.empty()) return line;
    std::this_thread::sleep_for(between_looks);
  }
  return {};
}

bool Tmux::await_gone(const std::string& text) const {
  for (const Deadline deadline(Program::longest); !deadline.passed();) {
    if (line_with(text).empty()) return true;
    std::this_thread::sleep_for(between_looks);
  }
  return false;
}

void Tmux::type(const std::string& key) const {
  run({"send-keys", key});
}

void Tmux::resize(int width, int height) const {
  run({"resize-window", "-x", std::to_string(width), "-y", std::to_string(height)});
}

std::string Tmux::ask(const std::string& format) const {
  std::string answer = run({"display-message", "-p", format});
  while (answer.ends_with('\n')) answer.pop_back();
  return answer;
}

}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
// A program that a test runs: what it prints is collected while it runs, and can be waited for.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controller/util/child.h"
#include "controller/util/netns.h"
#include "controller/util/unique_fd.h"

namespace cutpoint {

// nsenter(1) becomes the command, once it is in the namespace.
void enter_netns(SpawnOptions& spawn, const NetworkNamespace& netns);

class Program {
 public:
  struct Options {
    std::vector<std::pair<std::string, std::string>> environment;  // added to ours
    std::optional<Account> user;
    int cgroup_fd = -1;
    int program_fd = -1;
    std::vector<int> inherit;
    const NetworkNamespace* netns = nullptr;  // nullptr: ours
  };
  struct Ended {
    int code = 0;  // 128 + N where signal N ended it
    std::string out;
    std::string err;
  };

  // Far more than anything here takes; a test that reaches it fails.
  static constexpr std::chrono::seconds longest{100};

  // Throws where it cannot be started. Destruction kills it.
  explicit Program(std::vector<std::string> command) : Program(std::move(command), Options()) {}
  Program(std::vector<std::string> command, const Options& options);

  // From start to end.
  static Ended run(std::vector<std::string> command) { return run(std::move(command), Options()); }
  static Ended run(std::vector<std::string> command, const Options& options);

  // Waits until a whole line of stderr (or stdout) contains `text`; that line, or "" where the
  // program ended first, or `longest` passed. Each wait goes on where the last one found its line.
  std::string err_line(std::string_view text) { return line(err_, text); }
  std::string out_line(std::string_view text) { return line(out_, text); }

  Ended wait();
  // Ends it as Ctrl-C does, and waits.
  Ended interrupt();
  void signal(int number);
  [[nodiscard]] pid_t pid() const { return child_->pid(); }

 private:
  struct Stream {
    UniqueFd fd;
    std::string text;
    std::size_t looked_at = 0;
  };

  std::string line(Stream& stream, std::string_view text);
  bool pump(int timeout_ms);  // false: it has ended, and everything it printed was read
  static void drain(Stream& stream);

  std::optional<Child> child_;
  Stream out_;
  Stream err_;
};

}  // namespace cutpoint

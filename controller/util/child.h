// SPDX-License-Identifier: Apache-2.0
// A command as a child process: in its cgroup from its first instruction, without our privileges,
// descriptors, terminal and signal settings.
#pragma once

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "controller/util/result.h"
#include "controller/util/unique_fd.h"

namespace cutpoint {

// A user to run as.
struct Account {
  std::string name;
  std::string home;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // supplementary groups, `gid` among them
};

// By name or by number. Error (2): there is no such user.
Result<Account> find_account(const std::string& user);

struct SpawnOptions {
  std::vector<std::string> command;  // [0] is looked up in PATH, as execvp(3) does, by the user
  int program_fd = -1;               // if set, this open file is run; command is then only argv
  int cgroup_fd = -1;                // directory of the cgroup v2 to start in; -1: ours
  int stdout_fd = -1;                // -1: /dev/null
  int stderr_fd = -1;
  std::vector<int> inherit;  // further descriptors that stay open in it, under the same number
  std::vector<std::pair<std::string, std::string>> environment;  // added to ours, or replacing it
  bool bare_environment = false;  // nothing of ours: it may hold secrets that are not its business
  std::optional<Account> user;    // nullopt: ours
  std::string directory;          // empty: ours
  bool plain_fork = false;        // do not try clone3(2); for tests of the way that does without
};

// How a process ended.
struct ExitStatus {
  int code = 0;    // where signal is 0
  int signal = 0;  // that killed it; 0: it exited

  [[nodiscard]] bool success() const { return code == 0 && signal == 0; }
  [[nodiscard]] std::string describe() const;  // "exit code 3", "killed by signal 9 (Killed)"
};

// Owns the process: destruction kills (SIGKILL) and reaps it. Only itself; what it started in turn
// is the business of its cgroup.
class Child {
 public:
  // Returns once the program runs, or with the Error (2) that kept it from running: not found, not
  // executable, a directory that its user cannot enter.
  static Result<Child> spawn(const SpawnOptions& options);

  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  ~Child();

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] int pidfd() const { return pidfd_.get(); }  // POLLIN once it has ended

  // Waits for its end and reaps it. Once it has ended, every call gives the same answer.
  Result<ExitStatus> wait();

  // nullopt: it still runs after `timeout`; 0 only looks.
  Result<std::optional<ExitStatus>> wait_for(std::chrono::milliseconds timeout);

  // Nothing happens where it has ended.
  Status signal(int number = SIGKILL);

 private:
  Child(pid_t pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  void end();

  pid_t pid_ = -1;
  UniqueFd pidfd_;
  std::optional<ExitStatus> status_;
};

// Our own program, open, to be run again by SpawnOptions::program_fd: also by a user who cannot
// enter the directory that it is in.
Result<UniqueFd> open_own_program();

}  // namespace cutpoint

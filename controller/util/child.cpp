// SPDX-License-Identifier: Apache-2.0
#include "controller/util/child.h"

#include <cstring>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <memory>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/util/clock.h"
#include "controller/util/errno_error.h"
#include "controller/util/exec_failure.h"

namespace cutpoint {
namespace {

// A step of the way from fork to exec, and what went wrong there.
enum class Step : int { enter_cgroup, redirect, drop_privileges, change_directory, exec };
struct Failure {
  Step step;
  int number;
};

// Everything the child needs, made before the fork: between fork and exec it may only make system
// calls, because another thread may have held any lock of the C library.
struct Plan {
  const SpawnOptions& options;
  std::vector<std::string> candidates;
  std::vector<char*> argv;
  std::vector<std::string> environment;
  std::vector<char*> envp;
  UniqueFd null;
  int report_fd = -1;  // Failure is written there; exec closes it
};

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (const std::string& text : strings) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

void set_variable(std::vector<std::string>& environment, const std::string& name,
                  const std::string& value) {
  std::erase_if(environment, [&](const std::string& e) { return e.starts_with(name + "="); });
  environment.push_back(name + "=" + value);
}

std::string variable(const std::vector<std::string>& environment, const std::string& name,
                     const std::string& otherwise) {
  for (const std::string& entry : environment) {
    if (entry.starts_with(name + "=")) return entry.substr(name.size() + 1);
  }
  return otherwise;
}

std::vector<std::string> make_environment(const SpawnOptions& options) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr && !options.bare_environment; ++entry) {
    environment.emplace_back(*entry);
  }
  if (options.user) {
    set_variable(environment, "HOME", options.user->home);
    set_variable(environment, "USER", options.user->name);
    set_variable(environment, "LOGNAME", options.user->name);
  }
  for (const auto& [name, value] : options.environment) set_variable(environment, name, value);
  return environment;
}

[[noreturn]] void fail(const Plan& plan, Step step) {
  const Failure failure{step, errno};
  (void)!::write(plan.report_fd, &failure, sizeof(failure));
  ::_exit(127);
}

void reset_signals() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &action, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void redirect(const Plan& plan) {
  const int null = plan.null.get();
  const auto given = [&](int fd) { return fd >= 0 ? fd : null; };
  // Copies above 2 first: a given descriptor may itself be 0, 1 or 2.
  const int out = ::fcntl(given(plan.options.stdout_fd), F_DUPFD_CLOEXEC, 3);
  const int err = ::fcntl(given(plan.options.stderr_fd), F_DUPFD_CLOEXEC, 3);
  if (out < 0 || err < 0 || ::dup2(null, 0) < 0 || ::dup2(out, 1) < 0 || ::dup2(err, 2) < 0) {
    fail(plan, Step::redirect);
  }
  if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) fail(plan, Step::redirect);
  for (const int fd : plan.options.inherit) {
    if (::fcntl(fd, F_SETFD, 0) != 0) fail(plan, Step::redirect);
  }
}

// By raw system calls: those of the C library signal every thread that it believes this process
// has, which after clone3 are those of the parent.
void drop_privileges(const Plan& plan, const Account& user) {
  if (::geteuid() == user.uid && ::geteuid() != 0) return;  // there is nothing to drop
  ::prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (::syscall(SYS_setgroups, user.groups.size(), user.groups.data()) != 0 ||
      ::syscall(SYS_setresgid, user.gid, user.gid, user.gid) != 0 ||
      ::syscall(SYS_setresuid, user.uid, user.uid, user.uid) != 0) {
    fail(plan, Step::drop_privileges);
  }
  if (user.uid == 0) return;
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  const __user_cap_data_struct no_capabilities[_LINUX_CAPABILITY_U32S_3] = {};
  if (::syscall(SYS_capset, &header, no_capabilities) != 0) fail(plan, Step::drop_privileges);
}

// As execvp(3): a candidate that is missing or refused does not end the search.
[[noreturn]] void exec(const Plan& plan) {
  if (plan.options.program_fd >= 0) {
    ::syscall(SYS_execveat, plan.options.program_fd, "", plan.argv.data(), plan.envp.data(),
              AT_EMPTY_PATH);
    fail(plan, Step::exec);
  }
  bool refused = false;
  for (const std::string& candidate : plan.candidates) {
    ::execve(candidate.c_str(), plan.argv.data(), plan.envp.data());
    if (errno == EACCES) refused = true;
    if (errno != EACCES && errno != ENOENT && errno != ENOTDIR) fail(plan, Step::exec);
  }
  if (refused) errno = EACCES;
  fail(plan, Step::exec);
}

[[noreturn]] void run_child(const Plan& plan, bool in_cgroup) {
  const SpawnOptions& options = plan.options;
  ::setsid();
  if (options.cgroup_fd >= 0 && !in_cgroup) {
    const int procs = ::openat(options.cgroup_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    if (procs < 0 || ::write(procs, "0", 1) != 1) fail(plan, Step::enter_cgroup);
  }
  reset_signals();
  redirect(plan);
  if (options.user) drop_privileges(plan, *options.user);
  if (!options.directory.empty() && ::chdir(options.directory.c_str()) != 0) {
    fail(plan, Step::change_directory);
  }
  exec(plan);
}

// Returns twice, as fork(2) does. `in_cgroup`: the child already is where it should be.
pid_t start_process(const SpawnOptions& options, int& pidfd, bool& in_cgroup) {
  in_cgroup = options.cgroup_fd >= 0;
  if (!options.plain_fork) {
    clone_args arguments{};
    arguments.flags = CLONE_PIDFD;
    arguments.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
    arguments.exit_signal = SIGCHLD;
    if (in_cgroup) {
      arguments.flags |= CLONE_INTO_CGROUP;
      arguments.cgroup = static_cast<std::uint64_t>(options.cgroup_fd);
    }
    const auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof(arguments)));
    // Container runtimes answer clone3 with ENOSYS or EPERM; kernels before 5.7 do not know the
    // cgroup flag (E2BIG, EINVAL).
    if (pid >= 0 || (errno != ENOSYS && errno != EPERM && errno != E2BIG && errno != EINVAL)) {
      return pid;
    }
  }
  in_cgroup = false;
  return ::_Fork();
}

Error explain(const Plan& plan, const Failure& failure) {
  const SpawnOptions& options = plan.options;
  const std::string program = options.command.empty() ? "our own program" : options.command[0];
  const std::string what = "cannot run '" + program + "'";
  switch (failure.step) {
    case Step::enter_cgroup:
      return errno_error(what + ": cannot enter its cgroup", failure.number);
    case Step::redirect:
      return errno_error(what + ": cannot redirect its output", failure.number);
    case Step::drop_privileges:
      return errno_error(what + ": cannot become user " + options.user->name, failure.number,
                         "run cutpoint as root");
    case Step::change_directory: {
      Error error = errno_error(what + " in directory " + options.directory, failure.number);
      error.code = ExitCode::usage;
      return error;
    }
    case Step::exec:
      if (options.program_fd >= 0) return errno_error(what, failure.number);
      return explain_exec_failure(program, plan.candidates, failure.number, options.user);
  }
  return errno_error(what, failure.number);
}

// Signals wait from fork until the child has its own settings: none is handled by our handlers in
// the child.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &previous_);
  }
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &previous_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t previous_{};
};

// A process that was started with stdin closed gets 0 from its next open(2); redirect() would
// overwrite it.
UniqueFd above_standard(UniqueFd fd) {
  return fd.get() > STDERR_FILENO ? std::move(fd) : UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
}

Result<Plan> make_plan(const SpawnOptions& options) {
  Plan plan{.options = options,
            .candidates = {},
            .argv = pointers(options.command),
            .environment = make_environment(options),
            .envp = {},
            .null = above_standard(UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC))),
            .report_fd = -1};
  if (!plan.null) return errno_error("cannot open /dev/null");
  if (options.command.empty() || (options.program_fd < 0 && options.command[0].empty())) {
    return Error{ExitCode::usage, "there is no command to run", {}};
  }
  plan.envp = pointers(plan.environment);
  plan.candidates = exec_candidates(
      options.command[0], variable(plan.environment, "PATH", "/usr/local/bin:/usr/bin:/bin"));
  return plan;
}

}  // namespace

Result<Child> Child::spawn(const SpawnOptions& options) {
  CUTPOINT_TRY_ASSIGN(plan, make_plan(options));
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return errno_error("cannot make a pipe");
  const UniqueFd report(ends[0]);
  UniqueFd report_write = above_standard(UniqueFd(ends[1]));
  if (!report_write) return errno_error("cannot make a pipe");
  plan.report_fd = report_write.get();

  int pidfd = -1;
  bool in_cgroup = false;
  pid_t pid = -1;
  {
    const BlockedSignals blocked;
    pid = start_process(options, pidfd, in_cgroup);
    if (pid == 0) run_child(plan, in_cgroup);
  }
  if (pid < 0) return errno_error("cannot start a process for '" + options.command[0] + "'");
  if (pidfd < 0) pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  Child child(pid, UniqueFd(pidfd));
  report_write.reset();

  // Ends when exec closes the last copy of the other end, or the child died.
  Failure failure{};
  ssize_t count = 0;
  do {
    count = ::read(report.get(), &failure, sizeof(failure));
  } while (count < 0 && errno == EINTR);
  if (count == sizeof(failure)) return explain(plan, failure);
  if (pidfd < 0) return errno_error("cannot open a pidfd");
  return child;
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::move(other.pidfd_)),
      status_(other.status_) {}

Child& Child::operator=(Child&& other) noexcept {
  if (this == &other) return *this;
  end();
  pid_ = std::exchange(other.pid_, -1);
  pidfd_ = std::move(other.pidfd_);
  status_ = other.status_;
  return *this;
}

Child::~Child() {
  end();
}

void Child::end() {
  if (pid_ < 0 || status_) return;
  (void)signal(SIGKILL);
  (void)wait();
}

Result<ExitStatus> Child::wait() {
  while (true) {
    auto status = wait_for(std::chrono::hours(24));
    if (!status) return std::move(status).error();
    if (*status) return **status;
  }
}

Result<std::optional<ExitStatus>> Child::wait_for(std::chrono::milliseconds timeout) {
  if (status_) return status_;
  const Deadline deadline(timeout);
  pollfd ended{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
  while (pidfd_ && ::poll(&ended, 1, deadline.poll_ms()) < 0) {
    if (errno != EINTR) return errno_error("cannot wait for a process");
  }
  if (pidfd_ && (ended.revents & POLLIN) == 0) return std::optional<ExitStatus>();
  siginfo_t info{};
  // __WALL: also where the exit signal is none of SIGCHLD.
  while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | __WALL) != 0) {
    if (errno != EINTR) return errno_error("cannot wait for process " + std::to_string(pid_));
  }
  status_ = info.si_code == CLD_EXITED ? ExitStatus{.code = info.si_status, .signal = 0}
                                       : ExitStatus{.code = 0, .signal = info.si_status};
  return status_;
}

Status Child::signal(int number) {
  if (status_ || pid_ < 0) return {};
  // Not reaped yet, so that the number is still its own.
  if (::kill(pid_, number) != 0 && errno != ESRCH) {
    return errno_error("cannot signal process " + std::to_string(pid_));
  }
  return {};
}

std::string ExitStatus::describe() const {
  if (signal == 0) return "exit code " + std::to_string(code);
  return "killed by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
}

Result<UniqueFd> open_own_program() {
  UniqueFd fd(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  if (!fd) return errno_error("cannot open our own program");
  return fd;
}

}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
#include "controller/run/guardian.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/run/guardian_process.h"
#include "controller/util/cgroup.h"
#include "controller/util/clock.h"
#include "controller/util/errno_error.h"
#include "controller/util/file.h"

namespace cutpoint {
namespace {

// One message is one state, whole: the last one that arrived is all that the guardian needs.
Status send_message(int link, std::string_view text, int netns_fd) {
  iovec part{.iov_base = const_cast<char*>(text.data()), .iov_len = text.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  if (netns_fd >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &netns_fd, sizeof(int));
  }
  while (::sendmsg(link, &message, MSG_NOSIGNAL) < 0) {
    if (errno == EINTR) continue;
    return errno_error("the guardian does not listen any more", errno,
                       "it was killed, or stopped: start again");
  }
  return {};
}

// All signals wait until the guardian ignores those that are meant for its parent.
pid_t fork_guardian(int link, const StateDirectory& directory, const RunState& state) {
  sigset_t all;
  sigset_t previous;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &previous);
  const pid_t pid = ::fork();
  if (pid == 0) run_guardian(link, directory, state);
  const int number = errno;
  ::pthread_sigmask(SIG_SETMASK, &previous, nullptr);
  errno = number;
  return pid;
}

}  // namespace

Guardian::Guardian(StateDirectory directory, RunState state, UniqueFd link, UniqueFd pidfd)
    : directory_(std::move(directory)),
      state_(std::move(state)),
      link_(std::move(link)),
      pidfd_(std::move(pidfd)) {}

Result<Guardian> Guardian::start(const StateDirectory& directory, const std::string& scenario) {
  CUTPOINT_TRY_ASSIGN(ourselves, process_id(::getpid()));
  RunState state;
  state.scenario = scenario;
  state.controller = ourselves;
  state.started_ms = unix_ms();
  state.phase = "start";
  state.id = as_file_name(scenario) + "-" + std::to_string(ourselves.pid) + "-" +
             std::to_string(state.started_ms);

  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return errno_error("cannot make a socket pair for the guardian");
  }
  UniqueFd ours(ends[0]);
  const UniqueFd theirs(ends[1]);
  // A guardian that somebody stopped must not stop the run with it.
  const timeval limit{.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(ours.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));

  const pid_t pid = fork_guardian(theirs.get(), directory, state);
  if (pid < 0) return errno_error("cannot fork the guardian");
  UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  state.guardian.pid = pid;
  Guardian guardian(directory, std::move(state), std::move(ours), std::move(pidfd));
  if (Status status = guardian.introduce(); !status) {
    (void)guardian.done();  // nothing is on the host yet: no record
    return std::move(status).error();
  }
  return guardian;
}

Guardian::~Guardian() {
  if (!link_) return;
  link_.reset();
  reap();
}

Status Guardian::introduce() {
  if (!pidfd_) return errno_error("cannot open a pidfd of the guardian");
  CUTPOINT_TRY_ASSIGN(identity, process_id(state_.guardian.pid));
  state_.guardian = identity;
  return publish();
}

Status Guardian::publish(int netns_fd) {
  const std::string text = to_json(state_);
  CUTPOINT_TRY(send_message(link_.get(), text, netns_fd));
  return write_file_atomically(directory_.run_file(state_.id), text);
}

Status Guardian::will_create_cgroup(const std::string& path, const std::string& return_to) {
  state_.cgroup = {path, return_to};
  return publish();
}

Status Guardian::will_create_device(const std::string& name, const NetworkNamespace& netns) {
  state_.devices.push_back({name, netns.inode()});
  return publish(netns.fd());
}

Status Guardian::will_pause(const std::string& cgroup, bool freezes) {
  state_.pauses.push_back({cgroup, freezes});
  return publish();
}

Status Guardian::will_add_filters(std::vector<RunFilters> filters, const NetworkNamespace& netns) {
  state_.filters = std::move(filters);
  return publish(netns.fd());
}

Status Guardian::enter_phase(std::string_view phase) {
  if (state_.phase == phase) return {};
  state_.phase = phase;
  return publish();
}

Status Guardian::note_fault(const RunFault& fault) {
  const auto known = std::find_if(state_.faults.begin(), state_.faults.end(),
                                  [&](const RunFault& other) { return other.name == fault.name; });
  if (known == state_.faults.end()) {
    state_.faults.push_back(fault);
  } else if (known->state != fault.state) {
    known->state = fault.state;
  } else {
    return {};
  }
  return publish();
}

Status Guardian::done() {
  if (!link_) return {};
  Status told = send_message(link_.get(), guardian_done, -1);
  link_.reset();
  reap();
  ::unlink(directory_.run_file(state_.id).c_str());  // where a dead guardian did not
  return told;
}

void Guardian::reap() {
  pollfd ended{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
  const Deadline deadline(std::chrono::seconds(15));
  while (::poll(&ended, 1, deadline.poll_ms()) < 0 && errno == EINTR) {
  }
  if ((ended.revents & POLLIN) != 0) ::waitpid(state_.guardian.pid, nullptr, 0);
}

}  // namespace cutpoint

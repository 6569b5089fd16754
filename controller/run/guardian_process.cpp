// SPDX-License-Identifier: Apache-2.0
#include "controller/run/guardian_process.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <string>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "controller/run/run_lock.h"
#include "controller/run/undo.h"
#include "controller/util/file.h"
#include "controller/util/netns.h"
#include "controller/util/process.h"

namespace cutpoint {
namespace {

struct Message {
  std::string text;
  UniqueFd netns;
};

// nullopt: the controller is gone, and everything that it sent has been received.
std::optional<Message> receive(int link) {
  std::string text(1 << 18, '\0');
  iovec part{.iov_base = text.data(), .iov_len = text.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof(control);
  ssize_t count = 0;
  do {
    count = ::recvmsg(link, &header, MSG_CMSG_CLOEXEC);
  } while (count < 0 && errno == EINTR);
  if (count <= 0) return std::nullopt;
  text.resize(static_cast<size_t>(count));
  Message message{.text = std::move(text), .netns = UniqueFd()};
  const cmsghdr* attached = CMSG_FIRSTHDR(&header);
  if (attached != nullptr && attached->cmsg_type == SCM_RIGHTS) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(attached), sizeof(fd));
    message.netns.reset(fd);
  }
  return message;
}

// Nothing of the controller stays open here: no pipe whose reader waits for its end, no BPF link,
// no lock. Returns the new number of the link.
int keep_only(int link) {
  const int kept = ::fcntl(link, F_DUPFD_CLOEXEC, 3);
  ::close_range(0, static_cast<unsigned>(kept) - 1, 0);
  ::close_range(static_cast<unsigned>(kept) + 1, ~0U, 0);
  open_missing_standard_files();
  return kept;
}

// What a terminal, a shell or a service manager sends to end the controller is the controller's to
// answer; our work starts when it is gone. SIGKILL still ends us.
void outlive_signals() {
  ::setsid();
  for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2,
                           SIGTSTP, SIGTTIN, SIGTTOU}) {
    ::signal(number, SIG_IGN);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void finish(const StateDirectory& directory, const RunState& state,
            const std::vector<NetworkNamespace>& namespaces) {
  // The controller's descriptors are closed one by one: the link that told us of its death, then,
  // perhaps, its programs, which may still stop a process, and its locks.
  (void)await_end(state.controller, std::chrono::seconds(3));
  const RunRecord record = undo(state, namespaces);
  ::unlink(directory.history_file(state.id).c_str());
  (void)remove_unheld_locks(directory);
  // The .run file is what `clear` goes by: it must stay where the record could not be written, or
  // something is still there.
  const Status written = write_file_atomically(directory.record_file(state.id), to_json(record));
  if (written && record.failed.empty()) ::unlink(directory.run_file(state.id).c_str());
}

}  // namespace

[[noreturn]] void run_guardian(int link, const StateDirectory& directory, const RunState& initial) {
  ::prctl(PR_SET_NAME, "cutpoint-guard");
  link = keep_only(link);
  outlive_signals();
  (void)!::chdir("/");
  ::umask(0077);

  RunState state = initial;
  std::vector<NetworkNamespace> namespaces;
  while (auto message = receive(link)) {
    if (message->text == guardian_done) {
      ::unlink(directory.run_file(state.id).c_str());
      ::_exit(0);
    }
    if (auto news = run_state_from_json(message->text)) state = *std::move(news);
    if (!message->netns) continue;
    auto netns = NetworkNamespace::of_fd(std::move(message->netns));
    if (netns) namespaces.push_back(*std::move(netns));
  }
  finish(directory, state, namespaces);
  // Not exit(3): what the controller has registered for its exit is not ours to run.
  ::_exit(1);
}

}  // namespace cutpoint

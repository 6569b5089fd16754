// SPDX-License-Identifier: Apache-2.0
#include "tests/socket/datapath/harness/fd_passing.h"

#include <cstring>
#include <sys/socket.h>

namespace cutpoint::datapath {
namespace {

struct Envelope {
  explicit Envelope(char& note) : part{&note, 1} {
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
  }

  iovec part;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr header{};
};

}  // namespace

bool send_fd(int channel, int fd, char note) {
  Envelope envelope(note);
  cmsghdr* rights = CMSG_FIRSTHDR(&envelope.header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(rights), &fd, sizeof fd);
  return ::sendmsg(channel, &envelope.header, MSG_NOSIGNAL) == 1;
}

UniqueFd receive_fd(int channel, char& note) {
  Envelope envelope(note);
  if (::recvmsg(channel, &envelope.header, MSG_CMSG_CLOEXEC) != 1) return UniqueFd();
  const cmsghdr* rights = CMSG_FIRSTHDR(&envelope.header);
  if (rights == nullptr || rights->cmsg_type != SCM_RIGHTS) return UniqueFd();
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(rights), sizeof fd);
  return UniqueFd(fd);
}

}  // namespace cutpoint::datapath

// SPDX-License-Identifier: Apache-2.0
#include "controller/util/netlink.h"

#include <cerrno>
#include <sys/socket.h>
#include <vector>

#include "controller/util/errno_error.h"

namespace cutpoint {
namespace {

// The errno of an answer of type NLMSG_ERROR; 0 is the acknowledgement.
int error_number(nlmsghdr* message) {
  return -static_cast<const nlmsgerr*>(NLMSG_DATA(message))->error;
}

}  // namespace

Result<int> receive_answers(int fd, const std::string& failure,
                            const std::function<void(nlmsghdr*)>& each) {
  std::vector<char> buffer(1 << 16);
  while (true) {
    const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_error(failure);
    auto left = static_cast<unsigned>(count);
    for (auto* message = reinterpret_cast<nlmsghdr*>(buffer.data()); NLMSG_OK(message, left);
         message = NLMSG_NEXT(message, left)) {
      if (message->nlmsg_type == NLMSG_DONE) return 0;
      if (message->nlmsg_type == NLMSG_ERROR) return error_number(message);
      if (message->nlmsg_type != NLMSG_NOOP) each(message);
    }
  }
}

}  // namespace cutpoint

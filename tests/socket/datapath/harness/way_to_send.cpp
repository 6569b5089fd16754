// SPDX-License-Identifier: Apache-2.0
#include "tests/socket/datapath/harness/way_to_send.h"

#include <array>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/socket/datapath/harness/io_ring.h"
#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::datapath {
namespace {

constexpr std::optional<std::string> possible = std::nullopt;

void require_all(ssize_t done, std::size_t wanted, const char* what) {
  require(done == static_cast<ssize_t>(wanted), what);
}

void set_option(const Stream& stream, int level, int name, int value) {
  require(::setsockopt(stream.fd(), level, name, &value, sizeof value) == 0, "setsockopt");
}

void send_part(const Stream& stream, std::string_view part, int flags) {
  require_all(::send(stream.fd(), part.data(), part.size(), flags | MSG_NOSIGNAL), part.size(),
              "send");
}

// The second part waits for the acknowledgement of the first (RFC 896), which the other end delays.
std::optional<std::string> nagle(Stream& stream, std::string_view bytes, std::size_t first) {
  set_option(stream, IPPROTO_TCP, TCP_NODELAY, 0);
  send_part(stream, bytes.substr(0, first), 0);
  send_part(stream, bytes.substr(first), 0);
  return possible;
}

std::optional<std::string> corked(Stream& stream, std::string_view bytes, std::size_t first) {
  stream.cork();
  send_part(stream, bytes.substr(0, first), 0);
  send_part(stream, bytes.substr(first), 0);
  set_option(stream, IPPROTO_TCP, TCP_CORK, 0);
  return possible;
}

std::optional<std::string> with_more(Stream& stream, std::string_view bytes, std::size_t first) {
  send_part(stream, bytes.substr(0, first), MSG_MORE);
  send_part(stream, bytes.substr(first), 0);
  return possible;
}

std::optional<std::string> vectored(Stream& stream, std::string_view bytes, std::size_t first) {
  std::string copy(bytes);
  std::array<iovec, 2> parts{{{copy.data(), first}, {copy.data() + first, copy.size() - first}}};
  require_all(::writev(stream.fd(), parts.data(), parts.size()), bytes.size(), "writev");
  return possible;
}

// The pages are the caller's until TCP has been told that they arrived.
std::optional<std::string> zero_copied(Stream& stream, std::string_view bytes, std::size_t) {
  set_option(stream, SOL_SOCKET, SO_ZEROCOPY, 1);
  send_part(stream, bytes, MSG_ZEROCOPY);
  return possible;
}

std::optional<std::string> from_file(Stream& stream, std::string_view bytes, std::size_t first) {
  const UniqueFd file(::memfd_create("bytes", MFD_CLOEXEC));
  require_all(::write(file.get(), bytes.data(), bytes.size()), bytes.size(), "write a file");
  off_t offset = 0;
  require_all(::sendfile(stream.fd(), file.get(), &offset, first), first, "sendfile");
  const std::size_t rest = bytes.size() - first;
  require_all(::sendfile(stream.fd(), file.get(), &offset, rest), rest, "sendfile");
  return possible;
}

std::optional<std::string> spliced(Stream& stream, std::string_view bytes, std::size_t first) {
  int ends[2];
  require(::pipe(ends) == 0, "pipe");
  const UniqueFd out(ends[0]);
  const UniqueFd in(ends[1]);
  require_all(::write(in.get(), bytes.data(), bytes.size()), bytes.size(), "write to a pipe");
  require_all(::splice(out.get(), nullptr, stream.fd(), nullptr, first, SPLICE_F_MORE), first,
              "splice");
  const std::size_t rest = bytes.size() - first;
  require_all(::splice(out.get(), nullptr, stream.fd(), nullptr, rest, 0), rest, "splice");
  return possible;
}

std::optional<std::string> through_ring(Stream& stream, std::string_view bytes, std::size_t first) {
  auto ring = IoRing::open();
  if (!ring) return ring.error().message;
  require_all(ring->send(stream.fd(), bytes.substr(0, first)), first, "io_uring send");
  require_all(ring->send(stream.fd(), bytes.substr(first)), bytes.size() - first, "io_uring send");
  return possible;
}

}  // namespace

std::vector<WayToSend> ways_to_send() {
  return {{"Nagle", nagle},     {"Cork", corked},          {"More", with_more},
          {"Writev", vectored}, {"Zerocopy", zero_copied}, {"Sendfile", from_file},
          {"Splice", spliced},  {"IoUring", through_ring}};
}

}  // namespace cutpoint::datapath

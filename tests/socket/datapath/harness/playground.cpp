// SPDX-License-Identifier: Apache-2.0
#include "tests/socket/datapath/harness/playground.h"

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>

#include "controller/util/child.h"
#include "controller/util/clock.h"
#include "tests/socket/datapath/harness/fd_passing.h"
#include "tests/socket/datapath/harness/require.h"
#include "tests/socket/datapath/harness/stream.h"

namespace cutpoint::datapath {
namespace {

void bring_loopback_up() {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  request.ifr_name[0] = 'l';
  request.ifr_name[1] = 'o';
  request.ifr_flags = IFF_UP;
  require(::ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0, "cannot bring lo up");
}

// Of the calling thread's network namespace. False: this kernel does not have it.
bool write_sysctl(const char* path, std::string_view value) {
  const UniqueFd file(::open(path, O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), value.data(), value.size()) > 0;
}

UniqueFd make_socket(int family, Transport transport) {
  const int protocol = transport == Transport::multipath_tcp ? IPPROTO_MPTCP : IPPROTO_TCP;
  return UniqueFd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, protocol));
}

// A question: the family, and this beside it.
constexpr char over_multipath_tcp = 0x40;

// Makes the socket that is asked for, in the namespace that comes with the question. Another byte
// says that it has none of them left: then they close with the asker's descriptor.
[[noreturn]] void make_sockets(int channel) {
  char question = 0;
  for (;;) {
    const UniqueFd netns = receive_fd(channel, question);
    if (!netns || ::setns(netns.get(), CLONE_NEWNET) != 0) ::_exit(0);
    UniqueFd made = make_socket(question & ~over_multipath_tcp, (question & over_multipath_tcp) != 0
                                                                    ? Transport::multipath_tcp
                                                                    : Transport::tcp);
    if (!made || !send_fd(channel, made.get(), question)) ::_exit(1);
    made.reset();
    if (::send(channel, &question, 1, MSG_NOSIGNAL) != 1) ::_exit(1);
  }
}

constexpr std::uint16_t closed_port = 9;
constexpr auto ask_again = std::chrono::milliseconds(20);

// Until a host refuses a connection: a new device takes a while before it hears, and a SYN that is
// lost meanwhile would make TCP wait for seconds from then on.
void await_answer(const NetworkNamespace& from, const Address& host) {
  const Deadline deadline(patience);
  while (!deadline.passed()) {
    const Stream stream(outside_socket(host.storage.ss_family, from));
    if (::connect(stream.fd(), host.get(), host.size) != 0 && errno == ECONNREFUSED) return;
    pollfd waiting{stream.fd(), POLLOUT, 0};
    if (::poll(&waiting, 1, ask_again.count()) == 1 && (waiting.revents & POLLERR) != 0) return;
  }
  throw std::runtime_error("a veth pair does not carry packets");
}

Cgroup make_cgroup() {
  static int number = 0;
  return require(
      Cgroup::create(require(find_cgroup_mount()), "datapath-" + std::to_string(number++)));
}

}  // namespace

std::optional<std::string> playground_lacks() {
  if (::geteuid() != 0) return "needs root";
  const auto mount = find_cgroup_mount();
  if (!mount) return mount.error().message;
  if (!mount->writable) return "needs a writable cgroup v2 hierarchy";
  return std::nullopt;
}

NetworkNamespace make_netns() {
  std::optional<NetworkNamespace> made;
  std::string problem;
  std::thread([&] {
    try {
      require(::unshare(CLONE_NEWNET) == 0, "cannot make a network namespace");
      bring_loopback_up();
      write_sysctl("/proc/sys/net/ipv4/tcp_rto_min_us", "20000");
      made = require(NetworkNamespace::current());
    } catch (const std::exception& error) {
      problem = error.what();
    }
  }).join();
  if (!made) throw std::runtime_error(problem);
  return *std::move(made);
}

void run_in(const NetworkNamespace& netns, const std::string& command, int inherit) {
  SpawnOptions options;
  options.command = {"nsenter", "--net=/proc/self/fd/" + std::to_string(netns.fd()), "sh", "-c",
                     command};
  options.inherit = {netns.fd()};
  if (inherit >= 0) options.inherit.push_back(inherit);
  options.stdout_fd = STDOUT_FILENO;
  options.stderr_fd = STDERR_FILENO;
  auto child = require(Child::spawn(options));
  if (!require(child.wait()).success()) throw std::runtime_error("failed: " + command);
}

void join(const NetworkNamespace& near, const NetworkNamespace& far, int network) {
  const std::string digit = std::to_string(network);
  const std::string far_device = "far" + digit;
  const auto address = [&](const std::string& device, const std::string& host) {
    return "ip address add 10." + digit + ".0." + host + "/24 dev " + device +
           " && ip address add fd0" + digit + "::" + host + "/64 dev " + device +
           " nodad && ip link set " + device + " up";
  };
  run_in(near,
         // Where both ends have the same number, the kernel takes up to 1 s to see the carrier.
         "ip link add near index 10 type veth peer name " + far_device + " netns /proc/self/fd/" +
             std::to_string(far.fd()) + " && " + address("near", "1"),
         far.fd());
  run_in(far, address(far_device, "2"));
  await_answer(near, address_of("10." + digit + ".0.2", closed_port));
  await_answer(near, address_of("fd0" + digit + "::2", closed_port));
}

Playground::Playground() : cgroup_(make_cgroup()), netns_(make_netns()) {
  int ends[2];
  require(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0, "socketpair");
  maker_.reset(ends[0]);
  const UniqueFd theirs(ends[1]);
  maker_pid_ = ::fork();
  require(maker_pid_ >= 0, "fork");
  if (maker_pid_ == 0) {
    maker_.reset();
    make_sockets(theirs.get());
  }
  require(cgroup_.add(maker_pid_));
}

Playground::~Playground() {
  maker_.reset();
  ::waitpid(maker_pid_, nullptr, 0);
}

UniqueFd Playground::target_socket(int family, const NetworkNamespace& in,
                                   Transport transport) const {
  char answer = 0;
  const int question = family | (transport == Transport::multipath_tcp ? over_multipath_tcp : 0);
  require(send_fd(maker_.get(), in.fd(), static_cast<char>(question)), "cannot ask for a socket");
  UniqueFd made = receive_fd(maker_.get(), answer);
  require(static_cast<bool>(made), "no socket was made");
  require(::recv(maker_.get(), &answer, 1, 0) == 1, "the socket stays open elsewhere");
  return made;
}

UniqueFd outside_socket(int family, const NetworkNamespace& in, Transport transport) {
  const auto inside = require(ScopedNetns::enter(in));
  UniqueFd made = make_socket(family, transport);
  require(static_cast<bool>(made), "socket");
  return made;
}

}  // namespace cutpoint::datapath

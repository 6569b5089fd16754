// SPDX-License-Identifier: Apache-2.0
#include "controller/kernel/holder.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <deque>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <map>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <span>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "controller/kernel/raw_sender.h"
#include "controller/util/clock.h"
#include "controller/util/errno_error.h"
#include "controller/util/links.h"
#include "controller/util/unique_fd.h"

namespace cutpoint {
namespace {

constexpr std::uint32_t device_queue = 32767;              // packets; kernel 6.1 takes no more
constexpr std::size_t most_bytes = std::size_t{64} << 20;  // that wait here
constexpr std::size_t largest_packet = 65536 + 64;
constexpr std::uint64_t ns_per_second = 1'000'000'000;

using Packet = std::vector<std::byte>;

struct Waiting {
  Packet packet;
  std::uint64_t due_ns = 0;
  std::uint32_t device = 0;
};

struct TupleOrder {
  bool operator()(const cut_tuple& a, const cut_tuple& b) const {
    return std::memcmp(&a, &b, sizeof a) < 0;
  }
};

template <typename Header>
std::optional<Header> header_at(std::span<const std::byte> packet, std::size_t offset) {
  Header header{};
  if (packet.size() < offset + sizeof header) return std::nullopt;
  std::memcpy(&header, packet.data() + offset, sizeof header);
  return header;
}

cut_address mapped(in_addr address) {
  cut_address result{};
  result.word[2] = htonl(0xffff);
  result.word[3] = address.s_addr;
  return result;
}

// From the sender's view; nullopt: no TCP segment, such as what the device says by itself.
std::optional<cut_tuple> tuple_of(std::span<const std::byte> packet) {
  cut_tuple tuple{};
  std::size_t network = 0;
  const auto v4 = header_at<ip>(packet, 0);
  if (v4 && v4->ip_v == 4 && v4->ip_p == IPPROTO_TCP) {
    tuple.local = mapped(v4->ip_src);
    tuple.remote = mapped(v4->ip_dst);
    network = std::size_t{v4->ip_hl} * 4;
  } else {
    const auto v6 = header_at<ip6_hdr>(packet, 0);
    if (!v6 || v6->ip6_vfc >> 4 != 6 || v6->ip6_nxt != IPPROTO_TCP) return std::nullopt;
    std::memcpy(tuple.local.word, &v6->ip6_src, sizeof tuple.local.word);
    std::memcpy(tuple.remote.word, &v6->ip6_dst, sizeof tuple.remote.word);
    network = sizeof *v6;
  }
  const auto tcp = header_at<tcphdr>(packet, network);
  if (!tcp) return std::nullopt;
  tuple.local_port = ntohs(tcp->th_sport);
  tuple.remote_port = ntohs(tcp->th_dport);
  return tuple;
}

timespec timespec_of(std::uint64_t ns) {
  return {static_cast<time_t>(ns / ns_per_second), static_cast<long>(ns % ns_per_second)};
}

}  // namespace

struct Holder::Impl {
  UniqueFd tun;
  UniqueFd poke;  // eventfd: look again, or stop
  RawSender raw;
  int interface = 0;
  const NetworkNamespace* netns;
  Ask ask;
  GiveUp give_up;
  std::map<cut_tuple, std::deque<Waiting>, TupleOrder> queues{};  // of the thread
  std::size_t bytes = 0;                                          // that wait in them
  std::map<cut_tuple, std::uint64_t, TupleOrder> links{};  // when what was limited has passed
  std::vector<std::byte> buffer = std::vector<std::byte>(largest_packet);
  std::atomic<std::uint64_t> held = 0;
  std::atomic<std::uint64_t> sent = 0;
  std::atomic<std::uint64_t> lost = 0;
  std::atomic<bool> stopping = false;
  std::atomic<bool> removed = false;  // the device, by somebody else
  std::thread thread{};

  Impl(UniqueFd tun_fd, UniqueFd poke_fd, RawSender sender, int index,
       const NetworkNamespace& where)
      : tun(std::move(tun_fd)),
        poke(std::move(poke_fd)),
        raw(std::move(sender)),
        interface(index),
        netns(&where) {}

  void run();
  void wait() const;
  void take_all();
  void on_removed();
  void take(Packet packet);
  std::uint64_t carried_at(const cut_tuple& tuple, std::size_t size, std::uint64_t rate);
  void look_again();
  void send_due();
};

void Holder::Impl::run() {
  while (!stopping || !queues.empty()) {
    wait();
    take_all();
    std::uint64_t pokes = 0;
    if (::read(poke.get(), &pokes, sizeof pokes) > 0) look_again();
    send_due();
  }
}

// Until there is a packet, a poke, or one that waits is due.
void Holder::Impl::wait() const {
  std::optional<std::uint64_t> next;
  for (const auto& [tuple, queue] : queues) {
    if (!next || queue.front().due_ns < *next) next = queue.front().due_ns;
  }
  const std::uint64_t now = monotonic_ns();
  const timespec left = timespec_of(next && *next > now ? *next - now : 0);
  std::array<pollfd, 2> fds{pollfd{tun.get(), POLLIN, 0}, pollfd{poke.get(), POLLIN, 0}};
  ::ppoll(fds.data(), fds.size(), next ? &left : nullptr, nullptr);
}

void Holder::Impl::take_all() {
  for (;;) {
    const ssize_t size = ::read(tun.get(), buffer.data(), buffer.size());
    if (size > 0) {
      take(Packet(buffer.begin(), buffer.begin() + size));
    } else {
      if (size < 0 && errno == EBADFD) on_removed();
      return;
    }
  }
}

// What was in it is lost, and so is whatever comes. The queues here are still sent on.
void Holder::Impl::on_removed() {
  removed = true;
  give_up();
  tun.reset();  // it would be ready for ever
}

void Holder::Impl::take(Packet packet) {
  const auto tuple = tuple_of(packet);
  if (!tuple) return;
  ++held;
  if (bytes + packet.size() > most_bytes) {
    ++lost;
    give_up();
    return;
  }
  const auto flow = ask(*tuple);
  std::uint64_t due = flow && !stopping ? flow->until_ns : 0;
  std::deque<Waiting>& queue = queues[*tuple];
  if (flow && flow->rate != 0) due = std::min(due, carried_at(*tuple, packet.size(), flow->rate));
  if (!queue.empty()) due = std::max(due, queue.back().due_ns);
  bytes += packet.size();
  queue.push_back({std::move(packet), due, flow ? flow->device : 0});
}

// When a link of that rate would have carried the last byte of it, behind what it carried before.
std::uint64_t Holder::Impl::carried_at(const cut_tuple& tuple, std::size_t size,
                                       std::uint64_t rate) {
  std::uint64_t& idle_from = links[tuple];
  idle_from = std::max(idle_from, monotonic_ns()) + size * ns_per_second / rate;
  return idle_from;
}

void Holder::Impl::look_again() {
  for (auto& [tuple, queue] : queues) {
    const auto flow = ask(tuple);
    const std::uint64_t until = flow && !stopping ? flow->until_ns : 0;
    for (Waiting& waiting : queue) waiting.due_ns = std::min(waiting.due_ns, until);
  }
}

void Holder::Impl::send_due() {
  const std::uint64_t now = monotonic_ns();
  for (auto entry = queues.begin(); entry != queues.end();) {
    auto& [tuple, queue] = *entry;
    while (!queue.empty() && queue.front().due_ns <= now) {
      const Packet& packet = queue.front().packet;
      if (raw.send(packet, tuple.remote, queue.front().device) == 0) {
        ++sent;
      } else {
        ++lost;
        give_up();
      }
      bytes -= packet.size();
      queue.pop_front();
    }
    entry = queue.empty() ? queues.erase(entry) : std::next(entry);
  }
}

Holder::Holder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Holder::Holder(Holder&&) noexcept = default;

Holder::~Holder() {
  if (!impl_ || !impl_->thread.joinable()) return;
  impl_->stopping = true;
  look_again();
  impl_->thread.join();
}

Result<Holder> Holder::open(const NetworkNamespace& netns) {
  CUTPOINT_TRY_ASSIGN(raw, RawSender::open(netns, held_mark));
  CUTPOINT_TRY_ASSIGN(inside, ScopedNetns::enter(netns));
  static_cast<void>(inside);
  const std::string name = our_device_name('t');
  UniqueFd tun(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!tun) {
    return errno_error("cannot open /dev/net/tun, in which segments are held", errno,
                       "load the module `tun`; in a container, give it /dev/net/tun");
  }
  ifreq request{};
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  name.copy(request.ifr_name, sizeof request.ifr_name - 1);
  if (::ioctl(tun.get(), TUNSETIFF, &request) != 0) {
    const int number = errno;
    // Not what the kernel's device says: /dev/net/tun is something else.
    const bool foreign = number == ENOTTY || number == EINVAL;
    return errno_error("cannot make the TUN device " + name, number,
                       foreign ? "is /dev/net/tun the kernel's? `rm /dev/net/tun; mknod "
                                 "/dev/net/tun c 10 200` makes it anew"
                               : "it takes CAP_NET_ADMIN in the target's network namespace");
  }
  CUTPOINT_TRY(set_interface_up(name, device_queue));
  const auto index = static_cast<int>(::if_nametoindex(name.c_str()));
  UniqueFd poke(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!poke) return errno_error("cannot make an eventfd");
  return Holder(
      std::make_unique<Impl>(std::move(tun), std::move(poke), std::move(raw), index, netns));
}

int Holder::interface() const {
  return impl_->interface;
}

void Holder::start(Ask ask, GiveUp give_up) {
  impl_->ask = std::move(ask);
  impl_->give_up = std::move(give_up);
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

void Holder::look_again() {
  const std::uint64_t one = 1;
  static_cast<void>(::write(impl_->poke.get(), &one, sizeof one));
}

Result<HolderCounts> Holder::counts() const {
  if (impl_->removed) {
    return Error{ExitCode::unavailable,
                 "somebody removed the TUN device in which segments were held: what was in it is "
                 "lost, and its sender's TCP sends it again",
                 ""};
  }
  CUTPOINT_TRY_ASSIGN(inside, ScopedNetns::enter(*impl_->netns));
  static_cast<void>(inside);
  CUTPOINT_TRY_ASSIGN(dropped, dropped_packets(impl_->interface));
  HolderCounts counts{impl_->held, impl_->sent, impl_->lost, dropped, 0};
  counts.waiting = counts.held - counts.sent - counts.lost;
  return counts;
}

}  // namespace cutpoint

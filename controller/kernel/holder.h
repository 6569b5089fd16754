// SPDX-License-Identifier: Apache-2.0
// Where segments wait that a fault holds: a TUN device in the target's network namespace, to which
// the programs redirect them, and a thread that sends each on when it is due, in the order in which
// its end sent them. The device goes with this object, and with the process: what it held then,
// the sender's TCP sends again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "controller/kernel/injector.h"
#include "controller/util/netns.h"
#include "controller/util/result.h"

namespace cutpoint {

struct HolderCounts {
  std::uint64_t held = 0;     // segments taken
  std::uint64_t sent = 0;     // of them, sent on
  std::uint64_t lost = 0;     // for want of room, or because the kernel refused to send them
  std::uint64_t dropped = 0;  // not even taken: the device had no room
  std::uint64_t waiting = 0;
};

class Holder {
 public:
  // Error (3): the kernel has no TUN, or /dev/net/tun is missing.
  static Result<Holder> open(const NetworkNamespace& netns);

  Holder(Holder&&) noexcept;
  Holder& operator=(Holder&&) = delete;
  ~Holder();  // sends on what it holds

  [[nodiscard]] int interface() const;

  // How the flow stands of which this is a segment, from its sender's view: Injector::held().
  using Ask = std::function<std::optional<HeldFlow>(const cut_tuple& segment)>;
  // A segment could not be sent on: Injector::stop_holding().
  using GiveUp = std::function<void()>;
  // From now on segments are held and sent on. Both are called by the thread.
  void start(Ask ask, GiveUp give_up);
  // A fault has ended before its time: what is due now is sent on.
  void look_again();

  // Error: what the device itself could not take is not known.
  [[nodiscard]] Result<HolderCounts> counts() const;

 private:
  struct Impl;
  explicit Holder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cutpoint

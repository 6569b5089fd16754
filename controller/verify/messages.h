// SPDX-License-Identifier: Apache-2.0
// The protocol messages of one flow, put together from what the programs reported of each.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "controller/scenario/model.h"
#include "controller/timeline/timeline.h"

namespace cutpoint {

// One protocol message. FIRED and MOMENT of the same message are one.
struct Message {
  std::uint64_t moments = 0;
  std::uint8_t direction = CUT_UPSTREAM;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::uint32_t exchange = 0;
  std::array<std::uint32_t, CUT_MAX_ATTRIBUTES> attr{};  // the protocol's attributes
  std::int64_t seen_ns = 0;
  bool fired = false;     // a rule was applied to it
  bool held = false;      // it had left when its direction was silent already
  bool reported = false;  // its own MOMENT was seen: it was delivered
  bool several = false;   // it ends more than one transaction
  std::optional<std::int64_t> delivered_ns;
  std::optional<std::int64_t> released_ns;
  std::vector<std::uint64_t> evidence;

  [[nodiscard]] bool is(unsigned moment) const { return ((moments >> moment) & 1U) != 0; }
};

// The messages of one flow, in the order in which they were first seen.
class Messages {
 public:
  // `faults`: the scenario's, which the events' rule numbers index.
  explicit Messages(const std::vector<Fault>& faults) : faults_(faults) {}

  // Any event of the flow; what is no message's is passed over.
  void read(const Entry& entry);

  [[nodiscard]] const std::vector<Message>& list() const { return list_; }

 private:
  // MOMENT, FIRED, HELD, WOULD_FIRE or MISMATCH of a message.
  void seen(const Entry& entry);
  // RELEASED.
  void released(const Entry& entry);
  // ALTERED.
  void altered(const Entry& entry);
  static void deliver(Message& message, std::int64_t ns);
  Message& find_or_add(const cut_event& event, std::int64_t ns);
  [[nodiscard]] bool passed_before_the_cut(const cut_event& event) const;

  const std::vector<Fault>& faults_;
  std::vector<Message> list_;
  std::array<std::unordered_map<std::uint32_t, std::size_t>, CUT_DIRECTIONS> by_begin_;
  std::array<std::vector<std::size_t>, CUT_DIRECTIONS> held_;
};

// The target's end of the flow was closed, by itself or by its kernel.
bool is_client_closing(const cut_event& event);

}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
// How long answers took, of the pairs of moments that belong together. Memory is bounded by what is
// unanswered at a time, however long it goes on.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "bpf/abi/event.h"

namespace cutpoint {

// A distribution of durations. Quantiles are right to 1/16, maximum and count are exact.
class Durations {
 public:
  void add(std::int64_t ns);
  void add(const Durations& others);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::int64_t max_ns() const { return max_ns_; }
  // The duration that the share `q` of them did not exceed; 0 where there are none.
  [[nodiscard]] std::int64_t quantile_ns(double q) const;

 private:
  static constexpr unsigned fine_bits = 4;
  static constexpr std::size_t buckets = (64 - fine_bits + 1) << fine_bits;
  static std::size_t bucket_of(std::uint64_t ns);
  static std::int64_t end_of(std::size_t bucket);

  std::array<std::uint64_t, buckets> counts_{};
  std::uint64_t count_ = 0;
  std::int64_t max_ns_ = 0;
};

// Two moments of which the second answers the first.
struct MomentPair {
  unsigned protocol = 0;  // enum cut_protocol
  unsigned from = 0;      // bit numbers
  unsigned to = 0;
  std::uint64_t also = 0;  // moments that begin it as `from` does, bit set
};

// What was answered, and how long it took.
struct Answered {
  std::size_t pair = 0;  // index of moment_pairs()
  std::int64_t asked_ns = 0;
  std::int64_t answered_ns = 0;
};

const std::vector<MomentPair>& moment_pairs();
// The pair whose two messages have the same number in their flow (cut_event.exchange), so that the
// kernel itself can measure it; nullptr: the protocol has none.
const MomentPair* measured_pair(unsigned protocol);
// Whether whole exchanges of PostgreSQL, query → ready, are measured beside commits, which are
// parts of them. They need an event of every query.
enum class Exchanges { passed_over, measured };

// The moments that Latencies needs to be told of, bit set.
std::uint64_t paired_moments(unsigned protocol, Exchanges exchanges = Exchanges::passed_over);

// What one flow waits for.
struct Waiting {
  std::uint64_t flow = 0;
  std::size_t pair = 0;  // index of moment_pairs()
  std::uint64_t count = 0;
  std::int64_t oldest_ns = 0;  // when it was asked
};

class Latencies {
 public:
  explicit Latencies(Exchanges exchanges = Exchanges::passed_over) : exchanges_(exchanges) {}

  // Of an event of kind MOMENT, by its service's protocol: what it answered.
  std::vector<Answered> see(const cut_event& event, unsigned protocol);
  void forget(std::uint64_t flow);

  // Index: of moment_pairs().
  [[nodiscard]] const std::vector<Durations>& durations() const { return durations_; }
  [[nodiscard]] std::size_t unanswered() const { return open_.size(); }
  // The pair is measured, and its requests are in waiting().
  [[nodiscard]] bool counts_waits_of(std::size_t pair) const;
  // Each flow's once per pair, by flow. A commit that its exchange counts already is left out.
  [[nodiscard]] std::vector<Waiting> waiting() const;
  // Asked while more than most_open were unanswered: of them nothing is known.
  [[nodiscard]] std::uint64_t passed_over() const { return passed_over_; }
  static constexpr std::size_t most_open = 65536;

 private:
  // flow, pair, lane (AMQP: channel), number within it
  struct Key {
    std::uint64_t flow;
    std::size_t pair;
    std::uint32_t lane;
    std::uint32_t number;
    // clang-tidy 14 takes the comparison with 0 that it implies for one with a pointer.
    auto operator<=>(const Key&) const = default;  // NOLINT(modernize-use-nullptr)
  };

  void ask(const Key& key, const cut_event& event);
  // Takes what is answered by `key` out; `all_before`: and what has a lower number in its lane.
  // Returns when each was asked.
  std::vector<std::int64_t> take(const Key& key, bool all_before);
  void answer(const Key& key, bool all_before, const cut_event& event, std::vector<Answered>& done);
  void see_exchange(std::size_t pair, const cut_event& event, std::vector<Answered>& done);
  void see_amqp(const cut_event& event, std::vector<Answered>& done);
  void see_channel(const cut_event& event);
  void see_refusal(const cut_event& event);

  Exchanges exchanges_;
  std::multimap<Key, std::uint64_t> open_;  // -> when it was asked
  std::uint64_t passed_over_ = 0;
  // AMQP: flow, channel -> messages published since confirm.select
  std::map<std::pair<std::uint64_t, std::uint32_t>, std::uint32_t> published_;
  // AMQP: flow, channel with a consumer that acknowledges nothing
  std::set<std::pair<std::uint64_t, std::uint32_t>> unacknowledging_;
  std::vector<Durations> durations_ = std::vector<Durations>(moment_pairs().size());
};

}  // namespace cutpoint

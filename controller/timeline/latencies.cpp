// SPDX-License-Identifier: Apache-2.0
#include "controller/timeline/latencies.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "controller/timeline/timeline.h"
#include "generated/protocols.h"

namespace cutpoint {
namespace {

// Of the protocols that number their messages themselves.
constexpr std::size_t commit_pair = 0;
constexpr std::size_t response_pair = 1;
constexpr std::size_t confirm_pair = 2;
constexpr std::size_t delivery_pair = 3;
constexpr std::size_t query_pair = 4;

constexpr std::uint64_t bit(unsigned moment) {
  return 1ULL << moment;
}

bool begins(const cut_event& event, const MomentPair& pair) {
  return (event.moments & (bit(pair.from) | pair.also)) != 0;
}

bool is_multiple(const cut_event& event) {
  return ((event.attr[CUT_AMQP_ATTR_FLAG] >> CUT_AMQP_FLAG_MULTIPLE) & 1U) != 0;
}

}  // namespace

// Below 2^fine_bits ns each has a bucket of its own; above, each power of two has 2^fine_bits.
std::size_t Durations::bucket_of(std::uint64_t ns) {
  const auto width = static_cast<unsigned>(std::bit_width(ns));
  if (width <= fine_bits) return ns;
  const unsigned shift = width - fine_bits - 1;
  return ((shift + 1) << fine_bits) + ((ns >> shift) & ((1U << fine_bits) - 1));
}

std::int64_t Durations::end_of(std::size_t bucket) {
  const std::size_t group = bucket >> fine_bits;
  const std::uint64_t fine = bucket & ((1U << fine_bits) - 1);
  if (group == 0) return static_cast<std::int64_t>(fine);
  const std::uint64_t begin = ((1ULL << fine_bits) + fine) << (group - 1);
  return static_cast<std::int64_t>(begin + (1ULL << (group - 1)) - 1);
}

void Durations::add(std::int64_t ns) {
  ++counts_[bucket_of(static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0)))];
  ++count_;
  max_ns_ = std::max(max_ns_, ns);
}

void Durations::add(const Durations& others) {
  for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
    counts_[bucket] += others.counts_[bucket];
  }
  count_ += others.count_;
  max_ns_ = std::max(max_ns_, others.max_ns_);
}

std::int64_t Durations::quantile_ns(double q) const {
  if (count_ == 0) return 0;
  const auto wanted = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_)));
  std::uint64_t below = 0;
  for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
    below += counts_[bucket];
    if (below >= wanted) return std::min(end_of(bucket), max_ns_);
  }
  return max_ns_;
}

const std::vector<MomentPair>& moment_pairs() {
  static const std::vector<MomentPair> pairs{
      {CUT_PROTOCOL_POSTGRES, CUT_PG_COMMIT_REQUEST, CUT_PG_COMMIT_ACK},
      {CUT_PROTOCOL_HTTP, CUT_HTTP_REQUEST_END, CUT_HTTP_RESPONSE_HEAD},
      {CUT_PROTOCOL_AMQP, CUT_AMQP_PUBLISH, CUT_AMQP_CONFIRM_ACK},
      {CUT_PROTOCOL_AMQP, CUT_AMQP_DELIVER, CUT_AMQP_ACK},
      {CUT_PROTOCOL_POSTGRES, CUT_PG_QUERY, CUT_PG_READY,
       bit(CUT_PG_PARSE) | bit(CUT_PG_BIND) | bit(CUT_PG_EXECUTE)},
  };
  return pairs;
}

const MomentPair* measured_pair(unsigned protocol) {
  for (const std::size_t pair : {commit_pair, response_pair}) {
    if (moment_pairs()[pair].protocol == protocol) return &moment_pairs()[pair];
  }
  return nullptr;
}

std::uint64_t paired_moments(unsigned protocol, Exchanges exchanges) {
  std::uint64_t moments = 0;
  for (std::size_t i = 0; i < moment_pairs().size(); ++i) {
    const MomentPair& pair = moment_pairs()[i];
    if (pair.protocol != protocol) continue;
    if (i == query_pair && exchanges == Exchanges::passed_over) continue;
    moments |= bit(pair.from) | bit(pair.to) | pair.also;
  }
  // Publishes are numbered from the first of these on; the others end a wait without an answer.
  if (protocol == CUT_PROTOCOL_AMQP) {
    moments |= bit(CUT_AMQP_CONFIRM_SELECT) | bit(CUT_AMQP_CONSUME) | bit(CUT_AMQP_NACK) |
               bit(CUT_AMQP_REJECT) | bit(CUT_AMQP_CONFIRM_NACK) | bit(CUT_AMQP_CHANNEL_CLOSE_UP) |
               bit(CUT_AMQP_CHANNEL_CLOSE_DOWN);
  }
  return moments;
}

void Latencies::ask(const Key& key, const cut_event& event) {
  if (open_.size() < most_open) {
    open_.emplace(key, event.ns);
  } else {
    ++passed_over_;
  }
}

std::vector<std::int64_t> Latencies::take(const Key& key, bool all_before) {
  Key first = key;
  if (all_before) first.number = 0;
  std::vector<std::int64_t> asked;
  auto found = open_.lower_bound(first);
  while (found != open_.end() && found->first <= key) {
    asked.push_back(static_cast<std::int64_t>(found->second));
    found = open_.erase(found);
    if (!all_before) break;
  }
  return asked;
}

void Latencies::answer(const Key& key, bool all_before, const cut_event& event,
                       std::vector<Answered>& done) {
  const auto answered = static_cast<std::int64_t>(event.ns);
  for (const std::int64_t asked : take(key, all_before)) {
    durations_[key.pair].add(answered - asked);
    done.push_back({key.pair, asked, answered});
  }
}

// Request and answer have the same number. Where answers come in order, what was asked before, and
// has had no such answer, has had another (an error), or its event was lost.
void Latencies::see_exchange(std::size_t pair, const cut_event& event,
                             std::vector<Answered>& done) {
  const Key key{event.flow, pair, 0, event.exchange};
  const bool asks = begins(event, moment_pairs()[pair]);
  // An exchange of several messages (Parse, Bind, Execute) begins with its first.
  if (asks && !(pair == query_pair && open_.contains(key))) ask(key, event);
  if (!is_moment(event, moment_pairs()[pair].to)) return;
  const bool in_order = pair != response_pair || event.attr[CUT_HTTP_ATTR_STREAM] == 0;
  if (in_order) open_.erase(open_.lower_bound({event.flow, pair, 0, 0}), open_.lower_bound(key));
  answer(key, false, event, done);
}

// A channel that is closed, and perhaps opened anew, begins at 1 again; what it waited for will not
// come. Deliveries do not say whose they are: with one consumer that acknowledges nothing in a
// channel, none of its deliveries is waited for.
void Latencies::see_channel(const cut_event& event) {
  const std::uint32_t channel = event.attr[CUT_AMQP_ATTR_CHANNEL];
  const std::pair lane(event.flow, channel);
  if (is_moment(event, CUT_AMQP_CONFIRM_SELECT)) published_.try_emplace(lane, 0);
  const bool no_ack = ((event.attr[CUT_AMQP_ATTR_FLAG] >> CUT_AMQP_FLAG_NO_ACK) & 1U) != 0;
  if (is_moment(event, CUT_AMQP_CONSUME) && no_ack) unacknowledging_.insert(lane);
  if (!is_moment(event, CUT_AMQP_CHANNEL_CLOSE_UP) &&
      !is_moment(event, CUT_AMQP_CHANNEL_CLOSE_DOWN)) {
    return;
  }
  published_.erase(lane);
  unacknowledging_.erase(lane);
  for (const std::size_t pair : {confirm_pair, delivery_pair}) {
    take({event.flow, pair, channel, std::numeric_limits<std::uint32_t>::max()}, true);
  }
}

// What is refused is waited for no more, and was not answered.
void Latencies::see_refusal(const cut_event& event) {
  const std::uint32_t channel = event.attr[CUT_AMQP_ATTR_CHANNEL];
  const std::uint32_t tag = event.attr[CUT_AMQP_ATTR_DELIVERY_TAG];
  const bool all = is_multiple(event);
  const std::uint32_t last = all && tag == 0 ? std::numeric_limits<std::uint32_t>::max() : tag;
  if (is_moment(event, CUT_AMQP_CONFIRM_NACK)) {
    take({event.flow, confirm_pair, channel, last}, all);
  }
  if (is_moment(event, CUT_AMQP_NACK)) take({event.flow, delivery_pair, channel, last}, all);
  if (is_moment(event, CUT_AMQP_REJECT)) take({event.flow, delivery_pair, channel, tag}, false);
}

// RabbitMQ, "Consumer Acknowledgements and Publisher Confirms": confirms carry the number of the
// message in its channel, counted from 1 with confirm.select; deliveries carry theirs.
void Latencies::see_amqp(const cut_event& event, std::vector<Answered>& done) {
  const std::uint32_t channel = event.attr[CUT_AMQP_ATTR_CHANNEL];
  const std::uint32_t tag = event.attr[CUT_AMQP_ATTR_DELIVERY_TAG];
  const std::pair lane(event.flow, channel);
  see_channel(event);
  see_refusal(event);
  if (is_moment(event, CUT_AMQP_PUBLISH)) {
    const auto counted = published_.find(lane);
    if (counted != published_.end()) {
      ask({event.flow, confirm_pair, channel, ++counted->second}, event);
    }
  }
  if (is_moment(event, CUT_AMQP_CONFIRM_ACK)) {
    answer({event.flow, confirm_pair, channel, tag}, is_multiple(event), event, done);
  }
  if (is_moment(event, CUT_AMQP_DELIVER) && !unacknowledging_.contains(lane)) {
    ask({event.flow, delivery_pair, channel, tag}, event);
  }
  if (is_moment(event, CUT_AMQP_ACK)) {
    // 0 with `multiple` stands for all (AMQP 0-9-1, 1.8.3.13).
    const bool all = is_multiple(event);
    const std::uint32_t last = all && tag == 0 ? std::numeric_limits<std::uint32_t>::max() : tag;
    answer({event.flow, delivery_pair, channel, last}, all, event, done);
  }
}

std::vector<Answered> Latencies::see(const cut_event& event, unsigned protocol) {
  std::vector<Answered> done;
  if (protocol == CUT_PROTOCOL_POSTGRES) {
    see_exchange(commit_pair, event, done);
    if (exchanges_ == Exchanges::measured) see_exchange(query_pair, event, done);
  }
  if (protocol == CUT_PROTOCOL_HTTP) see_exchange(response_pair, event, done);
  if (protocol == CUT_PROTOCOL_AMQP) see_amqp(event, done);
  return done;
}

void Latencies::forget(std::uint64_t flow) {
  open_.erase(open_.lower_bound({flow, 0, 0, 0}), open_.lower_bound({flow + 1, 0, 0, 0}));
  published_.erase(published_.lower_bound({flow, 0}), published_.lower_bound({flow + 1, 0}));
  unacknowledging_.erase(unacknowledging_.lower_bound({flow, 0}),
                         unacknowledging_.lower_bound({flow + 1, 0}));
}

bool Latencies::counts_waits_of(std::size_t pair) const {
  return pair != (exchanges_ == Exchanges::measured ? commit_pair : query_pair);
}

std::vector<Waiting> Latencies::waiting() const {
  std::vector<Waiting> all;
  for (const auto& [key, asked] : open_) {
    if (!counts_waits_of(key.pair)) continue;
    const auto asked_ns = static_cast<std::int64_t>(asked);
    if (all.empty() || all.back().flow != key.flow || all.back().pair != key.pair) {
      all.push_back({key.flow, key.pair, 0, asked_ns});
    }
    ++all.back().count;
    all.back().oldest_ns = std::min(all.back().oldest_ns, asked_ns);
  }
  return all;
}

}  // namespace cutpoint

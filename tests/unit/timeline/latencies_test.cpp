// SPDX-License-Identifier: Apache-2.0
#include "controller/timeline/latencies.h"

#include <gtest/gtest.h>

#include "generated/protocols.h"

namespace cutpoint {
namespace {

constexpr std::size_t commits = 0;  // of moment_pairs()
constexpr std::size_t responses = 1;
constexpr std::size_t confirms = 2;
constexpr std::size_t deliveries = 3;
constexpr std::size_t queries = 4;

struct At {
  std::uint64_t ns = 0;
  std::uint64_t flow = 1;
  std::uint32_t exchange = 0;
};

cut_event moment(unsigned bit, const At& at) {
  cut_event event{};
  event.kind = CUT_EVENT_MOMENT;
  event.moments = 1ULL << bit;
  event.ns = at.ns;
  event.flow = at.flow;
  event.exchange = at.exchange;
  return event;
}

cut_event amqp(unsigned bit, std::uint64_t ns, std::uint32_t tag = 0, bool multiple = false) {
  cut_event event = moment(bit, {ns});
  event.attr[CUT_AMQP_ATTR_CHANNEL] = 1;
  event.attr[CUT_AMQP_ATTR_DELIVERY_TAG] = tag;
  event.attr[CUT_AMQP_ATTR_FLAG] = multiple ? 1U << CUT_AMQP_FLAG_MULTIPLE : 0;
  return event;
}

TEST(Durations, quantiles_are_right_to_a_sixteenth_and_the_maximum_is_exact) {
  Durations durations;
  for (std::int64_t us = 1; us <= 1000; ++us) durations.add(us * 1000);
  EXPECT_EQ(durations.count(), 1000U);
  EXPECT_EQ(durations.max_ns(), 1'000'000);
  EXPECT_EQ(durations.quantile_ns(1), 1'000'000);
  for (const double q : {0.1, 0.5, 0.9, 0.99}) {
    EXPECT_GE(static_cast<double>(durations.quantile_ns(q)), q * 1e6);
    EXPECT_LE(static_cast<double>(durations.quantile_ns(q)), q * 1e6 * 17 / 16);
  }
}

TEST(Durations, none_at_all_and_the_extremes) {
  Durations durations;
  EXPECT_EQ(durations.quantile_ns(0.5), 0);
  durations.add(0);
  EXPECT_EQ(durations.quantile_ns(1), 0);
  durations.add(-1);  // two processors' clocks
  durations.add(INT64_MAX);
  EXPECT_EQ(durations.quantile_ns(1), INT64_MAX);
}

TEST(Latencies, commit_is_answered_by_that_of_its_exchange) {
  Latencies latencies;
  EXPECT_TRUE(
      latencies.see(moment(CUT_PG_COMMIT_REQUEST, {100, 1, 7}), CUT_PROTOCOL_POSTGRES).empty());
  latencies.see(moment(CUT_PG_COMMIT_REQUEST, {110, 2, 7}), CUT_PROTOCOL_POSTGRES);
  const auto done = latencies.see(moment(CUT_PG_COMMIT_ACK, {150, 1, 7}), CUT_PROTOCOL_POSTGRES);
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].pair, commits);
  EXPECT_EQ(done[0].asked_ns, 100);
  EXPECT_EQ(done[0].answered_ns, 150);
  EXPECT_EQ(latencies.durations()[commits].max_ns(), 50);
  EXPECT_EQ(latencies.unanswered(), 1U) << "of the other flow";
}

TEST(Latencies, commit_that_failed_is_not_taken_for_the_next) {
  Latencies latencies;
  latencies.see(moment(CUT_PG_COMMIT_REQUEST, {100, 1, 7}), CUT_PROTOCOL_POSTGRES);
  latencies.see(moment(CUT_PG_COMMIT_REQUEST, {200, 1, 8}), CUT_PROTOCOL_POSTGRES);
  latencies.see(moment(CUT_PG_COMMIT_ACK, {230, 1, 8}), CUT_PROTOCOL_POSTGRES);
  EXPECT_EQ(latencies.durations()[commits].count(), 1U);
  EXPECT_EQ(latencies.durations()[commits].max_ns(), 30);
  EXPECT_EQ(latencies.unanswered(), 0U);
}

TEST(Latencies, responses_may_overtake_one_another) {
  Latencies latencies;
  const auto of_stream = [&](unsigned bit, std::uint64_t ns, std::uint32_t stream) {
    cut_event event = moment(bit, {ns, 1, stream / 2 + 1});
    event.attr[CUT_HTTP_ATTR_STREAM] = stream;
    latencies.see(event, CUT_PROTOCOL_HTTP);
  };
  of_stream(CUT_HTTP_REQUEST_END, 100, 1);
  of_stream(CUT_HTTP_REQUEST_END, 110, 3);
  of_stream(CUT_HTTP_RESPONSE_HEAD, 120, 3);
  of_stream(CUT_HTTP_RESPONSE_HEAD, 300, 1);
  EXPECT_EQ(latencies.durations()[responses].count(), 2U);
  EXPECT_EQ(latencies.durations()[responses].max_ns(), 200);
}

TEST(Latencies, of_http_1_an_answer_whose_event_was_lost_is_not_waited_for) {
  Latencies latencies;
  latencies.see(moment(CUT_HTTP_REQUEST_END, {100, 1, 1}), CUT_PROTOCOL_HTTP);
  latencies.see(moment(CUT_HTTP_REQUEST_END, {200, 1, 2}), CUT_PROTOCOL_HTTP);
  latencies.see(moment(CUT_HTTP_RESPONSE_HEAD, {230, 1, 2}), CUT_PROTOCOL_HTTP);
  EXPECT_EQ(latencies.durations()[responses].max_ns(), 30);
  EXPECT_EQ(latencies.unanswered(), 0U);
}

TEST(Latencies, exchange_of_several_messages_is_one_request_from_its_first) {
  Latencies latencies(Exchanges::measured);
  std::uint64_t ns = 100;
  for (const unsigned bit : {CUT_PG_PARSE, CUT_PG_BIND, CUT_PG_EXECUTE}) {
    latencies.see(moment(bit, {ns, 1, 7}), CUT_PROTOCOL_POSTGRES);
    ns += 10;
  }
  auto waiting = latencies.waiting();
  ASSERT_EQ(waiting.size(), 1U);
  EXPECT_EQ(waiting[0].pair, queries);
  EXPECT_EQ(waiting[0].count, 1U);
  EXPECT_EQ(waiting[0].oldest_ns, 100);
  const auto done = latencies.see(moment(CUT_PG_READY, {150, 1, 7}), CUT_PROTOCOL_POSTGRES);
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].answered_ns - done[0].asked_ns, 50);
  EXPECT_TRUE(latencies.waiting().empty());
}

TEST(Latencies, commit_in_flight_is_told_once_and_measured_twice) {
  Latencies latencies(Exchanges::measured);
  cut_event commit = moment(CUT_PG_COMMIT_REQUEST, {100, 1, 7});
  commit.moments |= 1ULL << CUT_PG_QUERY;
  latencies.see(commit, CUT_PROTOCOL_POSTGRES);
  EXPECT_EQ(latencies.waiting().size(), 1U);
  latencies.see(moment(CUT_PG_COMMIT_ACK, {140, 1, 7}), CUT_PROTOCOL_POSTGRES);
  EXPECT_EQ(latencies.waiting().size(), 1U) << "until the server is ready";
  latencies.see(moment(CUT_PG_READY, {150, 1, 7}), CUT_PROTOCOL_POSTGRES);
  EXPECT_EQ(latencies.durations()[commits].max_ns(), 40);
  EXPECT_EQ(latencies.durations()[queries].max_ns(), 50);
  EXPECT_EQ(latencies.unanswered(), 0U);
}

TEST(Latencies, exchanges_are_passed_over_where_nobody_asks_for_them) {
  Latencies latencies;
  latencies.see(moment(CUT_PG_QUERY, {100, 1, 7}), CUT_PROTOCOL_POSTGRES);
  EXPECT_EQ(latencies.unanswered(), 0U);
  EXPECT_FALSE((paired_moments(CUT_PROTOCOL_POSTGRES) >> CUT_PG_QUERY) & 1U);
  EXPECT_TRUE((paired_moments(CUT_PROTOCOL_POSTGRES, Exchanges::measured) >> CUT_PG_EXECUTE) & 1U);
}

TEST(Latencies, waits_are_told_by_flow_and_pair_with_the_oldest) {
  Latencies latencies(Exchanges::measured);
  latencies.see(moment(CUT_PG_QUERY, {300, 2, 8}), CUT_PROTOCOL_POSTGRES);
  latencies.see(moment(CUT_PG_QUERY, {200, 2, 9}), CUT_PROTOCOL_POSTGRES);  // in a pipeline
  latencies.see(amqp(CUT_AMQP_DELIVER, 100, 1), CUT_PROTOCOL_AMQP);
  const auto waiting = latencies.waiting();
  ASSERT_EQ(waiting.size(), 2U);
  EXPECT_EQ(waiting[0].flow, 1U);
  EXPECT_EQ(waiting[0].pair, deliveries);
  EXPECT_EQ(waiting[1].flow, 2U);
  EXPECT_EQ(waiting[1].count, 2U);
  EXPECT_EQ(waiting[1].oldest_ns, 200);
}

TEST(Latencies, confirm_of_several_answers_all_up_to_its_number) {
  Latencies latencies;
  latencies.see(amqp(CUT_AMQP_PUBLISH, 50), CUT_PROTOCOL_AMQP);  // nobody will confirm it
  latencies.see(amqp(CUT_AMQP_CONFIRM_SELECT, 60), CUT_PROTOCOL_AMQP);
  for (const std::uint64_t ns : {100, 110, 120}) {
    latencies.see(amqp(CUT_AMQP_PUBLISH, ns), CUT_PROTOCOL_AMQP);
  }
  const auto two = latencies.see(amqp(CUT_AMQP_CONFIRM_ACK, 150, 2, true), CUT_PROTOCOL_AMQP);
  EXPECT_EQ(two.size(), 2U);
  const auto one = latencies.see(amqp(CUT_AMQP_CONFIRM_ACK, 160, 3), CUT_PROTOCOL_AMQP);
  EXPECT_EQ(one.size(), 1U);
  EXPECT_EQ(latencies.durations()[confirms].max_ns(), 50);
  EXPECT_EQ(latencies.unanswered(), 0U);
}

TEST(Latencies, delivery_is_answered_by_the_ack_of_its_tag) {
  Latencies latencies;
  latencies.see(amqp(CUT_AMQP_DELIVER, 100, 1), CUT_PROTOCOL_AMQP);
  latencies.see(amqp(CUT_AMQP_DELIVER, 110, 2), CUT_PROTOCOL_AMQP);
  EXPECT_EQ(latencies.see(amqp(CUT_AMQP_ACK, 130, 2), CUT_PROTOCOL_AMQP).size(), 1U);
  EXPECT_EQ(latencies.see(amqp(CUT_AMQP_ACK, 140, 0, true), CUT_PROTOCOL_AMQP).size(), 1U);
  EXPECT_EQ(latencies.durations()[deliveries].max_ns(), 40);
}

TEST(Latencies, what_is_refused_is_waited_for_no_more_and_was_not_answered) {
  Latencies latencies;
  latencies.see(amqp(CUT_AMQP_CONFIRM_SELECT, 10), CUT_PROTOCOL_AMQP);
  latencies.see(amqp(CUT_AMQP_PUBLISH, 20), CUT_PROTOCOL_AMQP);
  for (const std::uint32_t tag : {1, 2, 3}) {
    latencies.see(amqp(CUT_AMQP_DELIVER, 30, tag), CUT_PROTOCOL_AMQP);
  }
  latencies.see(amqp(CUT_AMQP_CONFIRM_NACK, 40, 1), CUT_PROTOCOL_AMQP);
  EXPECT_EQ(latencies.unanswered(), 3U);
  latencies.see(amqp(CUT_AMQP_NACK, 50, 2, true), CUT_PROTOCOL_AMQP);
  EXPECT_EQ(latencies.unanswered(), 1U);
  latencies.see(amqp(CUT_AMQP_REJECT, 60, 3), CUT_PROTOCOL_AMQP);
  EXPECT_EQ(latencies.unanswered(), 0U);
  EXPECT_EQ(latencies.durations()[confirms].count(), 0U);
  EXPECT_EQ(latencies.durations()[deliveries].count(), 0U);
}

TEST(Latencies, consumer_that_acknowledges_nothing_has_nothing_in_flight) {
  Latencies latencies;
  cut_event consume = amqp(CUT_AMQP_CONSUME, 10);
  consume.attr[CUT_AMQP_ATTR_FLAG] = 1U << CUT_AMQP_FLAG_NO_ACK;
  latencies.see(consume, CUT_PROTOCOL_AMQP);
  latencies.see(amqp(CUT_AMQP_DELIVER, 20, 1), CUT_PROTOCOL_AMQP);
  EXPECT_EQ(latencies.unanswered(), 0U);
}

TEST(Latencies, channel_that_was_closed_waits_for_nothing_and_counts_anew) {
  Latencies latencies;
  latencies.see(amqp(CUT_AMQP_CONFIRM_SELECT, 10), CUT_PROTOCOL_AMQP);
  latencies.see(amqp(CUT_AMQP_PUBLISH, 20), CUT_PROTOCOL_AMQP);
  latencies.see(amqp(CUT_AMQP_DELIVER, 30, 1), CUT_PROTOCOL_AMQP);
  latencies.see(amqp(CUT_AMQP_CHANNEL_CLOSE_DOWN, 40), CUT_PROTOCOL_AMQP);
  EXPECT_EQ(latencies.unanswered(), 0U);
  latencies.see(amqp(CUT_AMQP_CONFIRM_SELECT, 50), CUT_PROTOCOL_AMQP);
  latencies.see(amqp(CUT_AMQP_PUBLISH, 60), CUT_PROTOCOL_AMQP);
  EXPECT_EQ(latencies.see(amqp(CUT_AMQP_CONFIRM_ACK, 70, 1), CUT_PROTOCOL_AMQP).size(), 1U);
}

TEST(Latencies, what_nobody_answers_is_bounded_and_goes_with_its_flow) {
  Latencies latencies;
  for (std::uint32_t tag = 1; tag <= Latencies::most_open + 5; ++tag) {
    latencies.see(amqp(CUT_AMQP_DELIVER, tag, tag), CUT_PROTOCOL_AMQP);
  }
  EXPECT_EQ(latencies.unanswered(), Latencies::most_open);
  EXPECT_EQ(latencies.passed_over(), 5U);
  latencies.forget(1);
  EXPECT_EQ(latencies.unanswered(), 0U);
}

}  // namespace
}  // namespace cutpoint

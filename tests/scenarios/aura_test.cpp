// SPDX-License-Identifier: Apache-2.0
// The reference application by itself, without cutpoint: its variants do their work while
// everything answers, and differ in what they do when the language model does not.
#include "tests/scenarios/aura.h"

#include <map>

namespace cutpoint {
namespace {

using nlohmann::json;

// Of one kind of request; what is not named is 0.
json counts(int ok, int failed = 0) {
  return {{"ok", ok}, {"failed", failed}, {"refused", 0}, {"unfinished", 0}};
}

class AuraVariant : public AuraTest, public testing::WithParamInterface<std::string> {};

TEST_P(AuraVariant, workers_do_all_that_is_queued) {
  const json result =
      load({GetParam()}, {"--shape", "celery", "--seconds", "3", "--burst-after", "1"});
  EXPECT_EQ(result["ask"], counts(112));
  EXPECT_EQ(result["touch"], counts(12));
  EXPECT_EQ(Lab::psql("SELECT count(*), count(DISTINCT id) FROM touches"), "12|12");
  std::map<std::string, int> told;
  for (const json& line : history())
    ++told[line["op"].get<std::string>() + " " + line["type"].get<std::string>()];
  const std::map<std::string, int> expected{
      {"ask invoke", 112}, {"ask ok", 112}, {"touch invoke", 12}, {"touch ok", 12}};
  EXPECT_EQ(told, expected);
}

TEST_P(AuraVariant, coroutines_have_a_hundred_questions_in_flight) {
  for (const bool http2 : {false, true}) {
    const json result =
        load({.variant = GetParam(), .http2 = http2}, {"--shape", "asyncio", "--seconds", "1.5"});
    EXPECT_GE(result["ask"]["ok"], 100);
    EXPECT_EQ(result["ask"], counts(result["ask"]["ok"]));
  }
}

TEST_P(AuraVariant, orders_that_come_as_events_are_placed) {
  EXPECT_EQ(python({GetParam()}, {"-m", "aura.checkout", "--create-tables"}).code, 0);
  const auto ended = python({GetParam()}, {"-c", R"(
import pika
from aura import config, consumer
connection = pika.BlockingConnection(pika.URLParameters(config.address("CUTPOINT_AMQP_URL")))
channel = connection.channel()
consumer.declare(channel)
for event in ('{"order": 1}', "no order", '{"order": 2}'):
    channel.basic_publish("", consumer.QUEUE, event.encode())
consumer.consume(config.load(), 4 if config.load().hardened else 3)
print(channel.queue_declare(consumer.QUEUE, passive=True).method.message_count)
print(channel.queue_purge(consumer.DEAD).method.message_count)
)"});
  // Whether the message that is no order is kept for somebody to look at.
  EXPECT_EQ(ended.out, GetParam() == "hardened" ? "0\n1\n" : "0\n0\n") << ended.err;
  EXPECT_EQ(Lab::psql("SELECT order_id FROM products ORDER BY 1"), "1\n2");
}

INSTANTIATE_TEST_SUITE_P(each, AuraVariant, testing::Values("fragile", "hardened"),
                         [](const auto& variant) { return variant.param; });

class AuraBlackHole : public AuraTest {
 protected:
  SilentHost host_;
};

// 1.2 s × 4 tries for a question; the touches are queued behind those.
TEST_F(AuraBlackHole, blocks_every_worker_of_the_fragile_variant) {
  const json result =
      load({"fragile", "0.04", host_.url()}, {"--shape", "celery", "--seconds", "6", "--burst",
                                              "20", "--burst-after", "0", "--drain", "0"});
  EXPECT_EQ(result["touch"]["ok"], 0);
  EXPECT_EQ(result["ask"]["ok"], 0);
  EXPECT_EQ(result["ask"]["refused"], 0);  // the breaker never opened
  EXPECT_GE(host_.end(), 16);

  std::map<int, double> asked;
  std::vector<double> seconds;
  for (const json& line : history()) {
    const double at = line["ns"].get<double>() / 1e9;
    if (line["type"] == "invoke") asked[line["id"]] = at;
    if (line["type"] == "info") seconds.push_back(at - asked.at(line["id"]));
  }
  EXPECT_GE(seconds.size(), 4U);
  for (const double taken : seconds) EXPECT_GE(taken, 4 * 1.2);
}

// The deadline of a question is 2.4 s; the breaker is not reset before the end.
TEST_F(AuraBlackHole, leaves_the_workers_of_the_hardened_variant_to_their_other_tasks) {
  const json result =
      load({"hardened", "0.3", host_.url()},
           {"--shape", "celery", "--seconds", "5", "--burst", "20", "--burst-after", "0"});
  EXPECT_EQ(result["touch"], counts(20));
  EXPECT_EQ(result["ask"]["ok"], 0);
  EXPECT_EQ(result["ask"]["unfinished"], 0);
  // Four workers, one of which may have begun a second question before the next one failed.
  const int requests = host_.end();
  EXPECT_GE(requests, 2);
  EXPECT_LE(requests, 5);
  EXPECT_EQ(result["ask"]["failed"], requests);
  EXPECT_EQ(result["ask"]["refused"], 40 - requests);
}

TEST_F(AuraBlackHole, gets_each_question_of_the_fragile_variant_four_times) {
  const json result =
      load({"fragile", "0.05", host_.url()}, {"--shape", "asyncio", "--seconds", "1"});
  EXPECT_EQ(result["ask"], counts(0, 100));
  EXPECT_EQ(host_.end(), 400);
}

TEST_F(AuraBlackHole, gets_no_more_of_the_hardened_variant_once_its_breaker_is_open) {
  const json result =
      load({"hardened", "0.6", host_.url()}, {"--shape", "asyncio", "--seconds", "8"});
  EXPECT_EQ(result["ask"]["ok"], 0);
  EXPECT_GE(result["ask"]["refused"], 100);
  const int requests = host_.end();
  EXPECT_GE(requests, 100);
  EXPECT_LE(requests, 103);  // probes
  EXPECT_EQ(result["ask"]["failed"], requests);
}

// Two workers' breakers, with one state.
TEST_F(AuraTest, shared_breaker_lets_one_probe_through_and_closes_after_it) {
  const auto ended = python({"hardened", "0.02"}, {"-c", R"(
import time
from aura import breaker, config
settings = config.load()
one, other = (breaker.SharedBreaker(settings, (OSError,)) for _ in range(2))
one.reset()

def call(which, failure=None, inside=None):
    try:
        with which.guard():
            if inside: inside()
            if failure: raise failure
        return "passed"
    except breaker.BreakerOpen:
        return "refused"
    except OSError:
        return "failed"

print(call(one, OSError()), call(other), call(one, OSError()), call(one, OSError()))
print(call(one), call(other))
time.sleep(settings.breaker_reset * 1.5)
print(call(one, OSError(), lambda: print(call(other))), call(other))
time.sleep(settings.breaker_reset * 1.5)
print(call(other), call(one))
)"});
  EXPECT_EQ(ended.out,
            "failed passed failed failed\n"
            "refused refused\n"
            "refused\nfailed refused\n"
            "passed passed\n")
      << ended.err;
}

TEST_F(AuraTest, unknown_variant_is_an_error) {
  const auto ended = python({"robust"}, {"-m", "aura.checkout"});
  EXPECT_NE(ended.code, 0);
  EXPECT_NE(ended.err.find("AURA_VARIANT is 'robust'; it takes one of: fragile, hardened, quorum"),
            std::string::npos)
      << ended.err;
}

}  // namespace
}  // namespace cutpoint

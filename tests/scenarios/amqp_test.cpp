// SPDX-License-Identifier: Apache-2.0
// What may happen to one message between a publisher, RabbitMQ and a consumer, and what the report
// says of it: a lost acknowledgement, a lost confirm, half a message, a corrupted delivery. And
// filters: each fires at the message that is meant.
#include <algorithm>
#include <fmt/format.h>
#include <regex>

#include "tests/scenarios/aura.h"

namespace cutpoint {
namespace {

using nlohmann::json;

const std::string python_path = "PYTHONPATH=" CUTPOINT_SOURCE_DIR "/tests";

class AmqpScenario : public AuraTest {
 protected:
  struct Given {
    std::string variant;
    std::string at;
    std::string act;     // what to do there
    int messages;        // at 50 per second: they go on when the fault has healed
    std::string then{};  // a further fault, whole
  };

  // Consumers of aura.poison by pika, and cutpoint's publisher (m1, m2 …).
  void run(const Given& given) {
    const std::string yaml = fmt::format(
        R"(scenario: message
services:
  mq: {{ protocol: amqp, address: "${{CUTPOINT_AMQP_ADDRESS}}" }}
  db: {{ protocol: postgres, dsn: "${{CUTPOINT_PG_DSN}}" }}
observe:
  work: {{ kind: amqp, broker: "${{CUTPOINT_AMQP_URL}}",
          management: "${{CUTPOINT_AMQP_MANAGEMENT}}",
          queue: aura.work, dead_letter_queue: aura.work.dead }}
target: {{ command: [none], timeout: 60s }}
workload:
  kind: amqp.publish
  broker: "${{CUTPOINT_AMQP_URL}}"
  queue: aura.work
  phases: [{{ name: all, messages: {}, rate: 50 }}]
  patience: {}
  drain: 10s
faults:
  - name: fault
    at: {{ service: mq, {} }}
    do: {{ {} }}
{}expect:
  - {{ invariant: amqp.all_processed, tables: [handled], by: message_id }}
  - {{ invariant: amqp.conserved }}
)",
        given.messages, patience_, given.at, given.act, given.then);
    const auto ended = start(scenario(yaml) + Words{"--", "env", python_path, "/usr/bin/python3",
                                                    "-m", "aura.poison", "--consumer", "pika"},
                             environment({.variant = given.variant}))
                           .wait();
    EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
    report_ = report();
    ASSERT_FALSE(report_.is_null());
    EXPECT_EQ(report_["faults"][0]["fired_count"], 1);
    const std::string once = std::to_string(given.messages - missing_);
    EXPECT_EQ(Lab::psql("SELECT count(*), count(DISTINCT message_id) FROM handled"),
              once + "|" + once);
  }

  // A client of amqp_clients.py, whose connection is reset at one moment.
  void reset(const std::string& client, const std::string& at) {
    EXPECT_EQ(queue({"fresh", "letters"}), "");
    for (const std::string key : {"high", "low"})
      EXPECT_EQ(queue({"bound", "letters", "post", key}), "");
    const auto ended =
        under(fmt::format(R"(scenario: reset
services:
  mq: {{ protocol: amqp, address: "${{CUTPOINT_AMQP_ADDRESS}}" }}
target: {{ command: [none], timeout: 60s }}
faults:
  - name: cut
    at: {{ service: mq, {} }}
    do: {{ reset: both }}
expect: []
)",
                          at),
              {"/usr/bin/python3", CUTPOINT_SOURCE_DIR "/tests/scenarios/amqp_clients.py", client});
    EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
    report_ = report();
    ASSERT_FALSE(report_.is_null());
    EXPECT_EQ(report_["faults"][0]["fired_count"], 1);
    EXPECT_EQ(report_["target"]["exit_code"], 1);
    where_ = report_["faults"][0]["cut"];
  }

  // The ids of what is in that client's queue.
  [[nodiscard]] std::string left() const {
    std::string text = queue({"left", "letters"});
    const std::string state = " alive 0";
    for (auto at = text.find(state); at != std::string::npos; at = text.find(state))
      text.erase(at, state.size());
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
  }

  // All of "What happened".
  [[nodiscard]] std::string summary() const { return report_["summary"].dump(); }
  [[nodiscard]] std::string observed(int invariant) const {
    return report_["invariants"][static_cast<std::size_t>(invariant)]["observed"];
  }

  std::string patience_ = "10s";
  int missing_ = 0;  // valid messages that have no row
  json report_;
  json where_;  // the cut
};

const std::string cut = "scope: flow, for: 3s, heal: reset";
// Longer than the publisher waits, which has to be long enough for the consumers to be there.
const std::string longer_cut = "scope: flow, for: 9s, heal: reset";
const std::string short_patience = "6s";

// What was prefetched behind it comes again as well, to whoever is there.
TEST_F(AmqpScenario, lost_ack_is_a_redelivery_that_is_absorbed) {
  run({"hardened", "moment: basic.ack, position: before, nth: 20", "blackhole: both, " + cut, 250});
  EXPECT_EQ(observed(0), "each of 250 valid messages had its effect once");
  const std::string text = summary();
  // The same message in both places.
  const std::regex said(R"(; the acknowledgement of (m\d+) never reached the broker; \d+ were )"
                        R"(delivered again: \1, )");
  EXPECT_TRUE(std::regex_search(text, said)) << text;
  EXPECT_NE(text.find("1 lost with its consumer"), std::string::npos) << text;
}

// The publisher waits for it, connects anew and publishes the message once more.
// Where the broker is slow, what was sent before its confirmation came is sent twice as well.
TEST_F(AmqpScenario, lost_confirm_is_a_duplicate_publish) {
  patience_ = short_patience;
  run({"hardened", "moment: confirm.ack, position: before, nth: 20",
       "blackhole: both, " + longer_cut, 250});
  EXPECT_EQ(observed(0), "each of 250 valid messages had its effect once");
  const std::regex twice(
      "250 messages reached the broker; \\d+ confirmations? of the broker's never reached the "
      "publisher; (\\d+) (was|were) published more than once: m20\\b");
  std::smatch found;
  const std::string said = summary();
  ASSERT_TRUE(std::regex_search(said, found, twice)) << said;
  const int copies = 250 + std::stoi(found[1]);
  EXPECT_NE(observed(1).find(
                fmt::format("; {0} acknowledged + 0 dead-lettered + 0 queued = {0}", copies)),
            std::string::npos)
      << observed(1);
}

const std::string corrupt = "corrupt: flip, offset: 0, bytes: 1";
const std::string delivery_of_m20 = "moment: content.body, direction: down, message_id: m20";

// Whoever requeues it gets the broker's copy.
TEST_F(AmqpScenario, corrupted_delivery_heals_with_its_redelivery) {
  run({"quorum", delivery_of_m20, corrupt, 50});
  EXPECT_EQ(observed(0),
            "each of 50 valid messages had its effect once; m20 was corrupted on its delivery, and "
            "its redelivery, which was whole, had the effect");
  EXPECT_NE(summary().find("50 acknowledged and 1 requeued; 1 was delivered again: m20."),
            std::string::npos)
      << summary();
}

TEST_F(AmqpScenario, corrupted_delivery_is_a_dead_letter_where_it_is_refused_at_once) {
  missing_ = 1;
  run({"hardened", delivery_of_m20, corrupt, 50});
  EXPECT_EQ(observed(0),
            "each of 49 other valid messages had its effect once; m20 was corrupted on its "
            "delivery, and is a dead letter, though the broker's copy is whole");
  EXPECT_EQ(observed(1), "50 published; 49 acknowledged + 1 dead-lettered + 0 queued = 50");
  EXPECT_EQ(queue({"left", "aura.work.dead"}), "m20 rejected 1\n");
}

// Its confirm is lost: what the publisher sends again is whole. The broker has both.
TEST_F(AmqpScenario, message_of_which_one_copy_was_corrupted_is_done_and_a_dead_letter) {
  patience_ = short_patience;
  run({"hardened", "moment: content.body, direction: up, message_id: m20", corrupt, 250,
       "  - name: unheard\n    after: fault\n"
       "    at: { service: mq, moment: confirm.ack, position: before }\n"
       "    do: { blackhole: both, " +
           longer_cut + " }\n"});
  EXPECT_EQ(observed(0), "each of 250 valid messages had its effect once");
  EXPECT_EQ(observed(1), "251 published; 250 acknowledged + 1 dead-lettered + 0 queued = 251");
  EXPECT_EQ(queue({"left", "aura.work.dead"}), "m20 rejected 1\n");
}

// Of the second frame of its body the first segments have left: the broker has begun to read it.
TEST_F(AmqpScenario, incomplete_message_is_no_message) {
  reset("large", "moment: content.body, nth: 2, position: before");
  EXPECT_LT(where_["offset_in_message"], where_["message_bytes"]);
  EXPECT_EQ(left(), "");
  EXPECT_NE(summary().find("No message went to or from mq."), std::string::npos) << summary();
}

TEST_F(AmqpScenario, message_that_lacks_its_last_frame_is_no_message) {
  reset("large", "moment: content.body, nth: 2, position: after");
  EXPECT_EQ(where_["offset_in_message"], where_["message_bytes"]);
  EXPECT_EQ(left(), "");
}

TEST_F(AmqpScenario, message_of_several_frames_is_one_at_its_last_byte) {
  reset("large", "moment: basic.publish, position: after");
  EXPECT_GT(where_["message_bytes"], 300'000);
  EXPECT_EQ(where_["offset_in_message"], where_["message_bytes"]);
  EXPECT_EQ(left(), "m1 ");
  EXPECT_NE(summary().find("mq: 1 message reached the broker."), std::string::npos) << summary();
}

TEST_F(AmqpScenario, filter_by_message_id) {
  reset("routes", "moment: basic.publish, position: before, message_id: m3");
  EXPECT_EQ(left(), "m1 m2 ");
}

TEST_F(AmqpScenario, filter_by_exchange) {
  reset("routes", "moment: basic.publish, position: before, exchange: post");
  EXPECT_EQ(left(), "m1 ");
}

TEST_F(AmqpScenario, filter_by_routing_key) {
  reset("routes", "moment: basic.publish, position: before, routing_key: low");
  EXPECT_EQ(left(), "m1 m2 m3 ");
}

// The broker's own: m2 was delivered once, and comes again before m3.
TEST_F(AmqpScenario, filter_by_redelivered) {
  reset("requeue", "moment: basic.deliver, position: before, redelivered: 1");
  EXPECT_EQ(left(), "m2 m3 m4 m5 m6 ");
  EXPECT_NE(summary().find("mq: 2 deliveries, 1 acknowledged and 1 requeued."), std::string::npos)
      << summary();
}

}  // namespace
}  // namespace cutpoint

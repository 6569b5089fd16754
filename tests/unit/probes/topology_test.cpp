// SPDX-License-Identifier: Apache-2.0
// Against a private RabbitMQ (scripts/lab) with its management API.
#include "probes/amqp/topology.h"

#include <gtest/gtest.h>
#include <memory>

#include "tests/unit/probes/amqp_lab.h"
#include "tests/unit/probes/lab_command.h"

namespace cutpoint::probes {
namespace {

using test::AmqpLab;
using Arguments = std::map<std::string, std::string>;
using Names = std::vector<std::string>;

class TopologyTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { lab_ = std::make_unique<AmqpLab>(); }
  static void TearDownTestSuite() { lab_.reset(); }

  static void make(const Topology& topology) {
    const Status made = declare(lab_->url(), topology);
    ASSERT_TRUE(made) << made.error().message;
  }

  static QueueTopology read(const std::string& queue) {
    auto read = read_topology(lab_->management(), lab_->url(), queue);
    if (!read) throw std::runtime_error(read.error().message);
    return *std::move(read);
  }

  // Makes something by the management API.
  static void put(const std::string& path, const std::string& body) { send("PUT", path, body); }

  static void lead_topics_to_all(const std::string& key) {
    send("POST", "bindings/%2f/e/topics/e/all", R"({"routing_key": ")" + key + "\"}");
  }

  static void send(const std::string& verb, const std::string& path, const std::string& body) {
    test::run("curl -sSf -X " + verb + " -H 'content-type: application/json' -d '" + body + "' " +
              lab_->management() + "/api/" + path);
  }

  static std::unique_ptr<AmqpLab> lab_;
};

std::unique_ptr<AmqpLab> TopologyTest::lab_;

TEST_F(TopologyTest, TellsWhatAQueueIsAndWhereItsDeadLettersGo) {
  EXPECT_FALSE(read("nobody").exists);

  make({{}, {{"plain", "classic", true, {{"x-max-retries", "3"}, {"x-max-length", "10"}}}}, {}});
  const QueueTopology plain = read("plain");
  EXPECT_TRUE(plain.exists);
  EXPECT_TRUE(plain.durable);
  EXPECT_EQ(plain.type, "classic");
  EXPECT_EQ(plain.arguments, (Arguments{{"x-max-retries", "3"}, {"x-max-length", "10"}}));
  EXPECT_EQ(plain.unknown_arguments, Names{"x-max-retries"});
  EXPECT_EQ(plain.dead_letter.exchange, std::nullopt);

  make({{{"dlx", "direct", true}},
        {{"work",
          "quorum",
          true,
          {{"x-delivery-limit", "2"},
           {"x-dead-letter-exchange", "\"dlx\""},
           {"x-dead-letter-routing-key", "\"dead\""}}},
         {"work.dead", "classic", true, {}}},
        {{"dlx", "work.dead", "dead"}}});
  const QueueTopology work = read("work");
  EXPECT_EQ(work.type, "quorum");
  EXPECT_EQ(work.arguments.at("x-delivery-limit"), "2");
  EXPECT_EQ(work.unknown_arguments, Names{});
  EXPECT_EQ(work.dead_letter.exchange, "dlx");
  EXPECT_TRUE(work.dead_letter.exchange_exists);
  EXPECT_EQ(work.dead_letter.routing_key, "dead");
  EXPECT_EQ(work.dead_letter.queues, Names{"work.dead"});
  EXPECT_EQ(work.dead_letter.undecided, "");
}

TEST_F(TopologyTest, TellsDeadLettersThatLeadNowhere) {
  make({{{"empty", "direct", true}, {"headed", "headers", true}},
        {{"missing", "classic", true, {{"x-dead-letter-exchange", "\"gone\""}}},
         {"astray", "classic", true, {{"x-dead-letter-exchange", "\"empty\""}}},
         {"default",
          "classic",
          true,
          {{"x-dead-letter-exchange", "\"\""}, {"x-dead-letter-routing-key", "\"nowhere\""}}},
         {"unclear", "classic", true, {{"x-dead-letter-exchange", "\"headed\""}}},
         {"other", "classic", true, {}}},
        {{"empty", "other", "another key"}, {"headed", "other", ""}}});
  const auto missing = read("missing").dead_letter;
  EXPECT_EQ(missing.exchange, "gone");
  EXPECT_FALSE(missing.exchange_exists);
  EXPECT_EQ(missing.queues, Names{});
  const auto astray = read("astray").dead_letter;
  EXPECT_TRUE(astray.exchange_exists);
  EXPECT_EQ(astray.routing_key, "");
  EXPECT_EQ(astray.queues, Names{});
  EXPECT_EQ(read("default").dead_letter.queues, Names{});
  EXPECT_EQ(read("unclear").dead_letter.undecided, "the exchange `headed` is of type headers");
}

TEST_F(TopologyTest, FollowsPoliciesOwnKeysAndOtherExchanges) {
  put("policies/%2f/dead", R"({"pattern": "^by policy$", "apply-to": "queues",
      "definition": {"dead-letter-exchange": "all", "message-ttl": 300000}})");
  put("exchanges/%2f/second", R"({"type": "direct", "arguments": {"alternate-exchange": "all"}})");
  make({{{"topics", "topic", true}, {"all", "fanout", true}, {"only", "direct", true}},
        {{"own", "classic", true, {{"x-dead-letter-exchange", "\"topics\""}}},
         {"by policy", "classic", true, {}},
         {"no alternate", "classic", true, {{"x-dead-letter-exchange", "\"only\""}}},
         {"alternate", "classic", true, {{"x-dead-letter-exchange", "\"second\""}}},
         {"dead", "classic", true, {}}},
        {{"all", "dead", ""}}});
  lead_topics_to_all("ow*.#");  // a word, not a pattern
  EXPECT_EQ(read("own").dead_letter.queues, Names{});
  lead_topics_to_all("own.#");
  EXPECT_EQ(read("own").dead_letter.queues, Names{"dead"});

  const QueueTopology by_policy = read("by policy");
  EXPECT_EQ(by_policy.policy,
            (Arguments{{"dead-letter-exchange", "\"all\""}, {"message-ttl", "300000"}}));
  EXPECT_EQ(by_policy.dead_letter.exchange, "all");
  EXPECT_EQ(by_policy.dead_letter.queues, Names{"dead"});

  EXPECT_EQ(read("no alternate").dead_letter.queues, Names{});
  EXPECT_EQ(read("alternate").dead_letter.queues, Names{"dead"});
}

TEST_F(TopologyTest, SaysWhyItCannotBeReadOrDeclared) {
  const std::string at = lab_->management().substr(lab_->management().find('@') + 1);
  const auto stranger = read_topology("http://cutpoint:hunter2@" + at, lab_->url(), "work");
  ASSERT_FALSE(stranger);
  EXPECT_EQ(stranger.error().code, ExitCode::unavailable);
  EXPECT_EQ(stranger.error().message, "the management API at " + at + " did not let us in");

  const auto nobody = read_topology("http://cutpoint:hunter2@127.0.0.1:1", lab_->url(), "work");
  ASSERT_FALSE(nobody);
  EXPECT_NE(nobody.error().message.find("127.0.0.1:1 cannot be reached"), std::string::npos);
  EXPECT_EQ(nobody.error().message.find("hunter2"), std::string::npos);

  make({{}, {{"same", "classic", true, {}}}, {}});
  make({{}, {{"same", "classic", true, {}}}, {}});
  const Status different = declare(lab_->url(), {{}, {{"same", "classic", false, {}}}, {}});
  ASSERT_FALSE(different);
  EXPECT_NE(different.error().message.find("cannot declare the queue `same`"), std::string::npos)
      << different.error().message;
  const Status unreadable =
      declare(lab_->url(), {{}, {{"new", "classic", true, {{"x-overflow", "drop-head"}}}}, {}});
  ASSERT_FALSE(unreadable);
  EXPECT_EQ(unreadable.error().code, ExitCode::usage);
}

}  // namespace
}  // namespace cutpoint::probes

// SPDX-License-Identifier: Apache-2.0
// Against a private RabbitMQ (scripts/lab) and consumers of it.
#include "probes/amqp/publisher.h"

#include <algorithm>
#include <fstream>
#include <future>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>
#include <unistd.h>

#include "controller/util/clock.h"
#include "probes/amqp/broker.h"
#include "probes/history/history.h"
#include "tests/unit/probes/amqp_lab.h"

namespace cutpoint::probes {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::AmqpConsumer;
using test::AmqpLab;
using Records = std::vector<HistoryRecord>;

class PublisherTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { lab_ = std::make_unique<AmqpLab>(); }
  static void TearDownTestSuite() { lab_.reset(); }

  PublisherTest() { close(mkstemp(history_.data())); }
  ~PublisherTest() override { unlink(history_.c_str()); }

  PublishOptions options(std::vector<PublishPhase> phases) {
    PublishOptions result;
    result.url = lab_->url();
    result.queue = queue_;
    result.phases = std::move(phases);
    result.patience = 20s;
    result.drain = 20s;
    result.history = history_;
    return result;
  }

  Records records(const std::string& op = "publish") {
    std::ifstream file(history_);
    std::size_t malformed = 0;
    Records all = parse_history(std::string(std::istreambuf_iterator<char>(file), {}), malformed);
    EXPECT_EQ(malformed, 0u);
    std::erase_if(all, [&](const HistoryRecord& record) { return record.op != op; });
    return all;
  }

  // Waits until `done` of how many were sent, and confirmed; false: it did not come to that in
  // time.
  template <typename Done>
  bool await_records(Done done) {
    const Deadline deadline(30s);
    while (!deadline.passed()) {
      const Records all = records();
      const auto of_type = [&](const char* type) {
        return static_cast<int>(std::count_if(
            all.begin(), all.end(), [&](const HistoryRecord& one) { return one.type == type; }));
      };
      if (done(of_type("invoke"), of_type("ok"))) return true;
      std::this_thread::sleep_for(10ms);  // the file is all that there is to wait on
    }
    return false;
  }

  // The types of an id's records, in order: "invoke info invoke ok".
  std::map<std::string, std::string> stories() {
    std::map<std::string, std::string> result;
    for (const HistoryRecord& record : records()) {
      std::string& story = result[record.id];
      story += (story.empty() ? "" : " ") + record.type;
    }
    return result;
  }

  static std::map<std::string, std::string> bodies(const AmqpConsumer& consumer) {
    std::map<std::string, std::string> result;
    std::istringstream lines(consumer.taken());
    for (std::string line; std::getline(lines, line);) {
      const json one = json::parse(line);
      result[one["id"]] = one["body"];
    }
    return result;
  }

  // What it says on stderr when it fails.
  static std::string failure(const PublishOptions& options) {
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(run_publisher(options), 1);
    std::string said = ::testing::internal::GetCapturedStderr();
    const auto begin = options.url.find(':', options.url.find("//")) + 1;
    const std::string password = options.url.substr(begin, options.url.find('@') - begin);
    EXPECT_EQ(said.find(password), std::string::npos);
    return said;
  }

  static std::unique_ptr<AmqpLab> lab_;
  const std::string queue_ = ::testing::UnitTest::GetInstance()->current_test_info()->name();
  std::string history_ = "/var/tmp/cutpoint-history-XXXXXX";
};

std::unique_ptr<AmqpLab> PublisherTest::lab_;

TEST_F(PublisherTest, EveryMessageIsConfirmedAndTheQueueDrained) {
  const AmqpConsumer consumer(*lab_, queue_);
  ASSERT_EQ(
      run_publisher(options({{"baseline", 40, 200, 0, std::nullopt}, {"storm", 20, 200, 0, 50ms}})),
      0);

  const auto told = stories();
  EXPECT_EQ(told.size(), 62u);
  for (const auto& [id, story] : told) EXPECT_EQ(story, "invoke ok") << id;
  const auto taken = bodies(consumer);
  EXPECT_EQ(taken.size(), 62u);
  EXPECT_EQ(taken.at("m7"), R"({"id": "m7", "number": 7})");
  int poison = 0;
  for (const HistoryRecord& record : records()) {
    EXPECT_EQ(json::accept(taken.at(record.id)), !record.poison) << record.id;
    EXPECT_EQ(record.phase, std::stoi(record.id.substr(1)) <= 40 ? "baseline" : "storm");
    if (record.poison && record.type == "ok") ++poison;
  }
  EXPECT_EQ(poison, 2);

  std::string phases;
  for (const HistoryRecord& record : records("phase"))
    phases += record.id + " " + record.type + ",";
  EXPECT_EQ(phases, "baseline invoke,baseline ok,storm invoke,storm ok,");
  const Records begins = records("phase");
  EXPECT_NEAR(static_cast<double>(begins.back().ns - begins.front().ns), 300e6, 100e6);
  EXPECT_EQ(records("drain").back().type, "ok");
}

TEST_F(PublisherTest, WhatTheQueueRejectsIsPublishedAgainUntilItIsConfirmed) {
  const AmqpConsumer consumer(*lab_, queue_,
                              R"({"x-max-length": 1, "x-overflow": "reject-publish"})", "0.02");
  ASSERT_EQ(run_publisher(options({{"burst", 20, 500, 0, std::nullopt}})), 0);
  int rejected = 0;
  for (const auto& [id, story] : stories()) {
    EXPECT_TRUE(story.ends_with(" ok")) << id << ": " << story;
    if (story.starts_with("invoke fail invoke ")) ++rejected;
  }
  EXPECT_GT(rejected, 0);
  EXPECT_EQ(bodies(consumer).size(), 20u);
}

TEST_F(PublisherTest, WhatIsNeverConfirmedIsToldInTheEnd) {
  const AmqpConsumer consumer(*lab_, queue_,
                              R"({"x-max-length": 1, "x-overflow": "reject-publish"})", "1000");
  PublishOptions full = options({{"burst", 20, 500, 0, std::nullopt}});
  full.patience = 1s;
  full.drain = 500ms;
  const std::string said = failure(full);
  EXPECT_NE(said.find(" of 20 messages were not confirmed: m"), std::string::npos) << said;
  EXPECT_EQ(stories().at("m1"), "invoke ok");
  EXPECT_TRUE(stories().at("m20").ends_with("invoke fail"));
  EXPECT_EQ(records("drain").back().type, "info");
}

TEST_F(PublisherTest, AMessageThatLeadsNowhereIsAnError) {
  const AmqpConsumer consumer(*lab_, queue_);
  PublishOptions astray = options({{"one", 1, 100, 0, std::nullopt}});
  astray.exchange = "amq.direct";
  astray.routing_key = "nobody";
  const std::string said = failure(astray);
  EXPECT_NE(said.find("message m1 was returned by " + lab_->address() + ": NO_ROUTE"),
            std::string::npos)
      << said;
  EXPECT_EQ(stories().at("m1"), "invoke fail");
}

TEST_F(PublisherTest, SaysThatTheQueueOrItsConsumerIsMissing) {
  PublishOptions early = options({{"one", 1, 100, 0, std::nullopt}});
  early.patience = 300ms;
  std::string said = failure(early);
  EXPECT_NE(said.find("`" + queue_ + "` at " + lab_->address() + " is not there"),
            std::string::npos)
      << said;

  auto broker = Broker::connect(lab_->url());
  ASSERT_TRUE(broker);
  ASSERT_TRUE(broker->declare(Broker::Queue{queue_, true, false, nullptr}));
  said = failure(early);
  EXPECT_NE(said.find("has no consumer"), std::string::npos) << said;
  EXPECT_TRUE(records().empty());
}

TEST_F(PublisherTest, ABrokerThatIsKilledAndStartedAgainLosesNoMessage) {
  const AmqpConsumer consumer(*lab_, queue_);
  PublishOptions steady = options({{"steady", 1000, 200, 0, std::nullopt}});
  steady.patience = 60s;
  auto publisher = std::async(std::launch::async, [&] { return run_publisher(steady); });
  // Killed while it owes confirms, so that there are messages in doubt; not before it has written
  // down that there is a queue, which takes it 2 s.
  ASSERT_TRUE(await_records([](int, int confirmed) { return confirmed >= 600; }));
  lab_->freeze();
  ASSERT_TRUE(await_records([](int sent, int confirmed) { return sent >= confirmed + 10; }));
  lab_->kill();
  lab_->restart();
  ASSERT_EQ(publisher.get(), 0);

  std::map<std::string, int> attempts;
  int in_doubt = 0;
  for (const HistoryRecord& record : records()) {
    if (record.type == "invoke") {
      EXPECT_EQ(record.attempt, ++attempts[record.id]);
    }
    if (record.type != "info") continue;
    ++in_doubt;
    EXPECT_NE(record.error.find(lab_->address()), std::string::npos) << record.error;
  }
  const auto told = stories();
  EXPECT_EQ(told.size(), 1000u);
  for (const auto& [id, story] : told) {
    EXPECT_TRUE(story == "invoke ok" || story == "invoke info invoke ok") << id << ": " << story;
  }
  EXPECT_GE(in_doubt, 10);
  EXPECT_EQ(bodies(consumer).size(), 1000u);
}

}  // namespace
}  // namespace cutpoint::probes

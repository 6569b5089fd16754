// SPDX-License-Identifier: Apache-2.0
// Against a private RabbitMQ (scripts/lab) and consumers of it.
#include <algorithm>
#include <gtest/gtest.h>
#include <memory>
#include <thread>

#include "controller/util/clock.h"
#include "probes/amqp/broker.h"
#include "probes/amqp/observer.h"
#include "probes/amqp/topology.h"
#include "tests/unit/probes/amqp_lab.h"
#include "tests/unit/probes/lab_command.h"

namespace cutpoint::probes {
namespace {

using namespace std::chrono_literals;
using test::AmqpConsumer;
using test::AmqpLab;
using Kind = AmqpObservation::Kind;
using Arguments = std::map<std::string, std::string>;

class AmqpObserverTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { lab_ = std::make_unique<AmqpLab>(); }
  static void TearDownTestSuite() { lab_.reset(); }

  void watch() {
    auto observer =
        AmqpObserver::connect({lab_->url(), lab_->management(), queue_, queue_ + ".dead", 50ms});
    if (!observer) throw std::runtime_error(observer.error().message);
    observer_ = std::make_unique<AmqpObserver>(*std::move(observer));
  }

  // Takes what comes until one of that kind that `done` likes, which is returned.
  template <typename Done>
  AmqpObservation await(Kind kind, Done done) {
    const Deadline deadline(60s);
    while (!deadline.passed()) {
      for (const AmqpObservation& one : observer_->take()) seen_.push_back(one);
      for (; next_ < seen_.size(); ++next_) {
        if (seen_[next_].kind == kind && done(seen_[next_])) return seen_[next_++];
      }
      std::this_thread::sleep_for(10ms);  // take() is all that there is to wait on
    }
    throw std::runtime_error("it did not come");
  }
  AmqpObservation await(Kind kind) {
    return await(kind, [](const AmqpObservation&) { return true; });
  }
  void await_mirrored() {
    await(Kind::mirrored, [](const auto& seen) { return seen.mirrored == Mirrored(); });
  }
  AmqpObservation await_depth(Kind kind, std::uint64_t depth) {
    return await(kind, [depth](const AmqpObservation& seen) { return seen.depth == depth; });
  }

  // The queue, and beside it its dead-letter exchange and queue.
  void make(const std::string& type, Arguments arguments = {}) {
    arguments["x-dead-letter-exchange"] = '"' + queue_ + ".dlx\"";
    arguments["x-dead-letter-routing-key"] = "\"dead\"";
    make_exchange();
    declare_all({{}, {{queue_, type, true, arguments}}, {}});
  }
  void make_exchange() {
    declare_all({{{queue_ + ".dlx", "direct", true}},
                 {{queue_ + ".dead", "classic", true, {}}},
                 {{queue_ + ".dlx", queue_ + ".dead", "dead"}}});
  }
  static void declare_all(const Topology& topology) {
    const Status declared = declare(lab_->url(), topology);
    if (!declared) throw std::runtime_error(declared.error().message);
  }

  void publish(const std::string& id) {
    auto broker = Broker::connect(lab_->url());
    if (!broker || !broker->want_confirms()) throw std::runtime_error("cannot publish");
    AmqpMessage message;
    message.message_id = id;
    message.body = "{";
    if (!broker->publish("", queue_, message)) throw std::runtime_error("cannot publish");
    auto confirm = broker->next_confirm(5s);
    ASSERT_TRUE(confirm && *confirm && (*confirm)->kind == Broker::Confirm::Kind::ack);
  }

  // Of the queue, as its consumer declares it.
  [[nodiscard]] std::string arguments(const std::string& more = "") const {
    return R"({"x-dead-letter-exchange": ")" + queue_ +
           R"(.dlx", "x-dead-letter-routing-key": "dead")" + more + "}";
  }

  static std::unique_ptr<AmqpLab> lab_;
  const std::string queue_ = ::testing::UnitTest::GetInstance()->current_test_info()->name();
  std::unique_ptr<AmqpObserver> observer_;
  std::vector<AmqpObservation> seen_;
  std::size_t next_ = 0;
};

std::unique_ptr<AmqpLab> AmqpObserverTest::lab_;

TEST_F(AmqpObserverTest, SeesDepthsAndDeadLettersAndTakesNone) {
  watch();  // before there is anything to see
  make("classic");
  await_mirrored();
  publish("m1");
  publish("m2");
  EXPECT_EQ(await_depth(Kind::depth, 2).consumers, 0u);

  const AmqpConsumer consumer(*lab_, queue_, arguments(), "0.2", "reject");
  const AmqpObservation first = await(Kind::dead_letter);
  EXPECT_EQ(first.dead.message_id, "m1");
  EXPECT_EQ(first.dead.reason, "rejected");
  EXPECT_EQ(first.dead.queue, queue_);
  EXPECT_EQ(first.dead.count, 1);
  EXPECT_TRUE(first.dead.has_x_death);
  EXPECT_EQ(first.dead.delivery_count, -1);
  EXPECT_EQ(await(Kind::dead_letter).dead.message_id, "m2");
  await_depth(Kind::dead_depth, 2);
  EXPECT_EQ(await_depth(Kind::depth, 0).consumers, 1u);

  std::int64_t last = 0;
  for (const AmqpObservation& one : seen_) {
    EXPECT_GE(one.ns, last);
    last = one.ns;
  }
}

TEST_F(AmqpObserverTest, MirrorsAnExchangeThatIsMadeAnew) {
  make("classic");
  watch();
  await(Kind::mirrored);
  test::run("curl -sSf -X DELETE " + lab_->management() + "/api/exchanges/%2f/" + queue_ + ".dlx");
  EXPECT_EQ(
      await(Kind::mirrored).mirrored,
      (Mirrored{Mirrored::State::missing_exchange, "there is no exchange `" + queue_ + ".dlx`"}));
  make_exchange();
  await_mirrored();
  const AmqpConsumer consumer(*lab_, queue_, arguments(), "0", "reject");
  publish("m1");
  EXPECT_EQ(await(Kind::dead_letter).dead.message_id, "m1");
}

TEST_F(AmqpObserverTest, TellsTheLimitOfAQuorumQueue) {
  make("quorum", {{"x-delivery-limit", "2"}});
  watch();
  await(Kind::mirrored);
  const AmqpConsumer consumer(*lab_, queue_,
                              arguments(R"(, "x-queue-type": "quorum", "x-delivery-limit": 2)"),
                              "0", "requeue");
  publish("m1");
  const DeadLetter dead = await(Kind::dead_letter).dead;
  EXPECT_EQ(dead.reason, "delivery_limit");
  EXPECT_EQ(dead.queue, queue_);
  EXPECT_EQ(dead.count, 1);
  EXPECT_EQ(dead.delivery_count, -1);  // RabbitMQ takes it off
}

TEST_F(AmqpObserverTest, SaysWhyThereIsNoMirror) {
  watch();
  declare_all({{}, {{queue_, "classic", true, {}}}, {}});
  EXPECT_EQ(await(Kind::mirrored).mirrored,
            (Mirrored{Mirrored::State::no_exchange, "no dead-letter exchange"}));
  test::run("curl -sSf -X DELETE " + lab_->management() + "/api/queues/%2f/" + queue_);
  declare_all({{}, {{queue_, "classic", true, {{"x-dead-letter-exchange", "\"\""}}}}, {}});
  EXPECT_EQ(await(Kind::mirrored).mirrored,
            (Mirrored{Mirrored::State::unseen,
                      "dead letters go through the default exchange, which cannot be mirrored"}));
}

TEST_F(AmqpObserverTest, ReadsTheFinalState) {
  watch();
  auto state = observer_->final_state(5s);
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(state->ready, 0u);
  EXPECT_EQ(state->unacknowledged, 0u);

  make("classic");
  for (const char* id : {"m1", "m2", "m3"}) publish(id);
  AmqpConsumer consumer(*lab_, queue_, arguments(), "1000");
  await(Kind::depth, [](const auto& seen) { return seen.consumers == 1 && seen.depth == 2; });
  state = observer_->final_state(100ms);
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(state->ready, 2u);
  EXPECT_EQ(state->consumers, 1u);
  EXPECT_EQ(state->unacknowledged, 1u);

  consumer.stop();
  state = observer_->final_state(20s);
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(state->ready, 3u);
  EXPECT_EQ(state->consumers, 0u);
  EXPECT_EQ(state->unacknowledged, 0u);
  EXPECT_EQ(state->dead_ready, 0u);
}

TEST_F(AmqpObserverTest, ComesBackWithTheBroker) {
  make("classic");
  watch();
  await(Kind::mirrored);
  lab_->restart();
  EXPECT_NE(await(Kind::lost).why.find(lab_->address()), std::string::npos);
  await(Kind::back);
  EXPECT_EQ(await(Kind::mirrored).mirrored, Mirrored());
  const AmqpConsumer consumer(*lab_, queue_, arguments(), "0", "reject");
  publish("m1");
  EXPECT_EQ(await(Kind::dead_letter).dead.message_id, "m1");
  await_depth(Kind::dead_depth, 1);
  EXPECT_EQ(std::count_if(seen_.begin(), seen_.end(),
                          [](const auto& seen) { return seen.kind == Kind::lost; }),
            1);
}

TEST_F(AmqpObserverTest, SaysWhyItCannotWatch) {
  const std::string broker = "amqp://cutpoint:hunter2@" + lab_->address();
  const std::string api =
      "http://cutpoint:hunter2@" + lab_->management().substr(lab_->management().find('@') + 1);
  for (const AmqpObserver::Plan& plan : {AmqpObserver::Plan{broker, "", queue_, "", 1s},
                                         AmqpObserver::Plan{lab_->url(), api, queue_, "", 1s}}) {
    const auto refused = AmqpObserver::connect(plan);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ExitCode::unavailable);
    EXPECT_NE(refused.error().message.find("did not let us in"), std::string::npos);
    EXPECT_EQ(refused.error().message.find("hunter2"), std::string::npos);
  }
}

TEST_F(AmqpObserverTest, AsksForThePasswordOrTheVirtualHostThatWasRefused) {
  const auto remedy_at = [&](const std::string& broker) {
    const auto refused = AmqpObserver::connect({broker, "", queue_, "", 1s});
    return refused ? "" : refused.error().remedy;
  };
  EXPECT_EQ(remedy_at("amqp://cutpoint:hunter2@" + lab_->address()),
            "is there a user `cutpoint`, with this password, who may come from here?");
  const std::string url = lab_->url();
  const std::string user = url.substr(0, url.find('@'));
  EXPECT_NE(remedy_at(user + "@" + lab_->address() + "/nowhere").find("virtual host `nowhere`"),
            std::string::npos);
}

TEST_F(AmqpObserverTest, SaysThatTheBrokerIsGone) {
  watch();
  lab_->down();
  await(Kind::lost);
  const auto state = observer_->final_state(300ms);
  ASSERT_FALSE(state);
  EXPECT_NE(state.error().message.find(lab_->address()), std::string::npos);
}

}  // namespace
}  // namespace cutpoint::probes

// SPDX-License-Identifier: Apache-2.0
// Against a private RabbitMQ (scripts/lab) and a real Celery worker.
#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <thread>

#include "controller/util/clock.h"
#include "probes/amqp/publisher.h"
#include "probes/celery/observer.h"
#include "tests/unit/probes/celery_lab.h"

namespace cutpoint::probes {
namespace {

using namespace std::chrono_literals;
using test::CeleryLab;
using test::CeleryWorker;
using Kind = CeleryObservation::Kind;

auto is_event(const std::string& type) {
  return [type](const CeleryObservation& seen) {
    return seen.kind == Kind::event && seen.event.type == type;
  };
}

auto is_depth(std::uint64_t depth) {
  return [depth](const CeleryObservation& seen) {
    return seen.kind == Kind::depth && seen.depth == depth;
  };
}

bool is_loss(const CeleryObservation& seen) {
  return seen.kind == Kind::lost;
}

class CeleryObserverTest : public ::testing::Test {
 protected:
  CeleryObserver connect() {
    auto observer = CeleryObserver::connect({lab_.url(), "asked", 100ms});
    if (!observer) throw std::runtime_error(observer.error().message);
    return *std::move(observer);
  }

  // Takes what comes until `done` of one observation; false: it did not come in time.
  template <typename Done>
  bool await(CeleryObserver& observer, Done done) {
    const Deadline deadline(60s);
    while (!deadline.passed()) {
      const auto seen = observer.take();
      seen_.insert(seen_.end(), seen.begin(), seen.end());
      if (std::any_of(seen.begin(), seen.end(), done)) return true;
      std::this_thread::sleep_for(10ms);  // take() is all that there is to wait on
    }
    return false;
  }

  CeleryLab lab_;
  std::vector<CeleryObservation> seen_;
};

TEST_F(CeleryObserverTest, SeesTheQueueAndWhatAWorkerDoes) {
  CeleryObserver observer = connect();
  const std::int64_t before = now_ns();
  for (int i = 0; i < 3; ++i) lab_.send("quick", "hunter2");
  ASSERT_TRUE(await(observer, is_depth(3)));
  // Nobody has made the queue before: nothing was said of it, and the observer did not make it.
  const auto first = std::find_if(seen_.begin(), seen_.end(), [](const CeleryObservation& seen) {
    return seen.kind == Kind::depth;
  });
  EXPECT_GE(first->ns, before);

  CeleryWorker worker(lab_);
  ASSERT_TRUE(await(observer, is_event("worker-online")));
  ASSERT_TRUE(await(observer, is_depth(0)));
  lab_.send("failing", "hunter2");
  ASSERT_TRUE(await(observer, is_event("task-failed")));

  std::map<std::string, int> types;
  std::int64_t last = 0;
  for (const CeleryObservation& one : seen_) {
    EXPECT_GE(one.ns, last);
    last = one.ns;
    if (!one.event.type.starts_with("task-")) continue;
    ++types[one.event.type];
    EXPECT_FALSE(one.event.id.empty());
    EXPECT_GT(one.event.timestamp, 1.6e9);
    EXPECT_EQ(one.event.task.empty(), one.event.type != "task-received");
    EXPECT_EQ(one.event.error, one.event.type == "task-failed" ? "ValueError" : "");
  }
  EXPECT_EQ(
      types,
      (std::map<std::string, int>{
          {"task-received", 4}, {"task-started", 4}, {"task-succeeded", 3}, {"task-failed", 1}}));
}

TEST_F(CeleryObserverTest, SeesAWorkerDoWhatThePublisherAsksFor) {
  CeleryObserver observer = connect();
  CeleryWorker worker(lab_);
  PublishOptions options;
  options.url = lab_.url();
  options.queue = "asked";
  options.celery_task = "tasks.pair";
  options.phases = {{"few", 3, 100, 1, std::nullopt}};
  options.patience = options.drain = 30s;
  options.history = "/dev/null";
  ASSERT_EQ(run_publisher(options), 0);
  // Four messages, one of them poison: the third.
  ASSERT_TRUE(await(observer, [](const CeleryObservation& seen) {
    return is_event("task-succeeded")(seen) && seen.event.id == "m4";
  }));
  std::set<std::string> done;
  for (const CeleryObservation& one : seen_) {
    EXPECT_FALSE(is_event("task-failed")(one)) << one.event.error;
    if (is_event("task-succeeded")(one)) done.insert(one.event.id);
  }
  EXPECT_EQ(done, (std::set<std::string>{"m1", "m2", "m4"}));
}

TEST_F(CeleryObserverTest, SaysThatTheBrokerIsGoneAndWhyItCannotWatch) {
  const auto refused =
      CeleryObserver::connect({"amqp://cutpoint:hunter2@" + lab_.address(), "asked", 1s});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ExitCode::unavailable);
  EXPECT_NE(refused.error().message.find("the broker did not let us in at " + lab_.address()),
            std::string::npos)
      << refused.error().message;
  EXPECT_EQ(refused.error().message.find("hunter2"), std::string::npos);

  CeleryObserver observer = connect();
  lab_.down();
  ASSERT_TRUE(await(observer, is_loss));
  EXPECT_NE(seen_.back().why.find(lab_.address()), std::string::npos) << seen_.back().why;

  const auto nobody = CeleryObserver::connect({lab_.url(), "asked", 1s});
  ASSERT_FALSE(nobody);
  EXPECT_NE(nobody.error().message.find(lab_.address() + " cannot be reached"), std::string::npos)
      << nobody.error().message;
}

}  // namespace
}  // namespace cutpoint::probes

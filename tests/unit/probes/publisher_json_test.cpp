// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "probes/amqp/publisher.h"

namespace cutpoint::probes {
namespace {

using namespace std::chrono_literals;

TEST(PublisherJson, ReadsBackWhatItWrites) {
  PublishOptions options;
  options.url = "amqp://user:secret@host/";
  options.exchange = "aura";
  options.routing_key = "work";
  options.queue = "aura.work";
  options.celery_task = "tasks.handle";
  options.body = "{id}";
  options.phases = {{"pill", 1000, 99.5, 1, std::nullopt}, {"storm", 3000, 100, 0, 1500ms}};
  options.patience = 30s;
  options.drain = 60s;
  options.history = "/tmp/history";
  const PublishOptions read = publish_options_from_json(to_json(options));
  EXPECT_EQ(to_json(read), to_json(options));
  EXPECT_EQ(read.url, options.url);
  EXPECT_EQ(read.exchange, options.exchange);
  EXPECT_EQ(read.routing_key, options.routing_key);
  EXPECT_EQ(read.queue, options.queue);
  EXPECT_EQ(read.celery_task, options.celery_task);
  EXPECT_EQ(read.body, options.body);
  EXPECT_EQ(read.patience, options.patience);
  EXPECT_EQ(read.drain, options.drain);
  EXPECT_EQ(read.history, options.history);
  ASSERT_EQ(read.phases.size(), 2u);
  EXPECT_EQ(read.phases[0].name, "pill");
  EXPECT_EQ(read.phases[0].messages, 1000);
  EXPECT_EQ(read.phases[0].rate, 99.5);
  EXPECT_EQ(read.phases[0].poison, 1);
  EXPECT_EQ(read.phases[0].poison_every, std::nullopt);
  EXPECT_EQ(read.phases[1].poison_every, 1500ms);
}

}  // namespace
}  // namespace cutpoint::probes

// SPDX-License-Identifier: Apache-2.0
#include "probes/amqp/publish_message.h"

#include <gtest/gtest.h>

namespace cutpoint::probes {
namespace {

using nlohmann::json;

TEST(PublishMessage, NothingButTheBodyTellsAPoison) {
  const AmqpMessage valid = make_message({}, 17, false);
  const AmqpMessage poison = make_message({}, 17, true);
  EXPECT_EQ(valid.body, R"({"id": "m17", "number": 17})");
  EXPECT_EQ(valid.message_id, "m17");
  EXPECT_EQ(valid.content_type, "application/json");
  EXPECT_EQ(valid.correlation_id, "");
  EXPECT_TRUE(valid.headers.is_null());
  EXPECT_EQ(poison.body, R"({"id": "m17", "number": 17)");
  EXPECT_EQ(poison.message_id, valid.message_id);
  EXPECT_EQ(poison.content_type, valid.content_type);
}

TEST(PublishMessage, FillsInATemplateAndCutsUntilItIsNoJson) {
  PublishOptions options;
  options.body = "[\"{id}\", {number}, \"{id}\"]";
  EXPECT_EQ(make_message(options, 3, false).body, R"(["m3", 3, "m3"])");
  options.body = "{number}";
  EXPECT_EQ(make_message(options, 123, true).body, "");
}

TEST(PublishMessage, ATaskIsOfCelerysProtocol2) {
  PublishOptions options;
  options.celery_task = "aura.poison_tasks.handle";
  const AmqpMessage task = make_message(options, 17, false);
  EXPECT_EQ(task.correlation_id, "m17");
  EXPECT_EQ(task.message_id, "");
  EXPECT_EQ(task.content_encoding, "utf-8");
  EXPECT_EQ(task.headers["task"], "aura.poison_tasks.handle");
  EXPECT_EQ(task.headers["id"], "m17");
  EXPECT_EQ(
      json::parse(task.body),
      json::parse(
          R"([["m17", 17], {}, {"callbacks": null, "errbacks": null, "chain": null, "chord": null}])"));
  const AmqpMessage poison = make_message(options, 17, true);
  EXPECT_FALSE(json::accept(poison.body));
  EXPECT_EQ(poison.headers, task.headers);
}

}  // namespace
}  // namespace cutpoint::probes

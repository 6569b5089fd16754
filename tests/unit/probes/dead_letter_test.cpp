// SPDX-License-Identifier: Apache-2.0
#include "probes/amqp/dead_letter.h"

#include <gtest/gtest.h>

namespace cutpoint::probes {
namespace {

using nlohmann::json;

DeadLetter read(const char* headers) {
  AmqpMessage message;
  message.message_id = "m17";
  message.headers = json::parse(headers);
  return read_dead_letter(message);
}

TEST(DeadLetter, IsReadFromTheNewestDeath) {
  const DeadLetter dead =
      read(R"({"x-first-death-reason": "rejected", "x-first-death-queue": "work",
      "x-delivery-count": 3, "x-death": [
        {"count": 2, "reason": "expired", "queue": "retry", "exchange": "", "routing-keys": ["a"]},
        {"count": 5, "reason": "rejected", "queue": "work"}]})");
  EXPECT_EQ(dead.message_id, "m17");
  EXPECT_EQ(dead.reason, "rejected");
  EXPECT_EQ(dead.queue, "retry");
  EXPECT_EQ(dead.count, 2);
  EXPECT_TRUE(dead.has_x_death);
  EXPECT_EQ(dead.delivery_count, 3);
  EXPECT_EQ(read(R"({"x-death": [{"reason": "maxlen"}]})").reason, "maxlen");
}

TEST(DeadLetter, WhatIsNoneOfRabbitMqsHeadersIsAsIfItWereNotThere) {
  for (const char* headers : {"null", "{}", R"({"x-death": []})", R"({"x-death": "often"})",
                              R"({"x-death": {"count": 1}, "x-delivery-count": "2"})"}) {
    const DeadLetter dead = read(headers);
    EXPECT_FALSE(dead.has_x_death) << headers;
    EXPECT_EQ(dead.reason, "");
    EXPECT_EQ(dead.count, 0);
    EXPECT_EQ(dead.delivery_count, -1);
  }
  const DeadLetter odd = read(R"({"x-death": ["?", {"count": "many"}]})");
  EXPECT_TRUE(odd.has_x_death);
  EXPECT_EQ(odd.queue, "");
}

}  // namespace
}  // namespace cutpoint::probes

// SPDX-License-Identifier: Apache-2.0
// Filters by text, whatever the protocol; and those of AMQP, each at moments that carry it.
#include "controller/scenario/filters.h"

#include <gtest/gtest.h>

#include "bpf/abi/amqp.h"
#include "controller/scenario/diagnostics.h"

namespace cutpoint {
namespace {

const AttributeInfo path{"path", CUT_ATTR_PREFIX, "of the request target", 3, "", {}};

// What the mistake is; empty: none, and `filter` is set.
std::string read(const std::string& value, Filter& filter) {
  const yaml::Source source(yaml::Source::Kind::option, "--at", value, 0);
  yaml::Diagnostics diagnostics;
  const yaml::TreeNode node = yaml::scalar_node(value, {&source, 0, 0});
  const bool good =
      read_filter({&node, "path", &diagnostics}, protocols().front(), path, nullptr, filter);
  EXPECT_EQ(good, diagnostics.empty());
  return diagnostics.empty() ? "" : diagnostics.sorted().front().message;
}

TEST(TextFilter, keeps_the_text_as_it_is_written) {
  Filter filter;
  EXPECT_EQ(read("/v1beta/Models", filter), "");
  EXPECT_EQ(filter.text, "/v1beta/Models");
  EXPECT_TRUE(filter.is_text());
  EXPECT_EQ(filter.abi.attribute, 3);
  EXPECT_EQ(filter.abi.kind, CUT_ATTR_PREFIX);
  EXPECT_EQ(filter.abi.used, 1);
}

TEST(TextFilter, is_as_long_as_what_is_remembered_of_a_text_at_most) {
  Filter filter;
  EXPECT_EQ(read(std::string(CUT_TEXT_BYTES, 'x'), filter), "");
  EXPECT_EQ(read(std::string(CUT_TEXT_BYTES + 1, 'x'), filter),
            "`path` is 64 bytes long; of a text, 63 are compared at most");
}

// The same of AMQP, at a moment: "message_id", "m17", "basic.deliver".
std::string read_amqp(const std::string& name, const std::string& value, const std::string& moment,
                      Filter& filter) {
  const ProtocolInfo& amqp = *find_protocol("amqp");
  const yaml::Source source(yaml::Source::Kind::option, "--at", value, 0);
  yaml::Diagnostics diagnostics;
  const yaml::TreeNode node = yaml::scalar_node(value, {&source, 0, 0});
  read_filter({&node, name, &diagnostics}, amqp, *amqp.attribute(name), amqp.moment(moment),
              filter);
  return diagnostics.empty() ? "" : diagnostics.sorted().front().message;
}

TEST(AmqpFilter, message_id_is_compared_by_its_hash) {
  Filter filter;
  for (const std::string& id : {std::string("m17"), std::string(300, 'x'), std::string("17")}) {
    EXPECT_EQ(read_amqp("message_id", id, "basic.deliver", filter), "");
    EXPECT_EQ(filter.abi.kind, CUT_ATTR_HASH);
    EXPECT_EQ(filter.abi.attribute, CUT_AMQP_ATTR_MESSAGE_ID);
    EXPECT_EQ(filter.abi.value, hash_of(id));
    EXPECT_EQ(filter.text, id);
    EXPECT_FALSE(filter.is_text());
  }
  // draft-eastlake-fnv: FNV-1a of "foobar".
  EXPECT_EQ(hash_of("foobar"), 0xbf9cf968U);
  EXPECT_NE(hash_of("m17"), hash_of("M17"));
}

TEST(AmqpFilter, flag_is_one_bit_in_any_case) {
  Filter filter;
  EXPECT_EQ(read_amqp("flag", "requeue", "basic.nack", filter), "");
  EXPECT_EQ(filter.abi.kind, CUT_ATTR_COMMANDS);
  EXPECT_EQ(filter.abi.value, 1U << CUT_AMQP_FLAG_REQUEUE);
  EXPECT_EQ(read_amqp("flag", "MULTIPLE", "confirm.ack", filter), "");
  EXPECT_EQ(filter.abi.value, 1U << CUT_AMQP_FLAG_MULTIPLE);
  EXPECT_EQ(read_amqp("flag", "No_Ack", "basic.consume", filter), "");
  EXPECT_EQ(filter.abi.value, 1U << CUT_AMQP_FLAG_NO_ACK);
  EXPECT_EQ(read_amqp("flag", "requeued", "basic.nack", filter),
            "unknown command `REQUEUED`; did you mean `REQUEUE`?");
}

TEST(AmqpFilter, numbers_and_names) {
  Filter filter;
  EXPECT_EQ(read_amqp("redelivered", "1", "basic.deliver", filter), "");
  EXPECT_EQ(filter.abi.kind, CUT_ATTR_NUMBER);
  EXPECT_EQ(filter.abi.attribute, CUT_AMQP_ATTR_REDELIVERED);
  EXPECT_EQ(filter.abi.value, 1U);
  EXPECT_EQ(read_amqp("redelivered", "7", "basic.deliver", filter),
            "`redelivered` must be a whole number from 0 to 1, not `7`");
  EXPECT_EQ(read_amqp("exchange", "Orders", "basic.publish", filter), "");
  EXPECT_EQ(filter.abi.kind, CUT_ATTR_TEXT);
  EXPECT_EQ(filter.abi.attribute, CUT_AMQP_ATTR_EXCHANGE);
  EXPECT_EQ(filter.text, "Orders");
  EXPECT_EQ(read_amqp("routing_key", "aura.work", "basic.return", filter), "");
  EXPECT_EQ(read_amqp("code", "406", "channel.close", filter), "");
  EXPECT_EQ(filter.abi.value, 406U);
  EXPECT_EQ(read_amqp("channel", "1", "heartbeat", filter), "");
}

TEST(AmqpFilter, refuses_what_the_moment_does_not_carry) {
  const std::string messages =
      "basic.publish, basic.deliver, basic.get-ok, basic.return, content.body";
  Filter filter;
  EXPECT_EQ(read_amqp("message_id", "m17", "basic.ack", filter),
            "filter `message_id` never matches at `basic.ack`; it goes with: " + messages);
  EXPECT_EQ(read_amqp("exchange", "orders", "confirm.ack", filter),
            "filter `exchange` never matches at `confirm.ack`; it goes with: " + messages);
  EXPECT_EQ(read_amqp("redelivered", "1", "basic.publish", filter),
            "filter `redelivered` never matches at `basic.publish`; it goes with: basic.deliver, "
            "basic.get-ok, content.body");
  EXPECT_EQ(read_amqp("code", "406", "basic.deliver", filter),
            "filter `code` never matches at `basic.deliver`; it goes with: basic.return, "
            "channel.close, connection.close");
  EXPECT_NE(read_amqp("flag", "MULTIPLE", "basic.deliver", filter), "");
  EXPECT_NE(read_amqp("delivery_tag", "1", "basic.publish", filter), "");
}

}  // namespace
}  // namespace cutpoint

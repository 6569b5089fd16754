// SPDX-License-Identifier: Apache-2.0
#include "probes/history/history.h"

#include <gtest/gtest.h>

namespace cutpoint::probes {
namespace {

std::vector<HistoryRecord> parse(std::string_view text, std::size_t expected_malformed = 0) {
  std::size_t malformed = 99;
  auto records = parse_history(text, malformed);
  EXPECT_EQ(malformed, expected_malformed);
  return records;
}

TEST(History, ReadsBackWhatItWrites) {
  HistoryRecord record;
  record.op = "order";
  record.id = "17";
  record.attempt = 2;
  record.type = "resolved";
  record.ns = 123456789012345;
  record.pid = 4711;
  record.xid = "18446744073709551615";
  record.committed = false;
  record.error = "lost \"it\"\nagain";
  record.poison = true;
  record.phase = "storm";
  const auto records = parse(to_line(record));
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].op, record.op);
  EXPECT_EQ(records[0].id, record.id);
  EXPECT_EQ(records[0].attempt, record.attempt);
  EXPECT_EQ(records[0].type, record.type);
  EXPECT_EQ(records[0].ns, record.ns);
  EXPECT_EQ(records[0].pid, record.pid);
  EXPECT_EQ(records[0].xid, record.xid);
  EXPECT_EQ(records[0].committed, record.committed);
  EXPECT_EQ(records[0].error, record.error);
  EXPECT_EQ(records[0].poison, record.poison);
  EXPECT_EQ(records[0].phase, record.phase);
}

TEST(History, WritesOneLineWithNumbersAsNumbers) {
  HistoryRecord record;
  record.op = "order";
  record.id = "17";
  record.type = "invoke";
  EXPECT_EQ(to_line(record),
            "{\"op\":\"order\",\"id\":17,\"attempt\":1,\"type\":\"invoke\",\"ns\":0}\n");
}

TEST(History, KeepsTheTextOfAnyId) {
  for (const char* id : {"17", "-3", "017", "a-b", "", "99999999999999999999", "1.5"}) {
    HistoryRecord record;
    record.id = id;
    record.type = "ok";
    const auto records = parse(to_line(record));
    ASSERT_EQ(records.size(), 1u);
    EXPECT_EQ(records[0].id, id);
  }
}

TEST(History, FillsInWhatIsAbsentAndIgnoresWhatIsUnknown) {
  const auto records = parse(R"({"id":"x","type":"ok","colour":"red","nested":{"a":[1]}})");
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].attempt, 1);
  EXPECT_EQ(records[0].ns, 0);
  EXPECT_EQ(records[0].pid, 0);
  EXPECT_EQ(records[0].committed, std::nullopt);
  EXPECT_TRUE(records[0].op.empty() && records[0].xid.empty() && records[0].error.empty());
  EXPECT_TRUE(!records[0].poison && records[0].phase.empty());
}

TEST(History, AcceptsAnXidThatIsANumber) {
  const auto records = parse(R"({"id":1,"type":"ok","xid":740})");
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].xid, "740");
}

TEST(History, SkipsAndCountsMalformedLines) {
  const auto records = parse(
      "{\"id\":1,\"type\":\"ok\"}\n"
      "plain words\n"
      "[1,2]\n"
      "\n"
      "   \r\n"
      "{\"id\":2,\"type\":\"ok\"}\r\n"
      "{\"id\":{},\"type\":\"ok\"}\n"
      "{\"id\":3,\"type\":\"ok\",\"attempt\":\"two\"}\n"
      "{\"type\":\"ok\"}\n"
      "{\"id\":4}\n"
      "{\"id\":5,\"type\":\"ok\",\"error\":\"\xff\"}\n"
      "{\"id\":6,\"type\":\"o",  // the process was killed while it wrote
      8);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].id, "1");
  EXPECT_EQ(records[1].id, "2");
}

TEST(History, AnEmptyFileIsNoRecords) {
  EXPECT_TRUE(parse("").empty());
}

TEST(History, ReplacesWhatIsNoUtf8) {
  HistoryRecord record;
  record.type = "fail";
  record.error = "caf\xe9";
  EXPECT_EQ(parse(to_line(record))[0].error, "caf\xef\xbf\xbd");
}

}  // namespace
}  // namespace cutpoint::probes

// SPDX-License-Identifier: Apache-2.0
// Conversations of real clients and servers: what the wire tells of each, record by record.
#include <gtest/gtest.h>
#include <string>

#include "tests/proto/tls_conversations.h"

namespace cutpoint::test::tls {
namespace {

constexpr std::uint32_t tls11 = 0x0302, tls12 = 0x0303, tls13 = 0x0304;

struct Conversation {
  const char* name;
  std::uint32_t version;  // negotiated
  const char* moments;    // `protected`: of TLS 1.3's handshake
};

// Data on both sides, and the farewell of each.
constexpr const char* full_12 =
    "client_hello server_hello established.down app_data.up app_data.down alert.up alert.down";
constexpr const char* resumed_12 =
    "client_hello server_hello established.up app_data.up app_data.down alert.up alert.down";

const Conversation conversations[] = {
    {"tls11", tls11, full_12},
    {"tls12", tls12, full_12},
    {"tls12_cbc", tls12, full_12},
    {"tls12_client_certificate", tls12, full_12},
    {"tls12_resumed", tls12, resumed_12},
    {"tls12_resumed_by_id", tls12, resumed_12},
    // A renegotiation is all protected handshake records, and ends nothing anew.
    {"tls12_renegotiated", tls12,
     "client_hello server_hello established.down app_data.up app_data.down app_data.up "
     "app_data.down alert.up alert.down"},
    {"tls12_small_fragments", tls12,
     "client_hello server_hello established.down app_data.up app_data.up app_data.up app_data.up "
     "app_data.down app_data.down app_data.down app_data.down alert.up alert.down"},
    // In TLS 1.3 the two session tickets, and the farewell, look like data.
    {"tls13", tls13,
     "client_hello server_hello protected protected protected protected established.up "
     "app_data.down app_data.down app_data.up app_data.down app_data.up app_data.down"},
    {"tls13_no_compatibility", tls13,
     "client_hello server_hello protected protected protected protected established.up "
     "app_data.up app_data.down app_data.down app_data.down app_data.up app_data.down"},
    {"tls13_no_tickets", tls13,
     "client_hello server_hello protected protected protected protected established.up "
     "app_data.up app_data.down app_data.up app_data.down"},
    {"tls13_resumed", tls13,
     "client_hello server_hello protected protected established.up app_data.down app_data.up "
     "app_data.down app_data.up app_data.down"},
    // A HelloRetryRequest is no ServerHello; the ClientHello after it is one.
    {"tls13_retried", tls13,
     "client_hello client_hello server_hello protected protected protected protected "
     "established.up app_data.down app_data.down app_data.up app_data.down app_data.up "
     "app_data.down"},
    // Early data comes before the server has spoken; what ends it is taken for the Finished.
    {"tls13_early", tls13,
     "client_hello app_data.up server_hello protected protected established.up app_data.up "
     "app_data.down app_data.down app_data.up app_data.down"},
    {"tls13_early_refused", tls13,
     "client_hello app_data.up client_hello server_hello protected protected protected protected "
     "established.up app_data.down app_data.down app_data.down app_data.up app_data.down"},
    {"tls13_key_updates", tls13,
     "client_hello server_hello protected protected protected protected established.up "
     "app_data.up app_data.down app_data.down app_data.down app_data.up app_data.up app_data.down "
     "app_data.up app_data.up app_data.down app_data.down app_data.up app_data.down"},
    // The client's first protected record is its Certificate.
    {"tls13_client_certificate", tls13,
     "client_hello server_hello protected protected protected protected protected established.up "
     "app_data.up app_data.up app_data.up app_data.down app_data.down app_data.down app_data.up "
     "app_data.down"},
    {"no_name", tls13,
     "client_hello server_hello protected protected protected protected established.up "
     "app_data.up app_data.down app_data.down app_data.down app_data.up app_data.down"},
    {"version_refused", 0, "client_hello alert.down"},
    {"certificate_refused_12", tls12, "client_hello server_hello alert.up"},
    {"certificate_refused_13", tls13,
     "client_hello server_hello protected protected protected protected alert.up"},
    {"curl_12", tls12,
     "client_hello server_hello established.down app_data.up app_data.down alert.down alert.up"},
    {"curl_13", tls13,
     "client_hello server_hello protected protected protected protected established.up "
     "app_data.up app_data.down app_data.down app_data.down app_data.down app_data.up"},
    {"curl_bulk", tls13,
     "client_hello server_hello protected protected protected protected established.up "
     "app_data.up app_data.down app_data.down app_data.down app_data.down app_data.down "
     "app_data.down app_data.up"},
    {"node_13", tls13,
     "client_hello server_hello protected protected protected protected established.up "
     "app_data.up app_data.down app_data.down app_data.down app_data.down"},
    {"asyncio_13", tls13,
     "client_hello server_hello protected protected protected protected established.up "
     "app_data.up app_data.down app_data.down app_data.down app_data.down app_data.up"},
};

// What a header at that offset of a direction says: type and body.
struct Record {
  std::uint8_t type;
  std::string_view body;
};

Record record_at(std::string_view stream, std::uint32_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(stream.at(at + i)); };
  return {byte(0), stream.substr(at + 5, byte(3) << 8 | byte(4))};
}

class TlsCorpus : public testing::TestWithParam<Conversation> {
 protected:
  std::string records_ = read_conversation(GetParam().name);
  Turns turns_ = turns_of(records_);
  Facts facts_ = facts_of(turns_);
};

TEST_P(TlsCorpus, TellsWhatTheWireTells) {
  EXPECT_EQ(moments_of(facts_), GetParam().moments);
  ASSERT_FALSE(facts_.empty());
  const Fact& hello = facts_.front();
  ASSERT_TRUE(hello.is(CUT_TLS_CLIENT_HELLO));
  EXPECT_EQ(hello.name, GetParam().name == std::string("no_name") ? "" : "llm.example.test");
  for (const Fact& fact : facts_) {
    if (fact.is(CUT_TLS_CLIENT_HELLO) || fact.direction == CUT_UPSTREAM) continue;
    EXPECT_EQ(fact.attributes[CUT_TLS_ATTR_VERSION], GetParam().version) << fact;
  }
}

TEST_P(TlsCorpus, SaysTheSameInEverySegmentation) {
  EXPECT_EQ(violation(records_), "");
}

// Whoever knows the ciphertext of a record finds it by its first bytes.
TEST_P(TlsCorpus, KeepsTheFirstBytesOfEachDataRecord) {
  std::array<std::string, CUT_DIRECTIONS> streams;
  for (const RecordedTurn& turn : turns_) streams[turn.direction] += turn.bytes;
  for (const Fact& fact : facts_) {
    if (fact.is(CUT_TLS_CLIENT_HELLO)) {
      // Record header, message header, version.
      EXPECT_EQ(fact.random, streams[CUT_UPSTREAM].substr(fact.first + 5 + 4 + 2, 32));
    }
    if (fact.head.empty()) continue;
    const Record record = record_at(streams[fact.direction], fact.first);
    EXPECT_EQ(record.type, CUT_TLS_APPLICATION_DATA) << fact;
    EXPECT_EQ(fact.last - fact.first, record.body.size() + 5) << fact;
    EXPECT_EQ(fact.head, record.body.substr(0, CUT_TLS_HEAD)) << fact;
  }
}

// Any two segments of the first 2,000 bytes of a direction; the rest as recorded.
TEST_P(TlsCorpus, SaysTheSameWhereverASegmentEnds) {
  for (std::size_t cut = 1; cut < 2000; ++cut) {
    Wire wire;
    Facts facts;
    std::array<std::size_t, CUT_DIRECTIONS> seen{};
    for (const RecordedTurn& turn : turns_) {
      const std::size_t at = cut - std::min(cut, seen[turn.direction]);
      wire.segment(turn.direction, std::string_view(turn.bytes).substr(0, at), facts);
      if (at < turn.bytes.size())
        wire.segment(turn.direction, std::string_view(turn.bytes).substr(at), facts);
      seen[turn.direction] += turn.bytes.size();
    }
    ASSERT_EQ(facts, facts_) << "cut at " << cut;
  }
}

INSTANTIATE_TEST_SUITE_P(Real, TlsCorpus, testing::ValuesIn(conversations),
                         [](const auto& test) { return std::string(test.param.name); });

// Besides, there are some that no real client would say, for the lines that those do not reach.
TEST(TlsCorpusFiles, AreAllNamedAndSound) {
  std::size_t real = 0;
  for (const std::string& name : conversation_names()) {
    if (!name.starts_with("made_")) ++real;
    EXPECT_EQ(violation(read_conversation(name)), "") << name;
  }
  EXPECT_EQ(real, std::size(conversations));
}

}  // namespace
}  // namespace cutpoint::test::tls

// SPDX-License-Identifier: Apache-2.0
// What clients and servers may write, though few do: rows H9 and H10 of the matrix among them.
#include <gtest/gtest.h>

#include "bpf/proto/postgres.h"
#include "tests/proto/tls_messages.h"
#include "tests/proto/tls_wire.h"

namespace cutpoint::test::tls {
namespace {

using namespace std::string_literals;

// The facts of one side's bytes, in one segment and byte by byte, which must be the same.
Facts heard(std::string_view upstream) {
  Wire whole, parts;
  Facts facts = whole.segment(CUT_UPSTREAM, upstream), again;
  for (const char byte : upstream) parts.segment(CUT_UPSTREAM, {&byte, 1}, again);
  EXPECT_EQ(facts, again);
  EXPECT_EQ(whole.sync(CUT_UPSTREAM), parts.sync(CUT_UPSTREAM));
  return facts;
}

Sync sync_after(std::string_view upstream) {
  Wire wire;
  wire.segment(CUT_UPSTREAM, upstream);
  return wire.sync(CUT_UPSTREAM);
}

std::string name_in(std::string_view upstream) {
  const Facts facts = heard(upstream);
  if (facts.size() != 1 || !facts[0].is(CUT_TLS_CLIENT_HELLO)) return "no hello";
  return facts[0].name;
}

TEST(TlsHello, NameIsToldInLowerCase) {
  EXPECT_EQ(name_in(hello_of("LLM.Example.TEST")), "llm.example.test");
}

TEST(TlsHello, NameIsFoundWhereverItsExtensionStands) {
  const std::string other = extension(0x0a0a, "grease"), name = server_name("a.test");
  for (const std::string& order : {name + other, other + name, other + name + other}) {
    EXPECT_EQ(name_in(handshake_record(client_hello(order))), "a.test");
  }
}

TEST(TlsHello, NameMayBeMissing) {
  EXPECT_EQ(name_in(handshake_record(client_hello(versions_offered({0x0304})))), "");
  const std::string bare = number(0x0303, 2) + std::string(32, 'c') + counted("", 1) +
                           counted("\x13\x01"s, 2) + counted("\0"s, 1);
  EXPECT_EQ(name_in(handshake_record(message(1, bare))), "");
}

TEST(TlsHello, LongNamesAreToldApartBeyondWhatIsKept) {
  const std::string start(100, 'a');
  Wire one, other;
  one.segment(CUT_UPSTREAM, hello_of(start + "1"));
  other.segment(CUT_UPSTREAM, hello_of(start + "2"));
  EXPECT_EQ(one.parser().name.text.length, 101);
  EXPECT_NE(one.parser().name.hash, other.parser().name.hash);
}

TEST(TlsHello, HighestVersionIsToldWithoutGrease) {
  const std::string offers = versions_offered({0xfafa, 0x0303, 0x0304, 0x0302});
  EXPECT_EQ(heard(handshake_record(client_hello(offers)))[0].attributes[CUT_TLS_ATTR_VERSION],
            0x0304U);
  EXPECT_EQ(heard(handshake_record(client_hello("", 0x0302)))[0].attributes[CUT_TLS_ATTR_VERSION],
            0x0302U);
}

TEST(TlsHello, H10_one_message_over_several_records) {
  const std::string whole =
      client_hello(extension(21, std::string(30000, '\0')) + server_name("padded.test"));
  ASSERT_GT(whole.size(), 16384U);
  std::string records;
  for (std::size_t at = 0; at < whole.size(); at += 10000)
    records += handshake_record(whole.substr(at, 10000));
  const Facts facts = heard(records);
  ASSERT_EQ(moments_of(facts), "client_hello");
  EXPECT_EQ(facts[0].name, "padded.test");
  EXPECT_EQ(facts[0].first, 0U);
  EXPECT_EQ(facts[0].last, records.size());
}

TEST(TlsHello, H10_a_record_for_each_byte) {
  std::string records;
  for (const char byte : client_hello(server_name("a.test")))
    records += handshake_record({&byte, 1});
  EXPECT_EQ(name_in(records), "a.test");
}

TEST(TlsHello, H10_several_messages_in_a_record) {
  Wire wire;
  Facts facts;
  wire.segment(CUT_UPSTREAM, hello_of("a.test"), facts);
  const std::string hello = server_hello("");
  const std::string flight =
      handshake_record(hello + message(11, "certificates") + message(14, ""));
  wire.segment(CUT_DOWNSTREAM, flight, facts);
  ASSERT_EQ(moments_of(facts), "client_hello server_hello");
  // It ends where it ends, not with its record.
  EXPECT_EQ(facts[1].first, 0U);
  EXPECT_EQ(facts[1].last, 5 + hello.size());
  EXPECT_EQ(facts[1].attributes[CUT_TLS_ATTR_VERSION], 0x0303U);
  EXPECT_EQ(wire.sync(CUT_DOWNSTREAM), Sync::on);
}

TEST(TlsHello, H10_each_of_16_KiB_records_is_told_once) {
  Wire wire;
  Facts facts;
  wire.segment(CUT_UPSTREAM, hello_of("a.test"), facts);
  std::string bulk;
  for (char c = 'a'; c < 'e'; ++c) bulk += data_record(std::string(16384 + 24, c));
  const std::uint64_t steps = wire.steps();
  for (std::size_t at = 0; at < bulk.size(); at += 1448)
    wire.segment(CUT_UPSTREAM, bulk.substr(at, 1448), facts);
  ASSERT_EQ(moments_of(facts), "client_hello app_data.up app_data.up app_data.up app_data.up");
  for (std::size_t i = 1; i < facts.size(); ++i) {
    EXPECT_EQ(facts[i].last - facts[i].first, 5U + 16384 + 24);
    EXPECT_EQ(facts[i].head, std::string(32, static_cast<char>('a' + i - 1)));
  }
  EXPECT_LT(wire.steps() - steps, 40U) << "what a record holds is passed over";
}

TEST(TlsHello, H9_retry_names_the_version_and_is_no_hello) {
  const std::string random =
      "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91"
      "\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"s;
  Wire wire;
  Facts facts;
  const std::string change = record(20, "\x01");
  wire.segment(CUT_UPSTREAM, hello_of("a.test") + change, facts);
  wire.segment(CUT_DOWNSTREAM,
               handshake_record(server_hello(version_selected(0x0304), 0x0303, random)), facts);
  EXPECT_EQ(wire.parser().version, 0x0304);
  // Behind the ChangeCipherSpec, and in clear all the same.
  wire.segment(CUT_UPSTREAM, hello_of("a.test"), facts);
  EXPECT_EQ(moments_of(facts), "client_hello client_hello");
}

TEST(TlsHello, H8_ALPN_is_an_offer_and_changes_nothing) {
  const std::string offer = extension(16, counted(counted("h2", 1) + counted("http/1.1", 1), 2));
  const Facts plain = heard(handshake_record(client_hello(server_name("a.test"))));
  const Facts offered = heard(handshake_record(client_hello(offer + server_name("a.test"))));
  EXPECT_EQ(moments_of(plain), moments_of(offered));
  EXPECT_EQ(plain[0].name, offered[0].name);
}

// A service of TLS is where TLS begins: behind the proxy, or at a service told by the proxy's
// protocol.
TEST(TlsHello, H12_CONNECT_to_a_proxy_is_no_TLS) {
  const std::string request = "CONNECT llm.example.test:443 HTTP/1.1\r\n\r\n";
  EXPECT_EQ(sync_after(request + hello_of("llm.example.test")), Sync::lost);
  EXPECT_TRUE(heard(request + hello_of("llm.example.test")).empty());
}

TEST(TlsHello, AlertsAreReadInClearAlone) {
  Wire wire;
  Facts facts;
  wire.segment(CUT_UPSTREAM, hello_of("a.test"), facts);
  wire.segment(CUT_DOWNSTREAM, record(21, "\x02\x28"), facts);
  EXPECT_EQ(facts.back().attributes[CUT_TLS_ATTR_LEVEL], 2U);
  EXPECT_EQ(facts.back().attributes[CUT_TLS_ATTR_DESCRIPTION], 40U);
  wire.segment(CUT_DOWNSTREAM, handshake_record(server_hello("")) + record(20, "\x01"), facts);
  wire.segment(CUT_DOWNSTREAM, record(21, std::string(26, 'x')), facts);
  EXPECT_TRUE(facts.back().is(CUT_TLS_ALERT_DOWN));
  EXPECT_EQ(facts.back().attributes[CUT_TLS_ATTR_LEVEL], 0U);
  EXPECT_EQ(facts.back().attributes[CUT_TLS_ATTR_DESCRIPTION], CUT_TLS_PROTECTED_ALERT);
}

// PostgreSQL 17: `sslnegotiation=direct`; 15 and later: after SSLRequest and its answer.
TEST(TlsHello, P25_direct_TLS_of_a_PostgreSQL_connection) {
  const std::string hello = handshake_record(
      client_hello(extension(16, counted(counted("postgresql", 1), 2)) + server_name("db.test")));
  cut_postgres postgres = {};
  cut_bytes chunk = {};
  hello.copy(reinterpret_cast<char*>(chunk.byte), hello.size());
  cut_cursor cursor = {&chunk, 0, static_cast<__u32>(hello.size()), 0};
  cut_facts facts = {};
  __u32 skip = 0;
  ASSERT_EQ(cut_postgres_step(&postgres, CUT_UPSTREAM, &cursor, &skip, &facts), CUT_PARSE_SWITCH);
  ASSERT_EQ(cursor.at, 0U) << "the TLS parser begins with the same byte";
  EXPECT_EQ(name_in(hello), "db.test");
}

struct Bad {
  const char* name;
  std::string bytes;
};

class TlsMalformed : public testing::TestWithParam<Bad> {};

TEST_P(TlsMalformed, IsNoTls) {
  EXPECT_EQ(sync_after(GetParam().bytes), Sync::lost);
  EXPECT_EQ(heard(GetParam().bytes).size(), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Upstream, TlsMalformed,
    testing::Values(
        Bad{"http", "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"},
        Bad{"ssl2_hello", "\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10"s},
        Bad{"version", record(22, client_hello(""), 0x0203)}, Bad{"empty_record", record(22, "")},
        Bad{"plain_record_too_long", handshake_record(std::string(16385, '\0'))},
        Bad{"unknown_type", record(25, "x")}, Bad{"data_first", data_record("x")},
        Bad{"alert_first", record(21, "\x02\x28")}, Bad{"change_first", record(20, "\x01")},
        Bad{"heartbeat_first", record(24, "x")},
        Bad{"another_message_first", handshake_record(message(16, "key"))},
        Bad{"server_hello_upstream", handshake_record(server_hello(""))},
        Bad{"hello_without_random", handshake_record(message(1, number(0x0303, 2)))},
        Bad{"hello_ends_in_session",
            handshake_record(message(1, number(0x0303, 2) + std::string(32, 'c') + "\x20"))},
        Bad{"extensions_longer_than_message",
            handshake_record(message(1, number(0x0303, 2) + std::string(32, 'c') + "\0"s +
                                            counted("\x13\x01", 2) + counted("\0"s, 1) +
                                            number(100, 2)))},
        Bad{"bytes_behind_extensions",
            handshake_record(message(1, number(0x0303, 2) + std::string(32, 'c') + "\0"s +
                                            counted("\x13\x01", 2) + counted("\0"s, 1) +
                                            counted("", 2) + "more"))},
        Bad{"extension_longer_than_all",
            handshake_record(client_hello(number(0, 2) + number(50, 2)))},
        Bad{"name_longer_than_extension",
            handshake_record(client_hello(extension(0, number(9, 2) + "\0"s + number(6, 2))))},
        Bad{"name_extension_too_short", handshake_record(client_hello(extension(0, "x")))}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(TlsLengths, ProtectedRecordsAreLongerByWhatTheirVersionAllows) {
  for (const std::uint32_t version : {0x0303U, 0x0304U}) {
    const std::uint32_t most = 16384 + (version == 0x0304 ? 256 : 2048);
    for (const std::uint32_t length : {most, most + 1}) {
      Wire wire;
      wire.segment(CUT_UPSTREAM, hello_of("a.test"));
      wire.segment(CUT_DOWNSTREAM, handshake_record(server_hello(version_selected(version))));
      wire.segment(CUT_DOWNSTREAM, data_record(std::string(length, 'x')));
      EXPECT_EQ(wire.sync(CUT_DOWNSTREAM), length == most ? Sync::on : Sync::lost) << length;
    }
  }
}

TEST(TlsLengths, ServerThatSpeaksFirstIsLost) {
  for (const std::string& bytes :
       {"220 mail.test ESMTP\r\n"s, data_record("x"), handshake_record(message(11, "early"))}) {
    Wire wire;
    wire.segment(CUT_DOWNSTREAM, bytes);
    EXPECT_EQ(wire.sync(CUT_DOWNSTREAM), Sync::lost);
  }
}

}  // namespace
}  // namespace cutpoint::test::tls

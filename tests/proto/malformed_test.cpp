// SPDX-License-Identifier: Apache-2.0
// Bytes that no server or client would accept end the parsing of their direction; what was said
// before stands, and nothing is said after.
#include <gtest/gtest.h>

#include "tests/proto/session.h"

namespace cutpoint::test {
namespace {

using namespace client;

constexpr std::string_view frontend_types = "BCDEFHPQSXcdfp";
constexpr std::string_view backend_types = "123ACDEGHIKNRSTVWZcdnstv";

bool contains(std::string_view set, char type) {
  return set.find(type) != std::string_view::npos;
}

// Behind the malformed bytes comes a COMMIT that must not be believed.
void expect_client_lost(std::string_view bytes) {
  Session session = in_transaction();
  EXPECT_EQ(session.sends(std::string(bytes) + query("COMMIT")), Facts{});
  EXPECT_EQ(session.client_sync(), Sync::lost);
  EXPECT_EQ(session.sends(query("COMMIT")), Facts{});
  EXPECT_EQ(session.server_sync(), Sync::on);
}

void expect_server_lost(std::string_view bytes) {
  Session session = in_transaction();
  EXPECT_EQ(session.answers(std::string(bytes) + committed()), Facts{});
  EXPECT_EQ(session.server_sync(), Sync::lost);
  EXPECT_EQ(session.answers(committed()), Facts{});
  EXPECT_EQ(session.client_sync(), Sync::on);
}

TEST(Malformed, a_length_that_cannot_be) {
  for (const std::uint32_t length :
       {0U, 1U, 2U, 3U, 0x40000001U, 0x7fffffffU, 0x80000000U, 0xfffffffcU, 0xffffffffU}) {
    SCOPED_TRACE(length);
    for (const char type : frontend_types) expect_client_lost(typed_as(type, length, ""));
    for (const char type : backend_types) expect_server_lost(typed_as(type, length, ""));
  }
}

TEST(Malformed, the_longest_length_is_waited_for) {
  Session session = in_transaction();
  EXPECT_EQ(session.sends(typed_as('d', 0x40000000U, query("COMMIT"))), Facts{});
  EXPECT_EQ(session.sends(std::string(1 << 20, 'Q') + query("COMMIT")), Facts{});
  EXPECT_EQ(session.client_sync(), Sync::on);
}

TEST(Malformed, an_unknown_type) {
  for (int value = 0; value < 256; ++value) {
    const char type = static_cast<char>(value);
    SCOPED_TRACE(value);
    const std::string bytes = typed(type, std::string(8, '\0'));
    if (!contains(frontend_types, type)) expect_client_lost(bytes);
    if (!contains(backend_types, type)) expect_server_lost(bytes);
  }
}

TEST(Malformed, a_type_of_the_other_direction) {
  expect_client_lost(server::ready('I'));
  expect_client_lost(server::authentication_ok());
  expect_server_lost(query("COMMIT"));
  expect_server_lost(terminate());
}

TEST(Malformed, a_body_that_ends_inside_a_field) {
  for (const std::string& body : {std::string(), std::string("COMMIT")}) {
    SCOPED_TRACE(body);
    for (const char type : {'Q', 'P', 'B', 'E', 'C'}) expect_client_lost(typed(type, body));
    for (const char type : {'C', 'E'}) expect_server_lost(typed(type, body));
  }
  expect_client_lost(typed('P', zero_ended("c") + "commit"));
  expect_client_lost(typed('B', zero_ended("") + "c"));
  expect_client_lost(typed('C', "S"));
  expect_server_lost(typed('Z', ""));
  expect_server_lost(typed('K', "abc"));
  expect_server_lost(typed('R', "abc"));
  expect_server_lost(typed('E', "C40001"));
  expect_server_lost(typed('E', 'C' + zero_ended("40001")));
}

TEST(Malformed, bytes_behind_a_field_are_passed_over) {
  Session session = in_transaction();
  EXPECT_EQ(session.sends(typed('Q', zero_ended("COMMIT") + zero_ended("ROLLBACK"))),
            commit_query_facts(21));
  EXPECT_EQ(session.answers(typed('Z', "Tjunk")),
            (Facts{fact({CUT_PG_READY}).at(0, 10).status('T')}));
}

TEST(Malformed, a_start_that_no_server_accepts) {
  const std::vector<std::string> starts = {
      int32(0) + int32(196608),
      int32(4) + int32(196608),
      int32(7) + int32(196608),
      int32(10001) + int32(196608),
      int32(0x7fffffff) + int32(196608),
      int32(0xffffffff) + int32(196608),
      untyped(2 << 16, "old protocol"),
      untyped(4 << 16, "new protocol"),
      untyped(0, "no protocol"),
      untyped(80877101, ""),
      untyped(80877103, "longer"),
      untyped(80877104, "longer"),
      query("COMMIT"),
      "GET / HTTP/1.1\r\nHost: postgres\r\n\r\n",
      "SSH-2.0-OpenSSH_9.2p1 Debian\r\n",
      std::string(64, '\0'),
  };
  for (std::size_t i = 0; i < starts.size(); ++i) {
    Session session;
    EXPECT_EQ(session.sends(starts[i] + startup()), Facts{}) << i;
    EXPECT_EQ(session.client_sync(), Sync::lost) << i;
  }
}

TEST(Malformed, the_longest_start_is_accepted) {
  Session session;
  const std::string longest =
      untyped(196608, zero_ended("user") + zero_ended(std::string(10000 - 15, 'x')) + '\0');
  EXPECT_EQ(session.sends(longest), (Facts{fact({CUT_PG_STARTUP}).at(0, 10000)}));
}

TEST(Malformed, every_known_message_is_told_from_noise_by_its_framing_alone) {
  for (const char type : frontend_types) {
    Session session = in_transaction();
    // Whatever the body holds, as long as its strings end: the next message is found.
    session.sends(typed(type, std::string(16, '\0')));
    EXPECT_EQ(session.client_sync(), Sync::on) << type;
    const Facts facts = session.sends(query("COMMIT"));
    ASSERT_FALSE(facts.empty()) << type;
    EXPECT_EQ(facts.back(), commit_query_facts(12).front()) << type;
  }
  for (const char type : backend_types) {
    Session session = in_transaction();
    session.answers(typed(type, std::string(16, '\0')));
    EXPECT_EQ(session.server_sync(), Sync::on) << type;
    EXPECT_TRUE(session.answers(server::ready('I')).back().is(CUT_PG_READY)) << type;
  }
}

}  // namespace
}  // namespace cutpoint::test

// SPDX-License-Identifier: Apache-2.0
#include "controller/run/trace_peers.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

namespace cutpoint {
namespace {

std::string text_of(const cut_address& address) {
  char text[INET6_ADDRSTRLEN];
  return ::inet_ntop(AF_INET6, &address, text, sizeof text);
}

struct Peer {
  std::string text;
  std::string address;
  std::string mask;
  std::uint16_t port;
};

void PrintTo(const Peer& peer, std::ostream* out) {
  *out << peer.text;
}

const std::string all = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";

const std::vector<Peer> peers{
    {"10.1.2.3", "::ffff:10.1.2.3", all, 0},
    {"10.1.2.3:5432", "::ffff:10.1.2.3", all, 5432},
    {"10.1.2.3/8", "::ffff:10.0.0.0", "ffff:ffff:ffff:ffff:ffff:ffff:ff00:0", 0},
    {"10.0.0.0/8:80", "::ffff:10.0.0.0", "ffff:ffff:ffff:ffff:ffff:ffff:ff00:0", 80},
    {"0.0.0.0/0", "::ffff:0.0.0.0", "ffff:ffff:ffff:ffff:ffff:ffff::", 0},
    {"10.1.2.3/32", "::ffff:10.1.2.3", all, 0},
    {"::1", "::1", all, 0},
    {"[::1]:5432", "::1", all, 5432},
    {"fd00::1/8", "fd00::", "ff00::", 0},
    {"[fd00::]/8:443", "fd00::", "ff00::", 443},
    {"fd00::/33", "fd00::", "ffff:ffff:8000::", 0},
    {":5432", "::", "::", 5432},
};

class TracePeer : public testing::TestWithParam<Peer> {};

TEST_P(TracePeer, is_an_address_within_a_mask) {
  const auto parsed = parse_peers({GetParam().text});
  ASSERT_TRUE(parsed) << parsed.error().message;
  ASSERT_EQ(parsed->size(), 1U);
  EXPECT_EQ(text_of(parsed->front().address), GetParam().address);
  EXPECT_EQ(text_of(parsed->front().mask), GetParam().mask);
  EXPECT_EQ(parsed->front().port, GetParam().port);
}

INSTANTIATE_TEST_SUITE_P(Of, TracePeer, testing::ValuesIn(peers));

TEST(TracePeers, that_are_none_are_told_and_why) {
  const auto error = [](const std::string& text) {
    const auto parsed = parse_peers({text});
    EXPECT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, ExitCode::usage);
    return parsed.error().message;
  };
  EXPECT_EQ(error("10.0.0.0/33"), "--peer 10.0.0.0/33: `33` is no prefix length of 0 to 32");
  EXPECT_EQ(error("::/129"), "--peer ::/129: `129` is no prefix length of 0 to 128");
  EXPECT_EQ(error("10.0.0.1:0"), "--peer 10.0.0.1:0: `0` is no port");
  EXPECT_EQ(error("10.0.0.1:70000"), "--peer 10.0.0.1:70000: `70000` is no port");
  EXPECT_EQ(error("host/8"), "--peer host/8: a prefix length goes with an address");
  EXPECT_EQ(error(""), "--peer : it is no HOST[:PORT]");
  EXPECT_EQ(error("[::1"), "--peer [::1: it is no HOST[:PORT]");
}

TEST(TracePeers, that_are_named_are_found) {
  const auto parsed = parse_peers({"localhost:5432"});
  ASSERT_TRUE(parsed);
  ASSERT_FALSE(parsed->empty());
  EXPECT_EQ(parsed->front().port, 5432);
}

TEST(TracePeers, are_only_so_many) {
  const auto parsed = parse_peers(std::vector<std::string>(CUT_MAX_PEERS + 1, "10.0.0.1"));
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().message, "--peer: 17 addresses are named, of which there can be 16");
}

}  // namespace
}  // namespace cutpoint

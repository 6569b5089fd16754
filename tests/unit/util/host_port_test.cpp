// SPDX-License-Identifier: Apache-2.0
#include "controller/util/host_port.h"

#include <gtest/gtest.h>

namespace cutpoint {
namespace {

TEST(HostPort, IsTakenApart) {
  for (const auto& [text, host, port] :
       {std::tuple("127.0.0.1:5432", "127.0.0.1", 5432), std::tuple("[::1]:1", "::1", 1),
        std::tuple("db.example:65535", "db.example", 65535), std::tuple(":5432", "", 5432)}) {
    const auto parsed = parse_host_port(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->host, host) << text;
    EXPECT_EQ(parsed->port, port) << text;
  }
}

TEST(HostPort, IsRefusedWhereAPartIsMissingOrWrong) {
  for (const char* text : {"", ":", "h", "h:", "h:0", "h:65536", "h:x", "h:-1", "h:5432 ",
                           "::1:5432", "::1", "[]:5432", "[::1]", "[::1:5432", "::1]:5432"}) {
    EXPECT_FALSE(parse_host_port(text)) << text;
  }
}

TEST(ResolveHost, GivesTheNumbersOfAName) {
  const auto numbers = resolve_host("::1");
  ASSERT_TRUE(numbers);
  EXPECT_EQ(*numbers, std::vector<std::string>{"::1"});
}

TEST(ResolveHost, SaysWhichNameThereIsNot) {
  const auto numbers = resolve_host("no such host");
  ASSERT_FALSE(numbers);
  EXPECT_EQ(numbers.error().code, ExitCode::unavailable);
  EXPECT_TRUE(numbers.error().message.starts_with("cannot resolve host 'no such host': "));
  EXPECT_EQ(numbers.error().remedy, "check the host name");
}

}  // namespace
}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
// Bytes that no client or server may send end the parsing of their direction.
#include <gtest/gtest.h>

#include "tests/proto/http/http.h"

namespace cutpoint::test::http {
namespace {

TEST(HttpMalformed, requests_lose_the_direction) {
  const std::vector<std::string> wrong = {
      "GET\r\n\r\n",
      " GET / HTTP/1.1\r\n\r\n",
      "G(T / HTTP/1.1\r\n\r\n",
      std::string(33, 'G') + " / HTTP/1.1\r\n\r\n",
      "GET /\r\n\r\n",
      "GET  HTTP/1.1\r\n\r\n",
      "GET /\x7f HTTP/1.1\r\n\r\n",
      "GET / HTTP/2.0\r\n\r\n",
      "GET / HTTP/1.x\r\n\r\n",
      get("/", " folded: first\r\n"),
      get("/", "Name : x\r\n"),
      get("/", "NoColon\r\n"),
      get("/", ": empty\r\n"),
      get("/", "N\xc3\xa4me: x\r\n"),
      "GET / HTTP/1.1\r\n\rX",
      get("/", "Content-Length: 5\r\nContent-Length: 6\r\n"),
      get("/", "Content-Length: 5, 6\r\n"),
      get("/", "Content-Length: -5\r\n"),
      get("/", "Content-Length: 5x\r\n"),
      get("/", "Content-Length: 99999999999999999999\r\n"),
      get("/", "Transfer-Encoding: chunked, gzip\r\n"),
      get("/", chunked) + "x\r\n",
      get("/", chunked) + "\r\n",
      get("/", chunked) + ";\r\n",
      get("/", chunked) + "fffffffffffffffff\r\n",
      get("/", chunked) + "1\r\nab\r\n",
      get("/", chunked) + "1\r\na\r\r\n",
  };
  for (const std::string& bytes : wrong) {
    Session session;
    session.sends(bytes);
    EXPECT_EQ(session.client_sync(), Sync::lost) << bytes;
    EXPECT_EQ(session.sends(get()), Facts{});
  }
}

TEST(HttpMalformed, responses_lose_the_direction) {
  for (const std::string& bytes :
       {std::string("Hello"), std::string("HTTP/1.1 20x Reason\r\n\r\n"),
        std::string("HTTP/1.1 099 Reason\r\n\r\n"), std::string("HTTP/1.1 OK\r\n\r\n"),
        std::string("\r\nHTTP/1.1 200 OK\r\n\r\n")}) {
    Session session;
    session.sends(get());
    session.answers(bytes);
    EXPECT_EQ(session.server_sync(), Sync::lost) << bytes;
  }
}

TEST(HttpMalformed, equal_lengths_are_one_length) {
  Session session;
  EXPECT_EQ(moments(session.sends(
                "POST / HTTP/1.1\r\nContent-Length: 2, 2\r\nContent-Length: 2\r\n\r\nab")),
            "request.head request.end");
}

// Sequence numbers wrap around, and comparisons hold over half of them.
TEST(HttpMalformed, bodies_longer_than_sequence_numbers_are_passed_over) {
  Wire wire;
  wire.segment(CUT_UPSTREAM, "POST / HTTP/1.1\r\nContent-Length: 5000000000\r\n\r\n");
  const std::string piece(1 << 20, 'x');
  std::uint64_t left = 5000000000;
  Facts facts;
  while (left > 0) {
    const std::uint64_t size = std::min<std::uint64_t>(left, piece.size());
    wire.segment(CUT_UPSTREAM, std::string_view(piece).substr(0, size), facts);
    left -= size;
  }
  ASSERT_EQ(moments(facts), "request.end");
  EXPECT_LT(facts[0].last - facts[0].first, 1U << 31);
  EXPECT_EQ(moments(wire.segment(CUT_UPSTREAM, get())), "request.head+request.end");
}

TEST(HttpParser, cannot_be_joined_in_the_middle) {
  Wire wire;
  EXPECT_FALSE(wire.join(1));
  cut_http http = {};
  EXPECT_FALSE(cut_http_rests(&http));
  EXPECT_FALSE(cut_http_owes(&http));
}

TEST(HttpParser, words_have_the_hashes_that_are_written_down) {
  const auto hash = [](std::string_view word) {
    __u64 all = CUT_HTTP_SEED;
    for (const char letter : word) all = cut_http_hash(all, static_cast<__u8>(letter));
    return all;
  };
  EXPECT_EQ(hash("Content-Length"), CUT_HTTP_HASH_CONTENT_LENGTH);
  EXPECT_EQ(hash("transfer-encoding"), CUT_HTTP_HASH_TRANSFER_ENCODING);
  EXPECT_EQ(hash("Content-Type"), CUT_HTTP_HASH_CONTENT_TYPE);
  EXPECT_EQ(hash("Content-Encoding"), CUT_HTTP_HASH_CONTENT_ENCODING);
  EXPECT_EQ(hash("chunked"), CUT_HTTP_HASH_CHUNKED);
  EXPECT_EQ(hash("text/event-stream"), CUT_HTTP_HASH_EVENT_STREAM);
  EXPECT_EQ(hash("identity"), CUT_HTTP_HASH_IDENTITY);
}

}  // namespace
}  // namespace cutpoint::test::http

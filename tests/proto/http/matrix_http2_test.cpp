// SPDX-License-Identifier: Apache-2.0
// HTTP/2 (RFC 9113) as far as the headers of its frames tell.
#include <gtest/gtest.h>

#include "tests/proto/http/http.h"

namespace cutpoint::test::http {
namespace {

constexpr int data = 0;
constexpr int headers = 1;
constexpr int continuation = 9;
constexpr int end_stream = 1;
constexpr int end_headers = 4;
constexpr int padded = 8;
constexpr int priority = 0x20;

const std::string settings = frame(4, 0, 0, std::string(12, '\0'));

Session opened() {
  Session session;
  session.sends(std::string(preface) + settings);
  session.answers(settings + frame(4, 1, 0));
  return session;
}

TEST(MatrixHttp, H5_the_preface_and_what_concerns_the_connection_say_nothing) {
  Session session = opened();
  EXPECT_EQ(session.sends(frame(4, 1, 0) + frame(6, 0, 0, "12345678") + frame(8, 0, 0, "1234") +
                          frame(8, 0, 1, "1234") + frame(2, 0, 3, "12345") +
                          frame(7, 0, 0, "12345678") + frame(0xbe, 0xff, 7, "unknown")),
            Facts{});
  EXPECT_EQ(session.client_sync(), Sync::on);
  EXPECT_EQ(session.server_sync(), Sync::on);
}

TEST(MatrixHttp, H5_requests_and_answers_by_stream) {
  Session session = opened();
  const Facts asked =
      session.sends(frame(headers, end_headers, 1, "h") + frame(data, 0, 1, "body") +
                    frame(data, end_stream, 1, "") +
                    frame(headers, end_headers | end_stream | priority | padded, 3, "123456h"));
  EXPECT_EQ(moments_and_ends(asked), "request.head@10 request.end@32 request.head+request.end@48");
  EXPECT_EQ(asked[0].exchange, 1U);
  EXPECT_EQ(asked[2].exchange, 2U);
  EXPECT_EQ(asked[2].attributes[CUT_HTTP_ATTR_STREAM], 3U);
  const Facts answers = session.answers(
      frame(headers, end_headers, 3, "h") + frame(data, padded, 3, "\2abc") +
      frame(headers, end_headers | end_stream, 1, "h") + frame(data, 0, 3, "more") +
      frame(data, 0, 3, "") + frame(headers, end_headers | end_stream, 3, "trailers"));
  EXPECT_EQ(moments(answers),
            "response.head response.body response.head+response.end response.body response.end");
  EXPECT_EQ(answers[0].exchange, 2U);
  EXPECT_EQ(answers[2].exchange, 1U);
  EXPECT_EQ(answers[4].attributes[CUT_HTTP_ATTR_STREAM], 3U);
}

TEST(MatrixHttp, H5_a_header_block_is_one_message_whatever_its_frames) {
  Session session = opened();
  const Facts facts =
      session.sends(frame(headers, end_stream, 1, "abc") + frame(continuation, 0, 1, "d") +
                    frame(continuation, end_headers, 1, ""));
  EXPECT_EQ(moments_and_ends(facts), "request.head+request.end@31");
  EXPECT_EQ(facts.at(0).first, 0U);
}

TEST(MatrixHttp, H5_trailers_of_a_request_end_it) {
  Session session = opened();
  EXPECT_EQ(moments(session.sends(frame(headers, end_headers, 1, "h") +
                                  frame(headers, end_headers, 3, "h") + frame(data, 0, 1, "b") +
                                  frame(headers, end_headers | end_stream, 1, "t"))),
            "request.head request.head request.end");
}

TEST(MatrixHttp, H5_a_promise_and_what_is_pushed_answer_no_request) {
  Session session = opened();
  EXPECT_EQ(session.answers(frame(5, 0, 1, "1234h") + frame(continuation, end_headers, 1, "h") +
                            frame(headers, end_headers, 2, "h") + frame(data, end_stream, 2, "b")),
            Facts{});
  EXPECT_EQ(session.server_sync(), Sync::on);
}

TEST(MatrixHttp, H5_streams_that_were_reset_leave_nothing_behind) {
  Session session = opened();
  EXPECT_EQ(moments(session.answers(frame(headers, end_headers, 1, "h") + frame(3, 0, 1, "1234") +
                                    frame(headers, end_headers, 257, "h") +
                                    frame(data, end_stream, 257, "b"))),
            "response.head response.head response.body+response.end");
}

TEST(MatrixHttp, H6_streams_of_one_connection_are_told_apart_in_their_one_order) {
  Session session = opened();
  std::string answers;
  std::string expected;
  for (std::uint32_t stream = 1; stream < 200; stream += 2)
    answers += frame(headers, end_headers, stream, "h");
  for (std::uint32_t stream = 1; stream < 200; stream += 2)
    answers += frame(headers, end_headers | end_stream, stream, "t");
  const Facts facts = session.answers(answers);
  ASSERT_EQ(facts.size(), 200U);
  for (std::uint32_t i = 0; i < 100; ++i) {
    EXPECT_EQ(moments({facts[i]}), "response.head");
    EXPECT_EQ(moments({facts[100 + i]}), "response.end");
    EXPECT_EQ(facts[100 + i].exchange, i + 1);
  }
}

TEST(MatrixHttp, H7_what_is_compressed_is_not_told) {
  Session session = opened();
  Facts facts = session.sends(frame(headers, end_headers | end_stream, 1, "\x82\x84\x86"));
  const Facts answers = session.answers(frame(headers, end_headers | end_stream, 1, "\x88"));
  facts.insert(facts.end(), answers.begin(), answers.end());
  ASSERT_EQ(facts.size(), 2U);
  for (const Fact& fact : facts) {
    EXPECT_FALSE(fact.told);
    EXPECT_EQ(fact.attributes[CUT_HTTP_ATTR_METHOD], 0U);
    EXPECT_EQ(fact.attributes[CUT_HTTP_ATTR_STATUS], 0U);
    EXPECT_EQ(fact.attributes[CUT_HTTP_ATTR_PATH], 0U);
  }
}

TEST(MatrixHttp, H5_a_frame_that_cannot_be_loses_the_direction) {
  const std::vector<std::string> frames = {
      frame(data, 0, 0, "x"),
      frame(headers, 0, 0, "x"),
      frame(data, padded, 1, ""),
      frame(headers, end_headers | priority, 1, "1234"),
      frame(2, 0, 1, "1234"),
      frame(3, 0, 1, "123"),
      frame(3, 0, 0, "1234"),
      frame(4, 0, 0, "12345"),
      frame(4, 1, 0, "123456"),
      frame(4, 0, 1, ""),
      frame(6, 0, 0, "1234567"),
      frame(6, 0, 1, "12345678"),
      frame(7, 0, 0, "1234567"),
      frame(8, 0, 0, "12345"),
      frame(continuation, 0, 1, "x"),
      frame(headers, 0, 1, "x") + frame(data, 0, 1, "x"),
      frame(headers, 0, 1, "x") + frame(continuation, 0, 3, "x"),
  };
  for (std::size_t i = 0; i < frames.size(); ++i) {
    Session session = opened();
    EXPECT_EQ(session.sends(frames[i]), Facts{}) << i;
    EXPECT_EQ(session.client_sync(), Sync::lost) << i;
    Session other = opened();
    EXPECT_EQ(other.answers(frames[i]), Facts{}) << i;
    EXPECT_EQ(other.server_sync(), Sync::lost) << i;
  }
  Session session = opened();
  session.sends(frame(5, end_headers, 1, "1234h"));
  EXPECT_EQ(session.client_sync(), Sync::lost) << "a client promises nothing";
}

TEST(MatrixHttp, H5_a_connection_begins_with_the_preface_and_settings) {
  std::string wrong(preface);
  for (std::size_t i = 4; i < preface.size(); ++i) {
    wrong[i] ^= 1;
    Session session;
    session.sends(wrong);
    EXPECT_EQ(session.client_sync(), Sync::lost) << i;
    wrong[i] ^= 1;
  }
  for (const std::string& first : {frame(6, 0, 0, "12345678"), frame(4, 1, 0)}) {
    Session session;
    session.sends(std::string(preface) + first);
    EXPECT_EQ(session.client_sync(), Sync::lost);
  }
}

}  // namespace
}  // namespace cutpoint::test::http

// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 (RFC 9112): where messages begin and end, and which answer belongs to which request.
#include <gtest/gtest.h>

#include "tests/proto/http/http.h"

namespace cutpoint::test::http {
namespace {

constexpr std::uint32_t method_bit(cut_http_method method) {
  return 1U << method;
}

TEST(MatrixHttp, H1_request_ends_at_the_last_byte_of_its_body_wherever_it_is_split) {
  const std::string head = "POST /v1/models HTTP/1.1\r\nContent-Length: 10\r\n\r\n";
  for (std::size_t split = 0; split <= 10; ++split) {
    Session session;
    const std::string body = "0123456789";
    const Facts first = session.sends(head + body.substr(0, split));
    const Facts second = session.sends(body.substr(split));
    if (split == 10) {
      EXPECT_EQ(moments_and_ends(first), "request.head@48 request.end@58");
      EXPECT_EQ(second, Facts{});
    } else {
      EXPECT_EQ(moments_and_ends(first), "request.head@48");
      EXPECT_EQ(moments_and_ends(second), "request.end@" + std::to_string(10 - split));
    }
  }
}

TEST(MatrixHttp, H1_a_request_without_body_ends_with_its_head) {
  Session session;
  const Facts facts = session.sends(get("/v1/models"));
  ASSERT_EQ(facts.size(), 1U);
  EXPECT_EQ(moments(facts), "request.head+request.end");
  EXPECT_EQ(facts[0].first, 0U);
  EXPECT_EQ(facts[0].last, get("/v1/models").size());
  EXPECT_EQ(facts[0].attributes[CUT_HTTP_ATTR_METHOD], method_bit(CUT_METHOD_GET));
  EXPECT_EQ(facts[0].attributes[CUT_HTTP_ATTR_PATH], 10U);
  EXPECT_EQ(facts[0].attributes[CUT_HTTP_ATTR_STREAM], 0U);
}

TEST(MatrixHttp, H1_every_method_is_told) {
#define X(id, name)                                                                    \
  {                                                                                    \
    Session session;                                                                   \
    const Facts facts = session.sends(name " / HTTP/1.1\r\n\r\n");                     \
    ASSERT_EQ(facts.size(), 1U);                                                       \
    EXPECT_EQ(facts[0].attributes[CUT_HTTP_ATTR_METHOD], method_bit(CUT_METHOD_##id)); \
  }
  CUT_HTTP_COMMANDS(X)
#undef X
  Session session;
  const Facts facts = session.sends("VERSION-CONTROL / HTTP/1.1\r\n\r\n");
  ASSERT_EQ(facts.size(), 1U);
  EXPECT_EQ(facts[0].attributes[CUT_HTTP_ATTR_METHOD], method_bit(CUT_METHOD_OTHER));
}

TEST(MatrixHttp, H1_the_target_is_remembered_as_far_as_a_filter_may_ask) {
  for (const std::size_t length : {1U, 62U, 63U, 64U, 254U, 255U, 256U, 2000U}) {
    const std::string target = "/" + std::string(length - 1, 'x');
    Session session;
    session.sends(get(target));
    const cut_text* text = cut_http_text(&session.parser(), CUT_UPSTREAM, CUT_HTTP_ATTR_PATH);
    ASSERT_NE(text, nullptr);
    EXPECT_EQ(text->length, std::min<std::size_t>(length, 255));
    const std::size_t kept = std::min<std::size_t>(length, CUT_TEXT_BYTES);
    EXPECT_EQ(std::string(text->byte, text->byte + kept), target.substr(0, kept));
  }
  cut_http none = {};
  EXPECT_EQ(cut_http_text(&none, CUT_DOWNSTREAM, CUT_HTTP_ATTR_PATH), nullptr);
  EXPECT_EQ(cut_http_text(&none, CUT_UPSTREAM, CUT_HTTP_ATTR_STATUS), nullptr);
}

TEST(MatrixHttp, H2_chunks_both_ways) {
  Session session;
  const std::string request = "POST / HTTP/1.1\r\n" + std::string(chunked) + "\r\n";
  EXPECT_EQ(moments_and_ends(
                session.sends(request + chunk("one") + chunk("two") + std::string(last_chunk))),
            "request.head@" + std::to_string(request.size()) + " request.end@" +
                std::to_string(request.size() + 21));
  const std::string head = response(200, chunked);
  const auto size = static_cast<std::uint32_t>(head.size());
  const Facts facts = session.answers(head + chunk("one") + "3;ext=\"v\"\r\ntwo\r\n" +
                                      "0;last\r\nTrailer: Content-Length: 9\r\n\r\n");
  EXPECT_EQ(moments(facts), "response.head response.body response.body response.end");
  EXPECT_EQ(facts[1].first, size);
  EXPECT_EQ(facts[1].last, size + 8);
  EXPECT_EQ(facts[2].last, size + 8 + 16);
  EXPECT_EQ(facts[3].first, size + 8 + 16);
  EXPECT_EQ(moments(session.sends(get())), "request.head+request.end");
}

TEST(MatrixHttp, H2_transfer_encoding_outweighs_content_length) {
  Session session;
  session.sends(get());
  EXPECT_EQ(moments(session.answers(response(200, "Content-Length: 1\r\n" + std::string(chunked)) +
                                    chunk("one") + std::string(last_chunk))),
            "response.head response.body response.end");
}

TEST(MatrixHttp, H2_a_server_sent_event_ends_at_its_blank_line_not_at_its_chunk) {
  Session session;
  session.sends(get());
  const std::string head =
      response(200, "Content-Type: text/event-stream\r\n" + std::string(chunked));
  EXPECT_EQ(moments(session.answers(head)), "response.head");
  EXPECT_EQ(moments(session.answers(chunk("data: a"))), "");
  EXPECT_EQ(moments_and_ends(session.answers("6\r\n\n\ndata")), "response.body@5");
  EXPECT_EQ(moments(session.answers("\r\n")), "");
  EXPECT_EQ(moments(session.answers(chunk(": b\r\n\r\ndata: c\n\n: d\n\n"))),
            "response.body response.body response.body");
  EXPECT_EQ(moments(session.answers(last_chunk)), "response.end");
}

TEST(MatrixHttp, H2_compressed_events_are_counted_by_chunk) {
  Session session;
  session.sends(get());
  EXPECT_EQ(moments(session.answers(
                response(200, "Content-Type: text/event-stream\r\nContent-Encoding: gzip\r\n" +
                                  std::string(chunked)) +
                chunk("a\n\nb\n\n"))),
            "response.head response.body");
}

TEST(MatrixHttp, H2_an_event_that_ends_the_body_ends_the_response) {
  Session session;
  session.sends(get());
  EXPECT_EQ(
      moments(session.answers(response(
          200, "Content-Type: text/event-stream\r\nContent-Length: 12\r\n", "a: 1\n\nb: 2\n\n"))),
      "response.head response.body response.body+response.end");
}

TEST(MatrixHttp, H3_answers_have_the_number_method_and_status_of_what_they_answer) {
  Session session;
  const Facts asked =
      session.sends(get("/1") + post("body") + "HEAD /3 HTTP/1.1\r\n\r\n" + get("/4"));
  ASSERT_EQ(asked.size(), 5U);
  EXPECT_EQ(asked[2].exchange, 2U);
  EXPECT_EQ(asked[4].exchange, 4U);
  const Facts facts = session.answers(
      with_length(200, "first") + "HTTP/1.1 100 Continue\r\n\r\n" + with_length(503, "x") +
      response(200, "Content-Length: 1000\r\n") + response(304, "Content-Length: 5\r\n"));
  EXPECT_EQ(moments(facts),
            "response.head response.body+response.end response.interim response.head "
            "response.body+response.end response.head+response.end response.head+response.end");
  const std::vector<std::uint32_t> exchanges = {1, 1, 2, 2, 2, 3, 4};
  const std::vector<std::uint32_t> statuses = {200, 200, 100, 503, 503, 200, 304};
  for (std::size_t i = 0; i < facts.size(); ++i) {
    EXPECT_EQ(facts[i].exchange, exchanges[i]) << facts[i];
    EXPECT_EQ(facts[i].attributes[CUT_HTTP_ATTR_STATUS], statuses[i]) << facts[i];
  }
  EXPECT_EQ(facts[4].attributes[CUT_HTTP_ATTR_METHOD], method_bit(CUT_METHOD_POST));
  EXPECT_EQ(facts[5].attributes[CUT_HTTP_ATTR_METHOD], method_bit(CUT_METHOD_HEAD));
}

TEST(MatrixHttp, H3_a_thousand_requests_on_one_connection) {
  Session session;
  for (std::uint32_t i = 1; i <= 1000; ++i) {
    ASSERT_EQ(session.sends(get()).at(0).exchange, i);
    ASSERT_EQ(session.answers(with_length(200, "")).at(0).exchange, i);
  }
}

// A head is due for each; more than are remembered lose the direction, for HEAD may be among them.
TEST(MatrixHttp, H3_as_many_in_a_row_as_are_remembered) {
  std::string requests;
  for (int i = 0; i < CUT_HTTP_QUESTIONS; ++i) requests += get();
  Session session;
  session.sends(requests);
  EXPECT_EQ(session.answers(with_length(200, "")).size(), 1U);
  session.sends(get() + get());
  EXPECT_EQ(session.answers(with_length(200, "")), Facts{});
  EXPECT_EQ(session.server_sync(), Sync::lost);
}

TEST(MatrixHttp, H3_an_answer_may_come_before_its_request_has_ended) {
  Session session;
  session.sends("POST / HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(moments(session.answers(with_length(413, ""))), "response.head+response.end");
  EXPECT_EQ(moments(session.sends("12345" + get())), "request.end request.head+request.end");
}

TEST(MatrixHttp, H3_a_response_that_nobody_asked_for_belongs_to_no_exchange) {
  Session session;
  const Facts facts = session.answers(response(408, "Connection: close\r\n"));
  ASSERT_EQ(facts.size(), 1U);
  EXPECT_EQ(facts[0].exchange, 0U);
}

TEST(MatrixHttp, H3_a_body_that_ends_with_the_connection_has_no_end_that_could_be_seen) {
  Session session;
  session.sends(get());
  EXPECT_EQ(moments(session.answers(response(200, "", std::string(5000, 'x')))), "response.head");
  EXPECT_EQ(moments(session.answers(with_length(200, ""))), "");
  EXPECT_EQ(session.server_sync(), Sync::on);
}

TEST(MatrixHttp, H3_bare_line_feeds_folds_and_any_case_are_understood) {
  Session session;
  EXPECT_EQ(
      moments(session.sends("\r\n\nPOST / HTTP/1.1\nX: a\n b\ncOnTeNt-LeNgTh:\n 4\n\nbodyGET / "
                            "HTTP/1.1\n\n")),
      "request.head request.end request.head+request.end");
}

TEST(MatrixHttp, H4_events_are_counted_in_a_stream_without_end) {
  Session session;
  session.sends(get());
  session.answers(response(200, "Content-Type: text/event-stream\r\n"));
  for (int i = 0; i < 100; ++i)
    ASSERT_EQ(moments(session.answers("data: " + std::to_string(i) + "\n\n")), "response.body");
}

TEST(HttpParser, a_tunnel_and_an_upgrade_are_not_covered) {
  for (const std::string& first : {std::string("SSH-2.0"), std::string("\x16\x03\x01")}) {
    Session session;
    session.sends("CONNECT a:22 HTTP/1.1\r\n\r\n");
    EXPECT_EQ(moments(session.answers(response(200, ""))), "response.head+response.end");
    EXPECT_EQ(session.client_sync(), Sync::on);
    session.sends(first);
    EXPECT_EQ(session.client_sync(), first[0] == 'S' ? Sync::excluded : Sync::encrypted);
  }
  Session session;
  session.sends("CONNECT a:22 HTTP/1.1\r\n\r\n");
  session.answers(with_length(407, ""));
  EXPECT_EQ(moments(session.sends(get())), "request.head+request.end");
  session.answers(response(101, "Upgrade: websocket\r\n"));
  session.answers("frame");
  EXPECT_EQ(session.server_sync(), Sync::excluded);
}

TEST(HttpParser, tls_is_told_by_its_first_byte) {
  Session session;
  session.sends("\x16\x03\x01");
  EXPECT_EQ(session.client_sync(), Sync::encrypted);
}

}  // namespace
}  // namespace cutpoint::test::http

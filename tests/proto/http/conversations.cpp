// SPDX-License-Identifier: Apache-2.0
#include "tests/proto/http/http.h"

namespace cutpoint::test::http {

namespace {

std::string sse(std::string_view fields) {
  return response(200, "content-type: TEXT/Event-Stream; charset=utf-8\r\n" + std::string(fields));
}

std::string bodies() {
  return up(post("0123456789") + post("") + get("/a?b=c", "Host: x\r\nX-Long: 1\r\n  2\r\n")) +
         down(with_length(200, std::string(700, 'b')) + response(204, "") +
              response(200, chunked,
                       chunk("one") + "a;x=\"y\"\r\n0123456789\r\n" + "0\r\nTrailer: 5\r\n\r\n")) +
         up("PUT /x HTTP/1.1\nTransfer-Encoding: gzip,\n chunked\nContent-Length: 3\n\n" +
            chunk("abc") + std::string(last_chunk)) +
         down("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" +
              with_length(503, "")) +
         up("HEAD / HTTP/1.0\r\n\r\n\r\nOPTIONS * HTTP/1.1\r\n\r\n") +
         down(response(200, "Content-Length: 77\r\nContent-Length: 77\r\n") +
              response(200, "", "until the end"));
}

std::string events() {
  const std::string stream = "data: 1\n\n: ping\r\n\r\n\ndata: 2\ndata: 3\n\n";
  return up(get("/events") + get() + get() + get()) +
         down(sse(chunked) + chunk("data: 1") + chunk("\n\ndata: 2\n\n") + chunk("data: 3\n") +
              chunk("\n") + std::string(last_chunk)) +
         down(sse("Content-Length: " + std::to_string(stream.size()) + "\r\n") + stream) +
         down(response(
             200,
             "Content-Type: text/event-stream\r\nContent-Encoding: gzip\r\n" + std::string(chunked),
             chunk("a\n\nb\n\n") + std::string(last_chunk))) +
         down(sse("") + stream + "data: 4\n\n");
}

std::string two() {
  const std::string settings = frame(4, 0, 0, std::string(6, '\0'));
  return up(std::string(preface) + settings + frame(1, 0x24, 1, std::string(20, 'h')) +
            frame(0, 0x01, 1, "body") + frame(1, 0x01, 3, "hpack") + frame(9, 0, 3, "more") +
            frame(9, 0x04, 3, "rest")) +
         down(settings + frame(4, 1, 0) + frame(1, 0x04, 1, "h") + frame(0, 0x08, 1, "\3abc") +
              frame(0, 0, 1, std::string(500, 'd')) + frame(6, 0, 0, "12345678") +
              frame(1, 0x05, 1, "trailers")) +
         up(frame(4, 1, 0) + frame(8, 0, 0, "1234") + frame(2, 0, 5, "12345") +
            frame(6, 1, 0, "12345678") + frame(0xfa, 7, 9, "unknown")) +
         down(frame(5, 0, 3, "1234push") + frame(9, 0x04, 3, "more") + frame(1, 0x05, 3, "") +
              frame(1, 0x05, 2, "pushed") + frame(3, 0, 1, "1234") + frame(7, 0, 0, "12345678bye"));
}

std::string granted(std::string_view request, std::string_view answer, std::string_view first) {
  return up(request) + down(answer) + up(first);
}

}  // namespace

std::vector<Conversation> conversations() {
  return {
      {"bodies", bodies()},
      {"events", events()},
      {"two", two()},
      {"methods", up("DELETE / HTTP/1.1\r\n\r\nPATCH / HTTP/1.1\r\n\r\nTRACE / HTTP/1.1\r\n\r\n"
                     "M-SEARCH * HTTP/1.1\r\n\r\nCONNECT a:1 HTTP/1.1\r\n\r\n") +
                      down(with_length(200, "") + with_length(405, "no") + with_length(405, "") +
                           response(304, "") + with_length(407, "")) +
                      up(get())},
      {"tls", up("\x16\x03\x01")},
      {"tunnel", granted("CONNECT a:443 HTTP/1.1\r\n\r\n", response(200, ""), "\x16\x03\x01")},
      {"websocket", granted(get("/", "Upgrade: websocket\r\n"), response(101, ""), "frame")},
      {"server first", down(frame(4, 0, 0)) + up(std::string(preface) + frame(4, 0, 0))},
  };
}

}  // namespace cutpoint::test::http

// SPDX-License-Identifier: Apache-2.0
// A connection to an HTTP service as its parser sees it, and what it said of one message:
//   fact({CUT_HTTP_RESPONSE_HEAD}).at(0, 19).status(200)
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "bpf/proto/http.h"
#include "tests/proto/records.h"
#include "tests/proto/walk.h"

namespace cutpoint::test::http {

struct Fact {
  cut_direction direction = CUT_UPSTREAM;
  std::uint64_t moments = 0;
  std::uint32_t first = 0;  // sequence number of its first byte
  std::uint32_t last = 0;   // one past its last byte
  std::array<std::uint32_t, CUT_HTTP_ATTRIBUTE_COUNT> attributes = {};
  std::uint32_t exchange = 1;
  bool told = true;  // method, status and path are

  auto operator<=>(const Fact&) const = default;
  [[nodiscard]] bool is(cut_http_moment moment) const { return (moments >> moment & 1) != 0; }
};

using Facts = std::vector<Fact>;

// As a test failure shows it: "response.head+response.end down [0, 19) status 204 #2".
std::ostream& operator<<(std::ostream& out, const Fact& fact);

struct Http {
  using State = cut_http;
  using Fact = http::Fact;

  static constexpr auto step = cut_http_step;
  static constexpr auto flush = cut_http_flush;
  static constexpr auto join = cut_http_join;

  static Fact fact_of(cut_direction direction, const cut_facts& facts);
};

using Wire = WireOf<Http>;

// Each side's turn travels in one segment. Facts come back with their bytes counted from the start
// of the turn.
class Session {
 public:
  Facts sends(std::string_view bytes) { return wire_.turn(CUT_UPSTREAM, bytes); }
  Facts answers(std::string_view bytes) { return wire_.turn(CUT_DOWNSTREAM, bytes); }

  [[nodiscard]] Sync client_sync() const { return wire_.sync(CUT_UPSTREAM); }
  [[nodiscard]] Sync server_sync() const { return wire_.sync(CUT_DOWNSTREAM); }
  [[nodiscard]] const cut_http& parser() const { return wire_.parser(); }

 private:
  Wire wire_;
};

// "request.head request.end": the moments of each fact, joined by "+", the facts by blanks. With
// the numbers of bytes in front, where they matter: "request.head@18 request.end@23".
std::string moments(const Facts& facts);
std::string moments_and_ends(const Facts& facts);

// Messages as bytes.
std::string get(std::string_view target = "/", std::string_view fields = "");
std::string post(std::string_view body, std::string_view target = "/");
std::string response(int status, std::string_view fields, std::string_view body = "");
std::string with_length(int status, std::string_view body);
std::string chunk(std::string_view data);
inline constexpr std::string_view chunked = "Transfer-Encoding: chunked\r\n";
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

// HTTP/2 (RFC 9113, 3.4 and 4.1).
inline constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
std::string frame(int type, int flags, std::uint32_t stream, std::string_view payload = "");
std::string frame_as(std::uint32_t length, int type, int flags, std::uint32_t stream);

// What is wrong with a connection, as records.h writes it; empty: nothing.
std::string violation(std::string_view records);

// Whole connections as records, for tests that care about how bytes travel.
using Conversation = RecordedConnection;
std::vector<Conversation> conversations();

}  // namespace cutpoint::test::http

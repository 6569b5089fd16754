// SPDX-License-Identifier: Apache-2.0
#include "tests/socket/datapath/harness/pgwire.h"

namespace cutpoint::datapath::pgwire {
namespace {

constexpr std::uint32_t protocol_3 = 3U << 16;
constexpr std::uint32_t ssl_code = 80877103;
constexpr std::uint32_t secret = 0x5ec2e7;

std::string big_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    text.push_back(static_cast<char>(value >> shift & 0xff));
  }
  return text;
}

std::string zero_terminated(std::string_view text) {
  return std::string(text) + '\0';
}

std::string untyped(const std::string& body) {
  return big_endian(body.size() + 4, 4) + body;
}

}  // namespace

std::string message(char type, std::string_view body) {
  return type + big_endian(body.size() + 4, 4) + std::string(body);
}

std::string startup() {
  return untyped(big_endian(protocol_3, 4) + zero_terminated("user") + zero_terminated("test") +
                 '\0');
}

std::string ssl_request() {
  return untyped(big_endian(ssl_code, 4));
}

std::string query(std::string_view sql) {
  return message('Q', zero_terminated(sql));
}

std::string commit() {
  return query("COMMIT");
}

std::string extended(std::string_view sql) {
  const std::string none(1, '\0');
  return message('P', none + zero_terminated(sql) + big_endian(0, 2)) +
         message('B', none + none + big_endian(0, 6)) + message('D', 'P' + none) +
         message('E', none + big_endian(0, 4)) + message('S', "");
}

std::string welcome(std::uint32_t pid) {
  return message('R', big_endian(0, 4)) + message('K', big_endian(pid, 4) + big_endian(secret, 4)) +
         ready('I');
}

std::string ready(char status) {
  return message('Z', std::string(1, status));
}

std::string complete(std::string_view tag) {
  return message('C', zero_terminated(tag));
}

std::string data_row(std::size_t bytes) {
  return message('D', big_endian(1, 2) + big_endian(bytes, 4) + std::string(bytes, 'x'));
}

}  // namespace cutpoint::datapath::pgwire

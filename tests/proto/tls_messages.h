// SPDX-License-Identifier: Apache-2.0
// TLS records and hellos, written by hand where no real client would say them so.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cutpoint::test::tls {

// Big-endian, in so many bytes.
inline std::string number(std::uint32_t value, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    text += static_cast<char>(value >> shift & 0xff);
  return text;
}

// What follows its own length.
inline std::string counted(std::string_view body, int bytes) {
  return number(static_cast<std::uint32_t>(body.size()), bytes) + std::string(body);
}

inline std::string record(int type, std::string_view body, int version = 0x0303) {
  return number(static_cast<std::uint32_t>(type), 1) +
         number(static_cast<std::uint32_t>(version), 2) + counted(body, 2);
}
inline std::string handshake_record(std::string_view body) {
  return record(22, body);
}
inline std::string data_record(std::string_view body) {
  return record(23, body);
}

inline std::string message(int type, std::string_view body) {
  return number(static_cast<std::uint32_t>(type), 1) + counted(body, 3);
}

inline std::string extension(int type, std::string_view body) {
  return number(static_cast<std::uint32_t>(type), 2) + counted(body, 2);
}
// RFC 6066, 3.
inline std::string server_name(std::string_view name) {
  return extension(0, counted(number(0, 1) + counted(name, 2), 2));
}
// RFC 8446, 4.2.1: in a ClientHello, and in a ServerHello.
inline std::string versions_offered(const std::vector<std::uint32_t>& versions) {
  std::string list;
  for (const std::uint32_t version : versions) list += number(version, 2);
  return extension(43, counted(list, 1));
}
inline std::string version_selected(std::uint32_t version) {
  return extension(43, number(version, 2));
}

// RFC 8446, 4.1.2 and 4.1.3; without extensions the hellos of TLS 1.2 may end early.
inline std::string client_hello(std::string_view extensions, std::uint32_t version = 0x0303) {
  return message(1, number(version, 2) + std::string(32, 'c') + counted("session", 1) +
                        counted(std::string("\x13\x01\x13\x02", 4), 2) +
                        counted(std::string(1, '\0'), 1) + counted(extensions, 2));
}
inline std::string server_hello(std::string_view extensions, std::uint32_t version = 0x0303,
                                const std::string& random = std::string(32, 's')) {
  return message(2, number(version, 2) + random + counted("session", 1) +
                        std::string("\x13\x01\x00", 3) + counted(extensions, 2));
}
inline std::string hello_of(std::string_view name) {
  return handshake_record(client_hello(server_name(name) + versions_offered({0x0304, 0x0303})));
}

}  // namespace cutpoint::test::tls

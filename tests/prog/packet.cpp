// SPDX-License-Identifier: Apache-2.0
#include "tests/prog/packet.h"

#include <arpa/inet.h>
#include <cstring>

namespace cutpoint::prog {
namespace {

constexpr std::uint16_t target_port = 40'000;
constexpr std::uint16_t service_port = 5432;
constexpr std::uint8_t protocol_tcp = 6;
constexpr std::size_t v4_header = 20;
constexpr std::size_t v6_header = 40;
constexpr std::size_t tcp_header = 20;
constexpr std::size_t v4_addresses = 12;  // offsets into the headers
constexpr std::size_t v6_addresses = 8;
constexpr std::size_t tcp_checksum = 16;

void put(Bytes& bytes, std::uint64_t value, int size) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}

void put(Bytes& bytes, const Bytes& more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

std::uint32_t number(const std::uint8_t* at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | at[i];
  return value;
}

// RFC 1071: 0 over bytes that hold their own checksum.
std::uint16_t checksum(const Bytes& bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum += i % 2 == 0 ? static_cast<std::uint32_t>(bytes[i]) << 8 : bytes[i];
  }
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

std::uint16_t tcp_checksum_of(const Bytes& addresses, const Bytes& tcp) {
  Bytes all = addresses;
  put(all, protocol_tcp, 4);
  put(all, tcp.size(), 4);
  put(all, tcp);
  return checksum(all);
}

Bytes address(bool v6, bool service) {
  Bytes bytes =
      v6 ? Bytes{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0} : Bytes{192, 0, 2};
  bytes.push_back(service ? 2 : 1);
  return bytes;
}

Bytes tcp_of(const Segment& segment, const Bytes& addresses) {
  Bytes tcp;
  put(tcp, segment.reversed ? service_port : target_port, 2);
  put(tcp, segment.reversed ? target_port : service_port, 2);
  put(tcp, segment.seq, 4);
  put(tcp, segment.ack, 4);
  put(tcp, (tcp_header + segment.tcp_options.size()) / 4 << 4, 1);
  put(tcp, segment.flags, 1);
  put(tcp, 0xffff, 2);
  put(tcp, 0, 4);
  put(tcp, segment.tcp_options);
  put(tcp, Bytes(segment.payload.begin(), segment.payload.end()));
  const std::uint16_t sum = tcp_checksum_of(addresses, tcp);
  tcp[tcp_checksum] = static_cast<std::uint8_t>(sum >> 8);
  tcp[tcp_checksum + 1] = static_cast<std::uint8_t>(sum);
  return tcp;
}

}  // namespace

Bytes Segment::build() const {
  Bytes addresses = address(v6, reversed);
  put(addresses, address(v6, !reversed));
  const Bytes tcp = tcp_of(*this, addresses);
  Bytes frame(12, 0x02);
  put(frame, v6 ? 0x86dd : 0x0800, 2);
  if (v6) {
    put(frame, 6U << 28, 4);
    put(frame, extension.size() + tcp.size(), 2);
    put(frame, extension.empty() ? protocol_tcp : extension_type, 1);
    put(frame, 64, 1);
    put(frame, addresses);
    put(frame, extension);
  } else {
    Bytes header;
    put(header, 0x40 | (v4_header + ip_options.size()) / 4, 1);
    put(header, 0, 1);
    put(header, v4_header + ip_options.size() + tcp.size(), 2);
    put(header, 0, 4);
    put(header, 64, 1);
    put(header, protocol_tcp, 1);
    put(header, 0, 2);
    put(header, addresses);
    put(header, ip_options);
    const std::uint16_t sum = checksum(header);
    header[10] = static_cast<std::uint8_t>(sum >> 8);
    header[11] = static_cast<std::uint8_t>(sum);
    put(frame, header);
  }
  put(frame, tcp);
  return frame;
}

cut_tuple tuple_of(bool v6) {
  cut_tuple tuple{};
  const auto fill = [v6](cut_address& to, bool service) {
    const Bytes bytes = address(v6, service);
    if (!v6) to.word[2] = htonl(0xffff);
    std::memcpy(reinterpret_cast<std::uint8_t*>(&to) + 16 - bytes.size(), bytes.data(),
                bytes.size());
  };
  fill(tuple.local, false);
  fill(tuple.remote, true);
  tuple.local_port = target_port;
  tuple.remote_port = service_port;
  return tuple;
}

Parsed parse(const Bytes& frame) {
  Parsed parsed;
  const std::uint8_t* ip = &frame[ethernet_header];
  parsed.v6 = ip[0] >> 4 == 6;
  const std::size_t header = parsed.v6 ? v6_header : v4_header;
  const std::size_t tcp_size = parsed.v6 ? number(ip + 4, 2) : number(ip + 2, 2) - v4_header;
  const std::uint8_t* tcp = ip + header;
  const std::size_t offset = static_cast<std::size_t>(tcp[12] >> 4) * 4;
  if (ethernet_header + header + tcp_size > frame.size() || tcp_size < offset) return parsed;
  parsed.length = tcp_size - offset;
  parsed.seq = number(tcp + 4, 4);
  parsed.flags = tcp[13];
  parsed.payload.assign(tcp + offset, tcp + tcp_size);
  const Bytes addresses(ip + (parsed.v6 ? v6_addresses : v4_addresses), ip + header);
  parsed.checksums_right = tcp_checksum_of(addresses, Bytes(tcp, tcp + tcp_size)) == 0 &&
                           (parsed.v6 || checksum(Bytes(ip, ip + v4_header)) == 0);
  return parsed;
}

}  // namespace cutpoint::prog

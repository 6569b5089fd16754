// SPDX-License-Identifier: Apache-2.0
#include "controller/report/pcapng.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace cutpoint {
namespace {

// Section 4: the types of blocks; 3.5 and below: the options of each.
constexpr std::uint32_t section_header = 0x0a0d0d0a;
constexpr std::uint32_t interface_description = 1;
constexpr std::uint32_t interface_statistics = 5;
constexpr std::uint32_t enhanced_packet = 6;

constexpr std::uint32_t byte_order_magic = 0x1a2b3c4d;
constexpr std::uint16_t link_type_raw = 101;  // IPv4 or IPv6, by its first byte

constexpr std::uint16_t end_of_options = 0;
constexpr std::uint16_t comment_option = 1;
constexpr std::uint16_t section_application = 4;
constexpr std::uint16_t interface_name = 2;
constexpr std::uint16_t interface_time_resolution = 9;
constexpr std::uint16_t packet_flags = 2;
constexpr std::uint16_t statistics_received = 4;
constexpr std::uint16_t statistics_dropped = 5;

constexpr std::uint8_t nanoseconds = 9;  // 10^-9
constexpr std::uint32_t flag_inbound = 1;
constexpr std::uint32_t flag_outbound = 2;

constexpr std::size_t word = 4;

template <typename Number>
void put(std::string& to, Number number) {
  to.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void pad(std::string& to) {
  to.append((word - to.size() % word) % word, '\0');
}

void put_bytes(std::string& to, std::string_view bytes) {
  to += bytes;
  pad(to);
}

void put_option(std::string& to, std::uint16_t code, std::string_view value) {
  value = value.substr(0, std::numeric_limits<std::uint16_t>::max());
  put(to, code);
  put(to, static_cast<std::uint16_t>(value.size()));
  put_bytes(to, value);
}

template <typename Number>
void put_number(std::string& to, std::uint16_t code, Number number) {
  put_option(to, code, {reinterpret_cast<const char*>(&number), sizeof number});
}

void put_text(std::string& to, std::uint16_t code, std::string_view text) {
  if (!text.empty()) put_option(to, code, text);
}

// Its high word first, whatever the byte order.
void put_time(std::string& to, std::int64_t unix_ns) {
  const auto ns = static_cast<std::uint64_t>(unix_ns);
  put(to, static_cast<std::uint32_t>(ns >> 32U));
  put(to, static_cast<std::uint32_t>(ns));
}

void put_block(std::string& to, std::uint32_t type, std::string body) {
  put(body, std::uint32_t{end_of_options});
  const auto length = static_cast<std::uint32_t>(body.size() + 3 * word);
  put(to, type);
  put(to, length);
  to += body;
  put(to, length);
}

}  // namespace

PcapngFile::PcapngFile(std::string_view application, std::string_view comment,
                       std::string_view interface) {
  std::string section;
  put(section, byte_order_magic);
  put(section, std::uint16_t{1});  // version 1.0
  put(section, std::uint16_t{0});
  put(section, std::int64_t{-1});  // length of the section: not given
  put_text(section, comment_option, comment);
  put_text(section, section_application, application);
  put_block(text_, section_header, std::move(section));

  std::string described;
  put(described, link_type_raw);
  put(described, std::uint16_t{0});
  put(described, std::uint32_t{0});  // no one limit for all packets
  put_text(described, interface_name, interface);
  put_number(described, interface_time_resolution, nanoseconds);
  put_block(text_, interface_description, std::move(described));
}

void PcapngFile::add(const PcapngPacket& packet) {
  std::string body;
  put(body, std::uint32_t{0});  // of the only interface
  put_time(body, packet.unix_ns);
  put(body, static_cast<std::uint32_t>(packet.bytes.size()));
  put(body, packet.length);
  put_bytes(body, packet.bytes);
  put_text(body, comment_option, packet.comment);
  put_number(body, packet_flags, packet.outbound ? flag_outbound : flag_inbound);
  put_block(text_, enhanced_packet, std::move(body));
}

std::string PcapngFile::finish(std::int64_t unix_ns, std::uint64_t seen, std::uint64_t dropped) && {
  std::string body;
  put(body, std::uint32_t{0});
  put_time(body, unix_ns);
  put_number(body, statistics_received, seen);
  put_number(body, statistics_dropped, dropped);
  put_block(text_, interface_statistics, std::move(body));
  return std::move(text_);
}

}  // namespace cutpoint

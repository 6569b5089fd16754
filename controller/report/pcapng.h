// SPDX-License-Identifier: Apache-2.0
// Files of packets as Wireshark and tshark read them: draft-ietf-opsawg-pcapng, one section with
// one interface, in the byte order of this host.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cutpoint {

struct PcapngPacket {
  std::int64_t unix_ns = 0;    // since 1970, UTC
  std::string_view bytes;      // from the IPv4 or IPv6 header on, as far as they were recorded
  std::uint32_t length = 0;    // of the packet itself
  bool outbound = false;       // from whoever the file is about
  std::string_view comment{};  // empty: none
};

class PcapngFile {
 public:
  // `comment` is on the whole of it.
  PcapngFile(std::string_view application, std::string_view comment, std::string_view interface);

  void add(const PcapngPacket& packet);
  // Closes it: how many there were, and of them not recorded.
  std::string finish(std::int64_t unix_ns, std::uint64_t seen, std::uint64_t dropped) &&;

 private:
  std::string text_;
};

}  // namespace cutpoint

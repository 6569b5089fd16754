// SPDX-License-Identifier: Apache-2.0
#include "controller/run/trace_peers.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <fmt/format.h>
#include <optional>
#include <string_view>

#include "controller/run/rules.h"
#include "controller/util/host_port.h"

namespace cutpoint {
namespace {

constexpr unsigned address_bits = 128;
constexpr unsigned mapped_bits = 96;  // in front of an IPv4 address

template <typename Number>
std::optional<Number> number_in(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

struct Parts {
  std::string host;  // empty: any
  std::optional<std::string> prefix;
  std::optional<std::string> port;
};

// "[::1]:80", "::1", "10.0.0.0/8:80", "host".
std::optional<Parts> parts_of(std::string_view text) {
  Parts parts;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    parts.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    const bool is_v6 = std::count(text.begin(), text.end(), ':') > 1;
    const std::size_t end = std::min(text.find_first_of(is_v6 ? "/" : "/:"), text.size());
    parts.host = text.substr(0, end);
    rest = text.substr(end);
  }
  const std::size_t colon = rest.find(':');
  if (colon != std::string_view::npos) parts.port = std::string(rest.substr(colon + 1));
  rest = rest.substr(0, colon);
  if (rest.starts_with('/')) parts.prefix = std::string(rest.substr(1));
  if (!rest.empty() && !parts.prefix) return std::nullopt;
  if (parts.host.empty() && (parts.prefix || !parts.port)) return std::nullopt;
  return parts;
}

cut_peer peer_of(const cut_address& address, unsigned bits, std::uint16_t port) {
  constexpr unsigned word_bits = 32;
  cut_peer peer{};
  peer.port = port;
  for (unsigned i = 0; i < 4; ++i) {
    const unsigned begin = i * word_bits;
    const unsigned inside = std::min(bits > begin ? bits - begin : 0, word_bits);
    const std::uint32_t mask = inside == 0 ? 0 : ~std::uint32_t{0} << (word_bits - inside);
    peer.mask.word[i] = ::htonl(mask);
    peer.address.word[i] = address.word[i] & peer.mask.word[i];
  }
  return peer;
}

Error no_peer(const std::string& text, const std::string& why) {
  return Error{ExitCode::usage, fmt::format("--peer {}: {}", text, why),
               "write e.g. 10.1.2.3, 10.0.0.0/8, [fd00::1]:5432, db.example:5432 or :5432"};
}

Status add_peers(const std::string& text, std::vector<cut_peer>& peers) {
  const auto parts = parts_of(text);
  if (!parts) return no_peer(text, "it is no HOST[:PORT]");
  std::uint16_t port = 0;
  if (parts->port) {
    const auto number = number_in<std::uint16_t>(*parts->port);
    if (!number || *number == 0) {
      return no_peer(text, fmt::format("`{}` is no port", *parts->port));
    }
    port = *number;
  }
  if (parts->host.empty()) {
    peers.push_back(peer_of({}, 0, port));
    return {};
  }
  if (const auto known = parse_endpoint(parts->host, port)) {
    const unsigned above = parts->host.find(':') == std::string::npos ? mapped_bits : 0;
    const unsigned most = address_bits - above;
    const auto length = parts->prefix ? number_in<unsigned>(*parts->prefix) : most;
    if (!length || *length > most) {
      return no_peer(text,
                     fmt::format("`{}` is no prefix length of 0 to {}", *parts->prefix, most));
    }
    peers.push_back(peer_of(known->address, above + *length, port));
    return {};
  }
  if (parts->prefix) return no_peer(text, "a prefix length goes with an address");
  auto addresses = resolve_host(parts->host);
  if (!addresses) return std::move(addresses).error().within("--peer " + text);
  for (const std::string& address : *addresses) {
    if (const auto known = parse_endpoint(address, port)) {
      peers.push_back(peer_of(known->address, address_bits, port));
    }
  }
  return {};
}

}  // namespace

Result<std::vector<cut_peer>> parse_peers(const std::vector<std::string>& texts) {
  std::vector<cut_peer> peers;
  for (const std::string& text : texts) CUTPOINT_TRY(add_peers(text, peers));
  if (peers.size() <= CUT_MAX_PEERS) return peers;
  return Error{ExitCode::usage,
               fmt::format("--peer: {} addresses are named, of which there can be {}", peers.size(),
                           CUT_MAX_PEERS),
               "name a prefix that holds several, e.g. 10.0.0.0/8"};
}

}  // namespace cutpoint

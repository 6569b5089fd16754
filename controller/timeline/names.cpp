// SPDX-License-Identifier: Apache-2.0
#include "controller/timeline/names.h"

#include <array>
#include <cstring>
#include <span>

#include "bpf/abi/event.h"
#include "bpf/abi/reasons.h"
#include "generated/protocols.h"

namespace cutpoint {
namespace {

constexpr std::string_view unknown = "?";

struct Attribute {
  std::string_view name;
  cut_attribute_kind kind;
};

struct Protocol {
  std::string_view name;
  std::span<const std::string_view> moments;
  std::span<const Attribute> attributes;
  std::span<const std::string_view> commands;
};

// One table per list of each protocol's ABI header, found by the header's naming convention.
#define MOMENT(id, name, direction, evidence, description) std::string_view{name},
#define ATTRIBUTE(id, name, kind, description) Attribute{name, kind},
#define COMMAND(id, name) std::string_view{name},
#define TABLES(name, upper)                                                           \
  constexpr auto name##_moments = std::array{CUT_##upper##_MOMENTS(MOMENT)};          \
  constexpr auto name##_attributes = std::array{CUT_##upper##_ATTRIBUTES(ATTRIBUTE)}; \
  /* Behind them one more, for a protocol that has none. */                           \
  constexpr auto name##_commands = std::array{CUT_##upper##_COMMANDS(COMMAND) unknown};
#define ROW(name, upper) Protocol{#name, name##_moments, name##_attributes, name##_commands},

CUT_PROTOCOLS(TABLES)
constexpr auto protocols = std::array{CUT_PROTOCOLS(ROW)};

#undef ROW
#undef TABLES
#undef COMMAND
#undef ATTRIBUTE
#undef MOMENT

constexpr auto transport_moments = std::array{
#define X(id, name, direction, bytes, description) std::string_view{name},
    CUT_TRANSPORT_MOMENTS(X)
#undef X
};

constexpr auto events = std::array{
#define X(id, name, meaning) std::string_view{name},
    CUT_EVENTS(X)
#undef X
};

constexpr auto reasons = std::array{
#define X(id, name, meaning) std::string_view{name},
    CUT_REASONS(X)
#undef X
};

// Indexed by the kernel's number; 0 is not a state.
constexpr std::array<std::string_view, 13> tcp_states = {
    unknown, "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2",   "TIME_WAIT",
    "CLOSE", "CLOSE_WAIT",  "LAST_ACK", "LISTEN",   "CLOSING",   "NEW_SYN_RECV"};

template <typename List>
std::string_view name_in(const List& list, unsigned index) {
  return index < list.size() ? list[index] : unknown;
}

const Protocol* find_protocol(unsigned number) {
  return number < protocols.size() ? &protocols[number] : nullptr;
}

std::string command_text(const Protocol& protocol, std::uint32_t commands) {
  std::string text;
  for (unsigned bit = 0; bit < 32; ++bit) {
    if (((commands >> bit) & 1U) == 0) continue;
    if (!text.empty()) text += '+';
    text += name_in(protocol.commands, bit);
  }
  return text.empty() ? "none" : text;
}

std::string sqlstate_text(std::uint32_t value) {
  std::string text(5, '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, value /= 36) {
    *digit = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[value % 36];
  }
  return text;
}

std::string character_text(std::uint32_t value) {
  const bool printable = value > 0x20 && value < 0x7f;
  return printable ? std::string(1, static_cast<char>(value)) : "none";
}

// "#1a2b3c4d"
std::string hash_text(std::uint32_t value) {
  std::string text = "#00000000";
  for (auto digit = text.rbegin(); value != 0; ++digit, value >>= 4U) {
    *digit = "0123456789abcdef"[value & 0xfU];
  }
  return text;
}

// RFC 8446, 4.1.2: 0x0301 is TLS 1.0.
std::string version_text(std::uint32_t value) {
  constexpr std::uint32_t before_first = 0x0300;
  if (value == 0) return "none";
  return value > before_first ? "1." + std::to_string(value - before_first - 1) : "SSL 3.0";
}

}  // namespace

std::string_view event_name(unsigned kind) {
  return name_in(events, kind);
}

std::string_view reason_name(unsigned reason) {
  return name_in(reasons, reason);
}

std::string_view tcp_state_name(unsigned state) {
  return name_in(tcp_states, state);
}

std::string_view direction_name(unsigned direction) {
  constexpr std::array<std::string_view, CUT_DIRECTIONS> names = {"upstream", "downstream"};
  return name_in(names, direction);
}

std::string_view mask_name(unsigned directions) {
  constexpr std::array<std::string_view, 4> names = {"none", "up", "down", "both"};
  return name_in(names, directions);
}

std::string_view ends_name(unsigned ends) {
  constexpr std::array<std::string_view, 4> names = {"none", "client", "server", "both"};
  return name_in(names, ends);
}

std::string_view acks_name(cut_acks acks) {
  switch (acks) {
    case CUT_ACKS_DROP:
      return "drop";
    case CUT_ACKS_PASS:
      return "pass";
  }
  return unknown;
}

std::string_view then_name(cut_then then) {
  switch (then) {
    case CUT_THEN_SILENCE:
      return "silence";
    case CUT_THEN_FIN:
      return "fin";
    case CUT_THEN_RST:
      return "rst";
  }
  return unknown;
}

std::string_view change_name(cut_change change) {
  switch (change) {
    case CUT_CHANGE_FLIP:
      return "flip";
    case CUT_CHANGE_ZERO:
      return "zero";
    case CUT_CHANGE_REPLACE:
      return "replace";
  }
  return unknown;
}

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name == nullptr ? std::string(unknown) : std::string("SIG") + name;
}

std::string_view scope_name(cut_scope scope) {
  switch (scope) {
    case CUT_SCOPE_FLOW:
      return "flow";
    case CUT_SCOPE_SERVICE:
      return "service";
  }
  return unknown;
}

std::string_view heal_name(cut_heal heal) {
  switch (heal) {
    case CUT_HEAL_RELEASE:
      return "release";
    case CUT_HEAL_RESET:
      return "reset";
  }
  return unknown;
}

std::string_view mode_name(cut_mode mode) {
  switch (mode) {
    case CUT_ENFORCE:
      return "enforce";
    case CUT_OBSERVE:
      return "observe";
  }
  return unknown;
}

std::string position_name(cut_position position, std::uint32_t byte) {
  switch (position) {
    case CUT_BEFORE:
      return "before";
    case CUT_BYTE:
      return "byte:" + std::to_string(byte);
    case CUT_AFTER:
      return "after";
  }
  return std::string{unknown};
}

std::optional<unsigned> protocol_number(std::string_view name) {
  for (unsigned number = 0; number < protocols.size(); ++number) {
    if (protocols[number].name == name) return number;
  }
  return std::nullopt;
}

std::string_view moment_name(unsigned protocol, unsigned bit) {
  if (bit >= CUT_TRANSPORT_FIRST) return name_in(transport_moments, bit - CUT_TRANSPORT_FIRST);
  const Protocol* words = find_protocol(protocol);
  return words == nullptr ? unknown : name_in(words->moments, bit);
}

std::vector<std::string> moment_names(unsigned protocol, std::uint64_t moments) {
  std::vector<std::string> names;
  for (unsigned bit = 0; bit < 64; ++bit) {
    if (((moments >> bit) & 1U) != 0) names.emplace_back(moment_name(protocol, bit));
  }
  return names;
}

unsigned attribute_count(unsigned protocol) {
  const Protocol* words = find_protocol(protocol);
  return words == nullptr ? 0 : static_cast<unsigned>(words->attributes.size());
}

std::string_view attribute_name(unsigned protocol, unsigned attribute) {
  return attribute < attribute_count(protocol) ? find_protocol(protocol)->attributes[attribute].name
                                               : unknown;
}

std::string attribute_text(unsigned protocol, unsigned attribute, std::uint32_t value) {
  if (attribute >= attribute_count(protocol)) return std::to_string(value);
  const Protocol& words = *find_protocol(protocol);
  switch (words.attributes[attribute].kind) {
    case CUT_ATTR_NUMBER:
      return std::to_string(value);
    case CUT_ATTR_CHARACTER:
      return character_text(value);
    case CUT_ATTR_COMMANDS:
      return command_text(words, value);
    case CUT_ATTR_VERSION:
      return version_text(value);
    case CUT_ATTR_SQLSTATE:
      return sqlstate_text(value);
    case CUT_ATTR_HASH:
      return value == 0 ? "none" : hash_text(value);
    case CUT_ATTR_TEXT:
    case CUT_ATTR_PREFIX:
      return "a text of " + std::to_string(value) + (value == 1 ? " byte" : " bytes");
  }
  return std::to_string(value);
}

}  // namespace cutpoint

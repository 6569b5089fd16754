// SPDX-License-Identifier: Apache-2.0
#include "controller/scenario/filters.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <string_view>

#include "controller/scenario/shapes.h"

namespace cutpoint {
namespace {

using yaml::Field;

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

std::string upper(std::string text) {
  for (char& c : text) c = upper(c);
  return text;
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// One ASCII character; of `valid`, if that is not empty.
bool read_character(const Field& field, const std::string& valid, std::uint32_t& value) {
  std::string text;
  if (valid.empty()) {
    if (!yaml::read_text(field, text)) return false;
    if (text.size() != 1) {
      field.complain(fmt::format("`{}` must be one ASCII character, not `{}`", field.name, text));
      return false;
    }
  } else {
    std::vector<std::string> choices;
    for (const char c : valid) choices.emplace_back(1, c);
    std::size_t index = 0;
    if (!yaml::read_index(field, "value", "`" + field.name + "`", choices, index)) return false;
    text = choices[index];
  }
  value = static_cast<unsigned char>(text.front());
  return true;
}

// An SQL command, in any case, as a bit of the protocol's command set.
bool read_command(const Field& field, const ProtocolInfo& protocol, std::uint32_t& value) {
  yaml::TreeNode node = *field.node;
  node.text = upper(node.text);
  std::size_t bit = 0;
  if (!yaml::read_index({&node, field.name, field.diagnostics}, "command", "", protocol.commands,
                        bit)) {
    return false;
  }
  value = 1U << bit;
  return true;
}

// Five base-36 digits, the first most significant (PostgreSQL 15 documentation, appendix A).
bool read_sqlstate(const Field& field, std::uint32_t& value) {
  std::string text;
  if (!yaml::read_text(field, text)) return false;
  const auto digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); };
  if (text.size() != 5 || !std::all_of(text.begin(), text.end(), digit)) {
    field.complain(fmt::format("`{}` must be five characters of 0-9 and A-Z, e.g. 40001, not `{}`",
                               field.name, text));
    return false;
  }
  value = 0;
  for (const char c : text) {
    value = value * 36 + static_cast<std::uint32_t>(c <= '9' ? c - '0' : c - 'A' + 10);
  }
  return true;
}

// TLS 1.0 is 0x0301 (RFC 8446, 4.1.2).
const std::vector<std::string>& tls_versions() {
  static const std::vector<std::string> list{"1.0", "1.1", "1.2", "1.3"};
  return list;
}

bool read_version(const Field& field, std::uint32_t& value) {
  std::size_t index = 0;
  if (!yaml::read_index(field, "version", "`" + field.name + "`", tls_versions(), index))
    return false;
  value = 0x0301 + static_cast<std::uint32_t>(index);
  return true;
}

// Kept as it is written; its place among the rule's texts is given by whoever has them all.
bool read_short_text(const Field& field) {
  std::string text;
  if (!yaml::read_text(field, text)) return false;
  if (text.size() <= CUT_TEXT_BYTES) return true;
  field.complain(fmt::format("`{}` is {} bytes long; of a text, {} are compared at most",
                             field.name, text.size(), CUT_TEXT_BYTES));
  return false;
}

// Of a text of any length: the kernel remembers no more of it than that.
bool read_hash(const Field& field, std::uint32_t& value) {
  std::string text;
  if (!yaml::read_text(field, text)) return false;
  value = hash_of(text);
  return true;
}

std::uint32_t most_of(const AttributeInfo& attribute) {
  return attribute.is_flag ? 1 : std::numeric_limits<std::uint32_t>::max();
}

bool read_value(const Field& field, const ProtocolInfo& protocol, const AttributeInfo& attribute,
                std::uint32_t& value) {
  switch (attribute.kind) {
    case CUT_ATTR_NUMBER:
      return yaml::read_number<std::uint32_t>(field, 0, value, most_of(attribute));
    case CUT_ATTR_CHARACTER:
      return read_character(field, attribute.characters, value);
    case CUT_ATTR_COMMANDS:
      return read_command(field, protocol, value);
    case CUT_ATTR_SQLSTATE:
      return read_sqlstate(field, value);
    case CUT_ATTR_VERSION:
      return read_version(field, value);
    case CUT_ATTR_TEXT:
    case CUT_ATTR_PREFIX:
      return read_short_text(field);
    case CUT_ATTR_HASH:
      return read_hash(field, value);
  }
  return false;
}

// Complains about a filter on what the moment does not carry.
bool can_match(const Field& field, const AttributeInfo& attribute, const MomentInfo* moment) {
  const auto& carriers = attribute.moments;
  if (moment == nullptr || carriers.empty()) return true;
  if (std::find(carriers.begin(), carriers.end(), moment->name) != carriers.end()) return true;
  field.complain(fmt::format("filter `{}` never matches at `{}`; it goes with: {}", attribute.name,
                             moment->name, fmt::join(carriers, ", ")));
  return false;
}

// The same letters in any case: "[Dd][Oo]".
std::string any_case(const std::string& word) {
  std::string pattern;
  for (const char c : word) {
    const bool letter = c >= 'A' && c <= 'Z';
    pattern +=
        letter ? fmt::format("[{}{}]", c, static_cast<char>(c - 'A' + 'a')) : std::string(1, c);
  }
  return pattern;
}

}  // namespace

yaml::Shape shape_of_filter(const ProtocolInfo& protocol, const AttributeInfo& attribute) {
  yaml::Shape shape;
  switch (attribute.kind) {
    case CUT_ATTR_NUMBER:
      shape.kind = yaml::Shape::Kind::number;
      shape.most = most_of(attribute);
      break;
    case CUT_ATTR_CHARACTER:
      for (const char c : attribute.characters) shape.words.emplace_back(1, c);
      if (shape.words.empty()) shape.pattern = "^[ -~]$";
      break;
    case CUT_ATTR_COMMANDS:
      shape.words = protocol.commands;
      for (const std::string& command : protocol.commands) {
        shape.pattern += (shape.pattern.empty() ? "^(" : "|") + any_case(command);
      }
      shape.pattern += ")$";
      break;
    case CUT_ATTR_SQLSTATE:
      shape.pattern = "^[0-9A-Z]{5}$";
      break;
    case CUT_ATTR_VERSION:
      shape.words = tls_versions();
      break;
    case CUT_ATTR_HASH:
      break;
    case CUT_ATTR_TEXT:
    case CUT_ATTR_PREFIX:
      shape.pattern = fmt::format("^.{{1,{}}}$", CUT_TEXT_BYTES);
      break;
  }
  return shape;
}

bool read_filter(const Field& field, const ProtocolInfo& protocol, const AttributeInfo& attribute,
                 const MomentInfo* moment, Filter& out) {
  std::uint32_t value = 0;
  if (!can_match(field, attribute, moment)) return false;
  if (!read_value(field, protocol, attribute, value)) return false;
  out.name = attribute.name;
  out.text = attribute.any_case ? lower(field.node->text) : field.node->text;
  out.abi.value = value;
  out.abi.attribute = attribute.index;
  out.abi.kind = static_cast<__u8>(attribute.kind);
  out.abi.used = 1;
  return true;
}

}  // namespace cutpoint

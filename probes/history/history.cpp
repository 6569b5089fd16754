// SPDX-License-Identifier: Apache-2.0
#include "probes/history/history.h"

#include <charconv>
#include <nlohmann/json.hpp>

namespace cutpoint::probes {
namespace {

using Json = nlohmann::ordered_json;

// The text of a number or a string; nullopt: anything else.
std::optional<std::string> number_or_string(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number()) return value.dump();
  return std::nullopt;
}

// An absent key leaves `out` as it is; false: there, but of another type.
bool read_text(const Json& object, const char* key, std::string& out) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return true;
  const auto text = number_or_string(*found);
  if (text) out = *text;
  return text.has_value();
}

template <typename Integer>
bool read_integer(const Json& object, const char* key, Integer& out) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return true;
  if (!found->is_number_integer()) return false;
  out = found->get<Integer>();
  return true;
}

template <typename Truth>  // bool or optional<bool>
bool read_truth(const Json& object, const char* key, Truth& out) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return true;
  if (!found->is_boolean()) return false;
  out = found->get<bool>();
  return true;
}

std::optional<HistoryRecord> parse_line(std::string_view line) {
  const Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object() || !object.contains("id") || !object.contains("type")) return {};
  HistoryRecord record;
  const bool readable =
      read_text(object, "op", record.op) && read_text(object, "id", record.id) &&
      read_integer(object, "attempt", record.attempt) && read_text(object, "type", record.type) &&
      read_integer(object, "ns", record.ns) && read_integer(object, "pid", record.pid) &&
      read_text(object, "xid", record.xid) && read_truth(object, "committed", record.committed) &&
      read_text(object, "error", record.error) && read_truth(object, "poison", record.poison) &&
      read_text(object, "phase", record.phase);
  if (!readable) return {};
  return record;
}

// Ids that are numbers in the application stay numbers: 17, not "17", but "017".
Json id_value(const std::string& id) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (error == std::errc{} && std::to_string(number) == id) return number;
  return id;
}

}  // namespace

std::vector<HistoryRecord> parse_history(std::string_view text, std::size_t& malformed) {
  constexpr std::string_view blank = " \t\r";
  std::vector<HistoryRecord> records;
  malformed = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.find_first_not_of(blank) == std::string_view::npos) continue;
    if (auto record = parse_line(line)) {
      records.push_back(*std::move(record));
    } else {
      ++malformed;
    }
  }
  return records;
}

std::string to_line(const HistoryRecord& record) {
  Json object{{"op", record.op},
              {"id", id_value(record.id)},
              {"attempt", record.attempt},
              {"type", record.type},
              {"ns", record.ns}};
  if (record.pid != 0) object["pid"] = record.pid;
  if (!record.xid.empty()) object["xid"] = record.xid;
  if (record.committed) object["committed"] = *record.committed;
  if (!record.error.empty()) object["error"] = record.error;
  if (record.poison) object["poison"] = true;
  if (!record.phase.empty()) object["phase"] = record.phase;
  // A server's message may be in any encoding: what is no UTF-8 is replaced, not thrown.
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace cutpoint::probes

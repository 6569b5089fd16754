// SPDX-License-Identifier: Apache-2.0
#include "controller/report/recorded_entry.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fmt/core.h>
#include <limits>
#include <vector>

namespace cutpoint {
namespace {

using nlohmann::json;

enum class Kind { text, number, texts, texts_by_name, object };

struct Key {
  std::string_view name;
  Kind kind;
};

// Whatever a view reads of an entry that has it.
constexpr auto keys = std::array{
    Key{"seq", Kind::number},      Key{"ns", Kind::number},
    Key{"source", Kind::text},     Key{"what", Kind::text},
    Key{"flow", Kind::text},       Key{"cookie", Kind::number},
    Key{"service", Kind::text},    Key{"direction", Kind::text},
    Key{"moments", Kind::texts},   Key{"attributes", Kind::texts_by_name},
    Key{"begin", Kind::number},    Key{"end", Kind::number},
    Key{"exchange", Kind::number}, Key{"cut", Kind::number},
    Key{"fault", Kind::text},      Key{"to", Kind::text},
    Key{"pid", Kind::number},      Key{"data", Kind::object},
};

using Names = std::vector<std::string_view>;

struct Needs {
  std::string_view what;
  Names keys;
};

// What the kernel says of an event, beside its flow.
const Names& needed_by(const std::string& what) {
  static const Names message{"direction", "moments", "begin", "end"};
  static const Names firing{"direction", "moments", "begin", "end", "cut", "fault"};
  static const Names process{"pid"};
  static const auto all =
      std::array{Needs{"moment", message},       Needs{"held", message},
                 Needs{"mismatch", message},     Needs{"fired", firing},
                 Needs{"would_fire", firing},    Needs{"released", {"direction", "begin", "end"}},
                 Needs{"flow.state", {"to"}},    Needs{"code.mapped", process},
                 Needs{"process.died", process}, Needs{"signalled", process}};
  static const Names nothing;
  const auto* found =
      std::find_if(all.begin(), all.end(), [&](const Needs& one) { return one.what == what; });
  return found == all.end() ? nothing : found->keys;
}

bool are_texts(const json& values) {
  return std::all_of(values.begin(), values.end(),
                     [](const json& value) { return value.is_string(); });
}

// What it should be; empty: it is that.
std::string_view wanted_instead(const json& value, Kind kind) {
  switch (kind) {
    case Kind::text:
      return value.is_string() ? "" : "a text";
    case Kind::number: {
      // All of them are counts, and the clock's counts since the host was started.
      const bool counts = value.is_number_unsigned() &&
                          value.get<std::uint64_t>() <= std::numeric_limits<std::int64_t>::max();
      return counts ? "" : "a whole number";
    }
    case Kind::texts:
      return value.is_array() && are_texts(value) ? "" : "a list of texts";
    case Kind::texts_by_name:
      return value.is_object() && are_texts(value) ? "" : "an object of texts";
    case Kind::object:
      return value.is_object() ? "" : "an object";
  }
  return "";
}

std::string missing(const json& entry, const Names& names) {
  for (const std::string_view name : names) {
    if (!entry.contains(name)) return fmt::format("it has no `{}`", name);
  }
  return "";
}

// nullptr: the note does not say.
const json* data_of(const json& note, const char* key) {
  const auto data = note.find("data");
  if (data == note.end() || !data->is_object()) return nullptr;
  const auto value = data->find(key);
  return value == data->end() ? nullptr : &*value;
}

}  // namespace

json entry_of(const std::string& line) {
  json entry = json::parse(line, nullptr, false);
  return entry.is_discarded() ? json(nullptr) : entry;
}

std::string mistake_in(const json& entry) {
  if (entry.is_null()) return "it is not JSON";
  if (!entry.is_object()) return "it is not an object";
  for (const auto& [name, kind] : keys) {
    const auto value = entry.find(name);
    if (value == entry.end()) continue;
    const std::string_view wanted = wanted_instead(*value, kind);
    if (!wanted.empty()) return fmt::format("its `{}` is {}, not {}", name, value->dump(), wanted);
  }
  if (auto mistake = missing(entry, {"seq", "ns", "source", "what"}); !mistake.empty()) {
    return mistake;
  }
  if (entry.at("source") != "kernel") return "";
  if (auto mistake = missing(entry, {"flow", "service", "cookie"}); !mistake.empty()) {
    return mistake;
  }
  return missing(entry, needed_by(entry.at("what").get_ref<const std::string&>()));
}

Error no_entry(std::size_t line, const std::string& why) {
  return Error{ExitCode::usage, fmt::format("line {} is no entry of one: {}", line, why),
               "name the directory of a run (`--out`), with all its files as it left them"};
}

std::int64_t ns_of(const json& entry) {
  return entry.at("ns").get<std::int64_t>();
}

std::string entry_name(const json& entry, std::string_view between) {
  auto what = entry.at("what").get<std::string>();
  std::string moments;
  for (const json& moment : entry.value("moments", json::array())) {
    if (!moments.empty()) moments += between;
    moments += moment.get<std::string>();
  }
  if (moments.empty()) return what;
  return what == "moment" ? moments : fmt::format("{}: {}", what, moments);
}

std::string attribute(const json& message, const char* name) {
  const auto all = message.find("attributes");
  return all == message.end() ? "" : all->value(name, "");
}

std::uint64_t attribute_number(const json& message, const char* name) {
  return std::strtoull(attribute(message, name).c_str(), nullptr, 10);
}

bool has_flag(const json& message, std::string_view flag) {
  return attribute(message, "flag").find(flag) != std::string::npos;
}

bool ends_requests(const json& entry) {
  const json& what = entry.at("what");
  if (what == "flow.closed") return true;
  if (what != "flow.state") return false;
  const std::string to = entry.value("to", "");
  return to == "FIN_WAIT1" || to == "LAST_ACK" || to == "CLOSE";
}

std::string note_text(const json& note, const char* key) {
  const json* value = data_of(note, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

std::uint64_t note_number(const json& note, const char* key) {
  const json* value = data_of(note, key);
  return value != nullptr && value->is_number() ? value->get<std::uint64_t>() : 0;
}

std::string_view depth_name(std::string_view what) {
  if (what == "queue.depth") return "queue depth";
  return what == "dead_letters.depth" ? "dead letters" : "";
}

std::string_view task_end(std::string_view what) {
  if (what == "task.succeeded") return "succeeded";
  if (what == "task.failed") return "failed";
  return what == "task.retried" ? "retried" : "";
}

std::string FlowIds::of(const json& entry) {
  const auto tuple = entry.at("flow").get<std::string>();
  const auto cookie = entry.at("cookie").get<std::uint64_t>();
  if (cookie == 0) return newest_.try_emplace(tuple, tuple).first->second;
  std::string id = std::to_string(cookie);
  if (cookies_.insert(cookie).second) newest_[tuple] = id;
  return id;
}

}  // namespace cutpoint

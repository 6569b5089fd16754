// SPDX-License-Identifier: Apache-2.0
// The curves of a picture: what was in flight, how deep queues were, how many workers were busy.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cutpoint::html {

using Point = std::pair<std::int64_t, std::int64_t>;  // nanoseconds, number

// How much of something there was, from each time on.
struct Curve {
  std::string label;
  std::vector<Point> points;
};

// At most so many points each: of those that share a stretch of time, the highest and the last
// stay.
inline constexpr std::size_t most_points = 1200;
Curve thinned(Curve curve);

// Counts what was asked and not yet answered, from the lines of a timeline: COMMITs of postgres;
// of amqp, messages published and not confirmed, delivered and not settled; and reads the depths
// that observers saw. Requests of http are in report.json, as `series`.
class Counts {
 public:
  explicit Counts(const nlohmann::json& report);
  void add(const nlohmann::json& line);
  [[nodiscard]] std::vector<Curve> take() &&;

 private:
  // Open ones of one flow and channel: by delivery tag, or by the sequence number of a request.
  struct Book {
    std::set<std::uint64_t> open;
    std::uint64_t published = 0;
    bool confirms = false;
  };
  using Key = std::pair<std::uint64_t, std::string>;  // flow, channel and what is counted

  void add_moment(const nlohmann::json& line, const std::string& moment);
  void add_commit(const nlohmann::json& line, const std::string& moment);
  void add_amqp(const nlohmann::json& line, const std::string& moment);
  void open(const nlohmann::json& line, const char* what, const Key& key, std::uint64_t tag);
  void settle(const nlohmann::json& line, const char* what, const Key& key, std::uint64_t tag,
              bool and_before);
  void close_flow(const nlohmann::json& line);
  void changed(const std::string& label, std::int64_t ns, std::int64_t by);
  void set(const std::string& label, std::int64_t ns, std::int64_t number);

  std::unordered_map<std::string, std::string> protocols_;  // of the services
  std::map<Key, Book> books_;
  std::map<std::string, Curve> curves_;
};

// Those of report.json's `series`: its times are in milliseconds since the start, `zero_ns`.
std::vector<Curve> curves_of_series(const nlohmann::json& series, std::int64_t zero_ns);

}  // namespace cutpoint::html

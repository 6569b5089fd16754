// SPDX-License-Identifier: Apache-2.0
// What is under way on a flow: transactions, requests without an answer, messages without an
// acknowledgement. Read from the timeline's own words, one entry at a time, in the order of time.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace cutpoint {

// Which count of its service a span adds to while it is open.
enum class SpanCount {
  none,
  in_flight,  // asked and not answered
  unsettled,  // delivered and not acknowledged
};

struct Span {
  std::string name;  // "transaction", "commit", "request", "response", "publish", "delivery"
  SpanCount count = SpanCount::none;
  std::uint64_t key = 0;        // by which its end is found: exchange, or delivery tag
  std::uint64_t channel = 0;    // of AMQP
  std::uint64_t opened_by = 0;  // number of the timeline's entry
};

struct SpanChanges {
  std::vector<Span> closed;  // before anything is opened; the newest first
  std::vector<Span> opened;
};

class FlowSpans {
 public:
  // An entry of the flow, as in timeline.jsonl.
  SpanChanges read(const nlohmann::json& entry);

  // All that is open, the newest first: it ends with the run.
  std::vector<Span> close_all();

 private:
  // A message that a cut holds: what it says counts once its last byte has passed.
  using Held = nlohmann::json;

  void fire(const nlohmann::json& message, SpanChanges& changes);
  bool was_told(const nlohmann::json& message);
  void hold(const nlohmann::json& message, SpanChanges& changes);
  void release(const nlohmann::json& entry, SpanChanges& changes);
  void deliver(const nlohmann::json& message, SpanChanges& changes);
  void open(const std::string& moment, const nlohmann::json& message, SpanChanges& changes);
  void close(const std::string& moment, const nlohmann::json& message, SpanChanges& changes);
  void note_channel(const std::string& moment, const nlohmann::json& message);
  void count_published(const nlohmann::json& message);
  void add(Span span, SpanChanges& changes);
  template <typename Predicate>
  void close_if(const Predicate& ends, SpanChanges& changes);

  std::vector<Span> open_;  // in the order in which they began
  std::vector<Held> held_;
  std::vector<nlohmann::json> told_;                  // whose firing said that they had left
  std::map<std::uint64_t, std::uint64_t> published_;  // of channels with confirms: how many
  std::set<std::uint64_t> automatic_;  // channels with a consumer that does not acknowledge
};

}  // namespace cutpoint

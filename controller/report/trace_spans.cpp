// SPDX-License-Identifier: Apache-2.0
#include "controller/report/trace_spans.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "controller/report/recorded_entry.h"
#include "controller/util/serial_number.h"

namespace cutpoint {
namespace {

using nlohmann::json;

// Of spans whose two ends have the same exchange.
struct Exchange {
  std::string_view name;
  std::string_view opens;
  std::array<std::string_view, 3> closes;
  SpanCount count;
};

constexpr auto exchanges = std::array{
    Exchange{
        "commit", "commit.request", {"commit.ack", "rollback.ack", "error"}, SpanCount::in_flight},
    Exchange{"request", "request.end", {"response.head"}, SpanCount::in_flight},
    Exchange{"response", "response.head", {"response.end"}, SpanCount::none},
};

template <typename List>
bool has(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool ends_transaction(std::string_view moment) {
  return has(std::array<std::string_view, 3>{"commit.ack", "rollback.ack", "commit.implicit"},
             moment);
}

bool is_settling(std::string_view moment) {
  return has(std::array<std::string_view, 3>{"basic.ack", "basic.nack", "basic.reject"}, moment);
}

bool is_confirm(std::string_view moment) {
  return moment == "confirm.ack" || moment == "confirm.nack";
}

bool is_delivery(std::string_view moment) {
  return moment == "basic.deliver" || moment == "basic.get-ok";
}

std::uint64_t exchange_of(const json& message) {
  return message.value("exchange", std::uint64_t{0});
}

std::uint32_t sequence(const json& entry, const char* key) {
  return entry.value(key, std::uint32_t{0});
}

bool same_message(const json& left, const json& right) {
  return left.at("direction") == right.at("direction") &&
         sequence(left, "begin") == sequence(right, "begin");
}

// Does an acknowledgement of this tag mean the span? AMQP 0-9-1, 1.8.3.13: 0 means all.
bool means(const json& message, const Span& span) {
  const std::uint64_t tag = attribute_number(message, "delivery_tag");
  if (span.key == 0 || span.channel != attribute_number(message, "channel")) return false;
  return has_flag(message, "MULTIPLE") ? tag == 0 || span.key <= tag : span.key == tag;
}

}  // namespace

SpanChanges FlowSpans::read(const json& entry) {
  SpanChanges changes;
  const auto what = entry.at("what").get<std::string>();
  if ((what == "moment" || what == "mismatch") && !was_told(entry)) deliver(entry, changes);
  if (what == "held") hold(entry, changes);
  if (what == "fired") fire(entry, changes);
  if (what == "released") release(entry, changes);
  if (ends_requests(entry)) changes.closed = close_all();
  return changes;
}

std::vector<Span> FlowSpans::close_all() {
  std::vector<Span> all = std::exchange(open_, {});
  std::reverse(all.begin(), all.end());
  return all;
}

// Where its last byte lies before the cut the message had left; it may be told once more as such.
void FlowSpans::fire(const json& message, SpanChanges& changes) {
  if (serial_before(sequence(message, "cut"), sequence(message, "end"))) {
    return hold(message, changes);
  }
  deliver(message, changes);
  told_.push_back(message);
}

bool FlowSpans::was_told(const json& message) {
  return std::erase_if(told_, [&](const json& other) { return same_message(other, message); }) != 0;
}

// What the target asks is under way from its first attempt on; what it is told, once it hears it.
void FlowSpans::hold(const json& message, SpanChanges& changes) {
  const auto same = [&](const Held& other) { return same_message(other, message); };
  if (std::any_of(held_.begin(), held_.end(), same)) return;
  held_.push_back(message);
  if (message.at("direction") != "upstream") return;
  for (const auto& moment : message.at("moments")) open(moment, message, changes);
}

void FlowSpans::release(const json& entry, SpanChanges& changes) {
  const std::vector<Held> held = held_;
  for (const Held& message : held) {
    const std::uint32_t end = sequence(message, "end");
    if (message.at("direction") != entry.at("direction") ||
        !serial_before(sequence(entry, "begin"), end) ||
        serial_before(sequence(entry, "end"), end)) {
      continue;
    }
    deliver(message, changes);
  }
}

void FlowSpans::deliver(const json& message, SpanChanges& changes) {
  const std::size_t was_held =
      std::erase_if(held_, [&](const Held& other) { return same_message(other, message); });
  const bool is_open = was_held != 0 && message.at("direction") == "upstream";
  for (const auto& moment : message.at("moments")) {
    close(moment, message, changes);
    note_channel(moment, message);
  }
  for (const auto& moment : message.at("moments")) {
    if (!is_open) open(moment, message, changes);
    if (moment == "basic.publish") count_published(message);
  }
}

void FlowSpans::open(const std::string& moment, const json& message, SpanChanges& changes) {
  Span span;
  span.opened_by = message.at("seq").get<std::uint64_t>();
  span.channel = attribute_number(message, "channel");
  if (moment == "begin") {
    span.name = "transaction";
    add(span, changes);
  }
  for (const Exchange& exchange : exchanges) {
    if (moment != exchange.opens || exchange_of(message) == 0) continue;
    span.name = exchange.name;
    span.count = exchange.count;
    span.key = exchange_of(message);
    add(span, changes);
  }
  if (moment == "basic.publish" && published_.contains(span.channel)) {
    span.name = "publish";
    span.count = SpanCount::in_flight;
    add(span, changes);
  }
  if (is_delivery(moment) && !automatic_.contains(span.channel)) {
    span.name = "delivery";
    span.count = SpanCount::unsettled;
    span.key = attribute_number(message, "delivery_tag");
    add(span, changes);
  }
}

void FlowSpans::close(const std::string& moment, const json& message, SpanChanges& changes) {
  for (const Exchange& exchange : exchanges) {
    if (!has(exchange.closes, moment)) continue;
    close_if(
        [&](const Span& span) {
          return span.name == exchange.name && span.key == exchange_of(message);
        },
        changes);
  }
  if (ends_transaction(moment)) {
    // Answers come in the order of what was asked.
    bool found = false;
    close_if(
        [&](const Span& span) { return span.name == "transaction" && !std::exchange(found, true); },
        changes);
  }
  if (is_confirm(moment)) {
    close_if([&](const Span& span) { return span.name == "publish" && means(message, span); },
             changes);
  }
  if (is_settling(moment)) {
    close_if([&](const Span& span) { return span.name == "delivery" && means(message, span); },
             changes);
  }
  if (moment == "channel.close") {
    const std::uint64_t channel = attribute_number(message, "channel");
    close_if([&](const Span& span) { return span.channel == channel; }, changes);
  }
}

// A number that is used again is another channel: it counts from 1, and asks for confirms anew.
void FlowSpans::note_channel(const std::string& moment, const json& message) {
  const std::uint64_t channel = attribute_number(message, "channel");
  if (moment == "confirm.select") published_.try_emplace(channel, 0);
  if (moment == "channel.open") {
    published_.erase(channel);
    automatic_.erase(channel);
  }
  if (moment == "basic.consume" && has_flag(message, "NO_ACK")) automatic_.insert(channel);
}

// The broker counts those that reach it, from 1; until then a span of one has no key.
void FlowSpans::count_published(const json& message) {
  const auto counted = published_.find(attribute_number(message, "channel"));
  if (counted == published_.end()) return;
  const std::uint64_t tag = ++counted->second;
  for (Span& span : open_) {
    if (span.name != "publish" || span.channel != counted->first || span.key != 0) continue;
    span.key = tag;
    return;
  }
}

void FlowSpans::add(Span span, SpanChanges& changes) {
  open_.push_back(span);
  changes.opened.push_back(std::move(span));
}

template <typename Predicate>
void FlowSpans::close_if(const Predicate& ends, SpanChanges& changes) {
  std::vector<Span> closed;
  std::erase_if(open_, [&](const Span& span) {
    const bool closes = ends(span);
    if (closes) closed.push_back(span);
    return closes;
  });
  changes.closed.insert(changes.closed.end(), closed.rbegin(), closed.rend());
}

}  // namespace cutpoint

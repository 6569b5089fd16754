// SPDX-License-Identifier: Apache-2.0
// amqp.dead_lettered and amqp.all_processed: what became of each message.
#include <algorithm>
#include <fmt/core.h>

#include "controller/verify/amqp_case.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

constexpr std::size_t most_cited = 10;                               // deliveries of one message
constexpr std::string_view no_exchange = "no dead-letter exchange";  // in the observer's words

// What became of one poison.
struct Fate {
  const PublishedMessage* message = nullptr;
  std::vector<const AmqpDelivery*> deliveries;
  const SeenDeadLetter* letter = nullptr;  // nullptr: none was seen
  std::string wrong;                       // what is not as it should be; empty: all is
};

const SeenDeadLetter* letter_of(const AmqpCase& all, const PublishedMessage& message) {
  for (const SeenDeadLetter& letter : all.queue.dead_letters) {
    if (letter.hash == message.hash) return &letter;
  }
  return nullptr;
}

std::string delivered_text(std::size_t times) {
  return times == 0 ? "was never delivered" : "was delivered " + occasions(times);
}

// Why a poison that was not seen as a dead letter may be one all the same; empty: it is none.
std::string blind(const AmqpCase& all) {
  const WatchedQueue& queue = all.queue;
  if (!queue.lost.empty())
    return "the observer lost the broker meanwhile, and what was dead-lettered then: " + queue.lost;
  if (queue.mirrored || queue.cannot_be_mirrored == no_exchange) return "";
  if (!queue.cannot_be_mirrored.empty())
    return "dead letters could not be seen: " + queue.cannot_be_mirrored;
  return "dead letters could not be seen: the observer needs `management:`";
}

std::string refused_text(const AmqpCase& all) {
  const std::string text = ", refused for good in the end";
  if (all.queue.cannot_be_mirrored == no_exchange)
    return text + ": without a dead-letter exchange it is lost";
  return blind(all).empty() ? text + ": it is lost" : text;
}

// How its last delivery ended, for one that is no dead letter.
std::string last_words(const AmqpCase& all, const Fate& fate) {
  if (fate.deliveries.empty()) return "";
  switch (fate.deliveries.back()->settled) {
    case Settled::acked:
      return ", acknowledged in the end: it is lost, and nobody knows";
    case Settled::automatic:
      return " to a consumer that acknowledges nothing: it is lost";
    case Settled::rejected:
      return refused_text(all);
    case Settled::requeued:
    case Settled::lost:
    case Settled::open:
      return ", and was to be delivered again when the run ended";
  }
  return "";
}

Fate judge_fate(const AmqpCase& all, const PublishedMessage& message) {
  const Expectation& wanted = all.of.expectation;
  Fate fate{&message, all.deliveries_of(message.hash), letter_of(all, message), ""};
  const std::string delivered = delivered_text(fate.deliveries.size());
  if (fate.letter == nullptr) {
    fate.wrong = fmt::format("{} {}{}", message.id, delivered, last_words(all, fate));
  } else if (fate.deliveries.size() > wanted.deliveries) {
    fate.wrong = fmt::format("{} {} before it was a dead letter", message.id, delivered);
  } else if (fate.letter->ns - message.first_ns > wanted.within->count()) {
    fate.wrong = fmt::format("{} was a dead letter {} after it was published", message.id,
                             elapsed(fate.letter->ns - message.first_ns));
  } else if (!fate.letter->has_x_death) {
    fate.wrong =
        fmt::format("{} is in the dead-letter queue without its x-death history", message.id);
  }
  return fate;
}

void cite(InvariantResult& result, const Fate& fate) {
  if (fate.letter != nullptr) result.evidence.push_back(fate.letter->number);
  for (std::size_t i = 0; i < fate.deliveries.size() && i < most_cited; ++i) {
    const auto& evidence = fate.deliveries[i]->evidence;
    result.evidence.insert(result.evidence.end(), evidence.begin(), evidence.end());
  }
}

std::string kinds_text(const std::vector<Fate>& fates) {
  const auto corrupted = static_cast<std::size_t>(std::count_if(
      fates.begin(), fates.end(), [](const Fate& fate) { return fate.message->corrupted; }));
  const std::size_t malformed = fates.size() - corrupted;
  if (corrupted == 0) return fmt::format("{} published malformed", malformed);
  if (malformed == 0) return fmt::format("{} corrupted on the way to the broker", corrupted);
  return fmt::format("{} published malformed, {} corrupted on the way to the broker", malformed,
                     corrupted);
}

std::string held_text(const std::vector<Fate>& fates) {
  std::size_t most = 0;
  std::int64_t slowest = 0;
  std::string reasons;
  for (const Fate& fate : fates) {
    most = std::max(most, fate.deliveries.size());
    slowest = std::max(slowest, fate.letter->ns - fate.message->first_ns);
    if (reasons.find(fate.letter->reason) != std::string::npos) continue;
    reasons += (reasons.empty() ? "" : ", ") + fate.letter->reason;
  }
  return fmt::format("all of {} ({}) {} in the dead-letter queue within {}, after {} at most ({})",
                     counted(fates.size(), "poison message"), kinds_text(fates),
                     fates.size() == 1 ? "was" : "were", elapsed(slowest),
                     most == 1 ? "one delivery" : fmt::format("{} deliveries", most), reasons);
}

}  // namespace

InvariantResult judge_dead_lettered(const Case& of) {
  const AmqpCase all = amqp_case(of);
  InvariantResult result;
  result.expected = fmt::format(
      "each poison message is in the dead-letter queue within {} of its publishing, after {} "
      "{} at most",
      elapsed(of.expectation.within->count()), of.expectation.deliveries,
      of.expectation.deliveries == 1 ? "delivery" : "deliveries");
  std::vector<Fate> fates;
  std::vector<const Fate*> wrong;
  for (const PublishedMessage& message : all.published) {
    if (!message.is_valid()) fates.push_back(judge_fate(all, message));
  }
  for (const Fate& fate : fates) {
    if (!fate.wrong.empty()) wrong.push_back(&fate);
  }
  if (fates.empty()) {
    result.observed = "no poison message was published";
    return result;
  }
  if (wrong.empty()) {
    for (const Fate& fate : fates) cite(result, fate);
    result.outcome = Outcome::held;
    result.observed = held_text(fates);
    return result;
  }
  std::size_t most = 0;
  std::vector<std::string> words;
  bool unseen = false;
  for (const Fate* fate : wrong) {
    cite(result, *fate);
    most = std::max(most, fate->deliveries.size());
    words.push_back(fate->wrong);
    unseen = unseen || fate->letter == nullptr;
  }
  result.observed =
      fmt::format("{} of {} ({}) {} not: {}", wrong.size(), counted(fates.size(), "poison message"),
                  kinds_text(fates), wrong.size() == 1 ? "was" : "were", listed(words, 3));
  if (wrong.size() > 1)
    result.observed += fmt::format("; the most deliveries of one were {}", most);
  const std::string why = unseen ? blind(all) : "";
  if (why.empty()) {
    result.outcome = Outcome::violated;
  } else {
    result.observed += "; " + why;
  }
  return result;
}

namespace {

struct Effects {
  std::vector<const PublishedMessage*> none;
  std::vector<const PublishedMessage*> several;
  std::vector<const PublishedMessage*> dead;     // a dead letter, though it is valid
  std::vector<const PublishedMessage*> unknown;  // not confirmed: it may have an effect
  std::vector<const PublishedMessage*> damaged;  // a delivery of it was corrupted
  std::size_t valid = 0;
};

int rows_of(const probes::RowCounts& rows, const std::string& table, const std::string& id) {
  const auto found = rows.find(table);
  if (found == rows.end()) return 0;
  const auto count = found->second.find(id);
  return count == found->second.end() ? 0 : count->second;
}

// A table that had rows of these messages before they were published; empty: none had.
std::string table_with_traces(const AmqpCase& all, const probes::RowCounts& before) {
  for (const auto& [table, counts] : before) {
    for (const PublishedMessage& message : all.published) {
      if (counts.contains(message.id)) return table;
    }
  }
  return "";
}

bool delivery_was_corrupted(const AmqpCase& all, const PublishedMessage& message) {
  return std::any_of(all.traffic.deliveries.begin(), all.traffic.deliveries.end(),
                     [&](const AmqpDelivery& delivery) {
                       return delivery.altered && delivery.message == message.hash;
                     });
}

Effects effects_of(const AmqpCase& all, const probes::RowCounts& rows) {
  Effects effects;
  for (const PublishedMessage& message : all.published) {
    if (!message.is_valid()) continue;
    ++effects.valid;
    const SeenDeadLetter* letter = letter_of(all, message);
    const bool damaged = delivery_was_corrupted(all, message);
    if (damaged) effects.damaged.push_back(&message);
    // What its consumer could not read it may give up: the broker has a copy that is whole.
    if (letter != nullptr && !damaged && !message.twofold) effects.dead.push_back(&message);
    for (const std::string& table : all.of.expectation.tables) {
      const int count = rows_of(rows, table, message.id);
      if (count > 1) effects.several.push_back(&message);
      if (count == 0 && !message.confirmed) effects.unknown.push_back(&message);
      if (count == 0 && message.confirmed && letter == nullptr) effects.none.push_back(&message);
      if (count != 1) break;
    }
  }
  return effects;
}

std::string damaged_text(const AmqpCase& all, const Effects& effects,
                         const probes::RowCounts& rows) {
  std::vector<std::string> words;
  for (const PublishedMessage* message : effects.damaged) {
    const bool done = rows_of(rows, all.of.expectation.tables.front(), message->id) > 0;
    words.push_back(fmt::format("{} was corrupted on its delivery, and {}", message->id,
                                done ? "its redelivery, which was whole, had the effect"
                                     : "is a dead letter, though the broker's copy is whole"));
  }
  return words.empty() ? "" : "; " + listed(words, 3);
}

}  // namespace

InvariantResult judge_all_processed(const Case& of) {
  const AmqpCase all = amqp_case(of);
  InvariantResult result;
  result.expected =
      fmt::format("each valid message has exactly one row in {}, and none is a dead letter",
                  listed(of.expectation.tables));
  const auto service = service_index(*of.facts.scenario, of.expectation.database);
  const auto rows = of.facts.rows.find(service);
  if (rows == of.facts.rows.end()) {
    result.observed = "the rows could not be counted";
    return result;
  }
  if (const auto before = of.facts.effects_before.find(service);
      before != of.facts.effects_before.end()) {
    if (std::string table = table_with_traces(all, before->second); !table.empty()) {
      result.observed = fmt::format(
          "{} held rows of these ids before the run: empty it first, or let the target make it anew",
          table);
      return result;
    }
  }
  const Effects effects = effects_of(all, rows->second);
  if (effects.valid == 0) {
    result.observed = "no valid message was published";
    return result;
  }
  std::vector<std::string> words;
  if (!effects.none.empty()) {
    words.push_back(
        fmt::format("{} had no effect ({})", effects.none.size(), ids_of(effects.none)));
  }
  if (!effects.several.empty()) {
    words.push_back(fmt::format("{} had it more than once ({})", effects.several.size(),
                                ids_of(effects.several)));
  }
  if (!effects.dead.empty()) {
    words.push_back(
        fmt::format("{} became dead letters ({})", effects.dead.size(), ids_of(effects.dead)));
  }
  for (const auto* list : {&effects.none, &effects.several, &effects.dead}) {
    for (std::size_t i = 0; i < list->size() && i < most_cited; ++i) {
      for (const AmqpDelivery* delivery : all.deliveries_of((*list)[i]->hash)) {
        result.evidence.push_back(delivery->evidence.front());
      }
    }
  }
  const std::string damaged = damaged_text(all, effects, rows->second);
  if (words.empty()) {
    result.outcome = Outcome::held;
    result.observed = fmt::format("each of {} had its effect once{}",
                                  counted(effects.valid, "valid message"), damaged);
    if (!effects.unknown.empty()) {
      result.outcome = Outcome::inconclusive;
      result.observed = fmt::format("{} of {} were never confirmed and had no effect ({})",
                                    effects.unknown.size(), counted(effects.valid, "valid message"),
                                    ids_of(effects.unknown));
    }
    return result;
  }
  result.outcome = Outcome::violated;
  result.observed =
      fmt::format("of {} {}{}", counted(effects.valid, "valid message"), listed(words), damaged);
  return result;
}

}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
// amqp.all_processed: whether each valid message had its effect, once.
#include <algorithm>
#include <fmt/core.h>

#include "controller/verify/amqp_case.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

constexpr std::size_t most_cited = 10;  // messages of a kind

using Messages = std::vector<const PublishedMessage*>;

struct Effects {
  std::size_t valid = 0;
  Messages none;
  Messages several;
  Messages dead;     // a dead letter, though it is valid
  Messages damaged;  // a delivery of it was corrupted
  // Not known:
  Messages unconfirmed;  // without an effect, but the broker may never have had it
  Messages waiting;      // without an effect, but the run was cut short
  Messages unseen;       // may be a dead letter beside its effect
  Messages stale;        // its rows were there before the run
  std::string blind;     // why some are unseen
};

int rows_of(const probes::RowCounts& rows, const std::string& table, const std::string& id) {
  const auto found = rows.find(table);
  if (found == rows.end()) return 0;
  const auto count = found->second.find(id);
  return count == found->second.end() ? 0 : count->second;
}

class EffectsReader {
 public:
  EffectsReader(const Case& of, const AmqpCase& all, const probes::RowCounts& rows,
                const probes::RowCounts& rows_before)
      : wanted_(of.expectation),
        all_(all),
        rows_(rows),
        rows_before_(rows_before),
        is_cut_short_(was_cut_short(of.facts)) {}

  Effects read() {
    for (const PublishedMessage& message : all_.published) {
      if (!message.is_valid()) continue;
      ++effects_.valid;
      judge(message);
    }
    return std::move(effects_);
  }

 private:
  void judge(const PublishedMessage& message) {
    const auto& tables = wanted_.tables;
    const bool is_stale = std::any_of(tables.begin(), tables.end(), [&](const std::string& table) {
      return rows_of(rows_before_, table, message.id) > 0;
    });
    if (is_stale) return effects_.stale.push_back(&message);
    const bool is_damaged = was_damaged(message);
    const bool is_dead = !all_.letters_of(message).empty();
    if (is_damaged) effects_.damaged.push_back(&message);
    // What its consumer could not read it may give up: the broker has a copy that is whole.
    if (is_dead && !is_damaged && !message.twofold) effects_.dead.push_back(&message);
    for (const std::string& table : tables) {
      const int count = rows_of(rows_, table, message.id);
      if (count > 1) effects_.several.push_back(&message);
      if (count == 0 && (!is_dead || message.twofold)) without_effect(message);
      if (count != 1) return;
    }
    if (!is_dead) look_for_unseen(message);
  }

  void without_effect(const PublishedMessage& message) {
    const auto deliveries = all_.deliveries_of(message);
    const bool may_come =
        std::all_of(deliveries.begin(), deliveries.end(),
                    [](const AmqpDelivery* delivery) { return delivery->comes_back(); });
    if (!message.confirmed && all_.copies_of(message).certain == 0) {
      effects_.unconfirmed.push_back(&message);
    } else if (is_cut_short_ && may_come) {
      effects_.waiting.push_back(&message);
    } else {
      effects_.none.push_back(&message);
    }
  }

  // What was acknowledged is no dead letter.
  void look_for_unseen(const PublishedMessage& message) {
    const Copies copies = all_.copies_of(message);
    if (wanted_.observer.empty()) return;
    if (copies.acknowledged >= std::max<std::size_t>(copies.certain, 1)) return;
    const std::string blind = all_.queue.blind_between(message.first_ns, all_.traffic.end_ns);
    if (blind.empty()) return;
    effects_.unseen.push_back(&message);
    if (effects_.blind.empty()) effects_.blind = blind;
  }

  bool was_damaged(const PublishedMessage& message) const {
    const auto deliveries = all_.deliveries_of(message);
    return std::any_of(deliveries.begin(), deliveries.end(),
                       [](const AmqpDelivery* delivery) { return delivery->altered; });
  }

  const Expectation& wanted_;
  const AmqpCase& all_;
  const probes::RowCounts& rows_;
  const probes::RowCounts& rows_before_;
  const bool is_cut_short_;
  Effects effects_;
};

// What became of those of which a delivery was corrupted; empty: there are none.
std::string damaged_text(const Expectation& wanted, const AmqpCase& all, const Effects& effects,
                         const probes::RowCounts& rows) {
  std::vector<std::string> words;
  for (const PublishedMessage* message : effects.damaged) {
    const bool done = rows_of(rows, wanted.tables.front(), message->id) > 0;
    const bool dead = !all.letters_of(*message).empty();
    words.push_back(fmt::format("{} was corrupted on its delivery, and {}", message->id,
                                dead   ? "is a dead letter, though the broker's copy is whole"
                                : done ? "its redelivery, which was whole, had the effect"
                                       : "had no effect since"));
  }
  return words.empty() ? "" : "; " + listed(words, 3);
}

// Those that a delivery corrupted and a dead letter took away had no effect, and need none.
std::string held_text(const AmqpCase& all, const Effects& effects) {
  const auto given_up = static_cast<std::size_t>(
      std::count_if(effects.damaged.begin(), effects.damaged.end(),
                    [&](const PublishedMessage* one) { return !all.letters_of(*one).empty(); }));
  return fmt::format(
      "each of {} had its effect once",
      counted(effects.valid - given_up, given_up == 0 ? "valid message" : "other valid message"));
}

std::vector<std::string> wrong_words(const Effects& effects) {
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
  return words;
}

std::vector<std::string> unknown_words(const Effects& effects) {
  std::vector<std::string> words;
  if (!effects.unconfirmed.empty()) {
    words.push_back(fmt::format("{} were never confirmed and had no effect ({})",
                                effects.unconfirmed.size(), ids_of(effects.unconfirmed)));
  }
  if (!effects.waiting.empty()) {
    words.push_back(fmt::format("{} had no effect yet when the run was cut short ({})",
                                effects.waiting.size(), ids_of(effects.waiting)));
  }
  if (!effects.unseen.empty()) {
    words.push_back(fmt::format("{} may be dead letters all the same ({}): {}",
                                effects.unseen.size(), ids_of(effects.unseen), effects.blind));
  }
  if (!effects.stale.empty()) {
    words.push_back(fmt::format(
        "{} had rows before the run ({}): empty the table first, or let the target make "
        "it anew",
        effects.stale.size(), ids_of(effects.stale)));
  }
  return words;
}

void cite(InvariantResult& result, const AmqpCase& all, const Messages& messages) {
  for (std::size_t i = 0; i < messages.size() && i < most_cited; ++i) {
    for (const AmqpDelivery* delivery : all.deliveries_of(*messages[i])) {
      result.evidence.push_back(delivery->evidence.front());
    }
  }
}

InvariantResult judge_effects(const Expectation& wanted, const AmqpCase& all,
                              const Effects& effects, const probes::RowCounts& rows) {
  InvariantResult result;
  for (const Messages* list : {&effects.none, &effects.several, &effects.dead}) {
    cite(result, all, *list);
  }
  const std::string damaged = damaged_text(wanted, all, effects, rows);
  const auto wrong = wrong_words(effects);
  const auto unknown = unknown_words(effects);
  const std::string of_all = "of " + counted(effects.valid, "valid message") + " ";
  if (!wrong.empty()) {
    result.outcome = Outcome::violated;
    result.observed = of_all + listed(wrong) + damaged;
  } else if (!unknown.empty()) {
    result.observed = of_all + listed(unknown);
  } else {
    result.outcome = Outcome::held;
    result.observed = held_text(all, effects) + damaged;
  }
  return result;
}

// What could not be counted; empty: all was.
std::string uncounted(const Expectation& wanted, const probes::RowCounts& rows) {
  for (const std::string& table : wanted.tables) {
    if (!rows.contains(table)) return fmt::format("the rows of {} could not be counted", table);
  }
  return "";
}

}  // namespace

InvariantResult judge_all_processed(const Case& of) {
  const AmqpCase all = amqp_case(of);
  const auto service = service_index(*of.facts.scenario, of.expectation.database);
  const auto counts = [service](const std::map<std::uint8_t, probes::RowCounts>& all_counts) {
    const auto found = all_counts.find(service);
    return found == all_counts.end() ? probes::RowCounts{} : found->second;
  };
  const probes::RowCounts rows = counts(of.facts.rows);
  const probes::RowCounts rows_before = counts(of.facts.effects_before);
  const Effects effects = EffectsReader(of, all, rows, rows_before).read();
  InvariantResult result;
  result.observed = uncounted(of.expectation, rows);
  if (result.observed.empty() && effects.valid == 0) {
    result.observed = "no valid message was published";
  } else if (result.observed.empty()) {
    result = judge_effects(of.expectation, all, effects, rows);
  }
  result.expected =
      fmt::format("each valid message has exactly one row in {}{}", listed(of.expectation.tables),
                  of.expectation.observer.empty() ? "" : ", and none is a dead letter");
  return result;
}

}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
// amqp.dead_lettered: what became of each poison message.
#include <algorithm>
#include <fmt/core.h>

#include "controller/verify/amqp_case.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

constexpr std::size_t most_cited = 10;       // deliveries of one message
constexpr std::int64_t way = 2'000'000'000;  // of a dead letter, until the observer has it

enum class Judged { good, wrong, unknown };

// What became of one poison.
struct Fate {
  const PublishedMessage* message = nullptr;
  std::vector<const AmqpDelivery*> deliveries;
  std::vector<const SeenDeadLetter*> letters;
  std::size_t copies = 1;  // so many are to be dead letters
  Judged judged = Judged::good;
  std::string words;  // what is not as it should be
  std::string why;    // why that is not known to be wrong
};

std::string delivered_text(std::size_t times) {
  return times == 0 ? "was never delivered" : "was delivered " + occasions(times);
}

std::string refused_text(const AmqpCase& all, const AmqpDelivery& refused) {
  const std::string text = ", refused for good in the end";
  if (!all.queue.has_exchange) return text + ": without a dead-letter exchange it is lost";
  const bool is_known = all.queue.blind_between(refused.ns, refused.settled_ns + way).empty();
  return is_known ? text + ": it is lost" : text;
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
      return refused_text(all, *fate.deliveries.back());
    case Settled::requeued:
    case Settled::lost:
    case Settled::open:
      return ", and was to be delivered again when the run ended";
  }
  return "";
}

// Too few of its copies were seen as dead letters.
void judge_unseen(const AmqpCase& all, const Expectation& wanted, Fate& fate) {
  const PublishedMessage& message = *fate.message;
  const std::string delivered = delivered_text(fate.deliveries.size());
  fate.words = fate.letters.empty()
                   ? fmt::format("{} {}{}", message.id, delivered, last_words(all, fate))
                   : fmt::format("{} reached the broker {}, and was a dead letter {}", message.id,
                                 occasions(fate.copies), occasions(fate.letters.size()));
  const auto& deliveries = fate.deliveries;
  const std::size_t limit = wanted.deliveries * fate.copies;
  const bool is_lost =
      std::any_of(deliveries.begin(), deliveries.end(),
                  [](const AmqpDelivery* delivery) { return delivery->is_done(); });
  fate.judged = Judged::wrong;
  if (deliveries.size() > limit || is_lost) return;
  const bool refused = !deliveries.empty() && deliveries.back()->settled == Settled::rejected;
  const std::int64_t end_ns = all.traffic.end_ns;
  fate.why = all.queue.blind_between(message.first_ns,
                                     refused ? deliveries.back()->settled_ns + way : end_ns);
  if (fate.why.empty() && !refused && end_ns - message.first_ns < wanted.within->count()) {
    fate.why =
        fmt::format("the run ended {} after it was published", elapsed(end_ns - message.first_ns));
  }
  if (!fate.why.empty()) fate.judged = Judged::unknown;
}

// From its publishing: of its last copy, from the last.
std::int64_t time_of(const Fate& fate) {
  const std::int64_t first = fate.letters.front()->ns - fate.message->first_ns;
  const std::int64_t last = fate.letters[fate.copies - 1]->ns - fate.message->last_ns;
  return fate.copies == 1 ? first : std::max(first, last);
}

// A dead letter, but of what? Nothing is proven of a consumer that nobody saw, or that never had
// it.
void judge_cause(Fate& fate) {
  const std::string& reason = fate.letters.front()->reason;
  if (reason == "expired" || reason == "maxlen") {
    fate.why = fmt::format("its age or the queue's length made it one ({}), nobody has refused it",
                           reason);
  } else if (fate.deliveries.empty()) {
    fate.why = "its deliveries were not seen: its consumers are none of the target's";
  }
  if (fate.why.empty()) return;
  fate.words = fmt::format("{} is a dead letter", fate.message->id);
  fate.judged = Judged::unknown;
}

Fate judge_fate(const AmqpCase& all, const Expectation& wanted, const PublishedMessage& message) {
  const Copies copies = all.copies_of(message);
  Fate fate{.message = &message,
            .deliveries = all.deliveries_of(message),
            .letters = all.letters_of(message),
            .copies = std::max<std::size_t>(copies.certain, 1),
            .words = {},
            .why = {}};
  if (fate.letters.size() < fate.copies) {
    judge_unseen(all, wanted, fate);
    return fate;
  }
  const std::size_t limit =
      wanted.deliveries * std::max(fate.copies, copies.certain + copies.doubtful);
  const bool has_history =
      std::all_of(fate.letters.begin(), fate.letters.end(),
                  [](const SeenDeadLetter* letter) { return letter->has_x_death; });
  if (fate.deliveries.size() > limit) {
    fate.words = fmt::format("{} {} before it was a dead letter", message.id,
                             delivered_text(fate.deliveries.size()));
  } else if (time_of(fate) > wanted.within->count()) {
    fate.words = fmt::format("{} was a dead letter {} after it was published", message.id,
                             elapsed(time_of(fate)));
  } else if (!has_history) {
    fate.words =
        fmt::format("{} is in the dead-letter queue without its x-death history", message.id);
  }
  fate.judged = fate.words.empty() ? Judged::good : Judged::wrong;
  if (fate.judged == Judged::good) judge_cause(fate);
  return fate;
}

// Of one that the broker never confirmed: whether it is in the queue at all.
bool is_in_the_broker(const AmqpCase& all, const PublishedMessage& message) {
  return message.confirmed || all.copies_of(message).certain > 0 ||
         !all.deliveries_of(message).empty() || !all.letters_of(message).empty();
}

void cite(InvariantResult& result, const Fate& fate) {
  for (const SeenDeadLetter* letter : fate.letters) result.evidence.push_back(letter->number);
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

std::string deliveries_text(std::size_t count) {
  return count == 1 ? "one delivery" : fmt::format("{} deliveries", count);
}

std::string held_text(const std::vector<Fate>& fates) {
  std::size_t most = 0;
  std::int64_t slowest = 0;
  std::vector<std::string> reasons;
  for (const Fate& fate : fates) {
    most = std::max(most, fate.deliveries.size());
    slowest = std::max(slowest, time_of(fate));
    const std::string& reason = fate.letters.front()->reason;
    if (std::find(reasons.begin(), reasons.end(), reason) == reasons.end())
      reasons.push_back(reason);
  }
  return fmt::format("all of {} ({}) {} in the dead-letter queue within {}, after {} at most ({})",
                     counted(fates.size(), "poison message"), kinds_text(fates),
                     fates.size() == 1 ? "was" : "were", elapsed(slowest), deliveries_text(most),
                     listed(reasons));
}

constexpr std::size_t most_told = 3;

// "2 of 3 poison messages (3 published malformed) did not end in the dead-letter queue as expected:
// …"
std::string not_text(const std::vector<Fate>& fates, const std::vector<const Fate*>& some,
                     std::string_view are_not) {
  std::vector<std::string> words;
  std::size_t most = 0;
  for (const Fate* fate : some) {
    words.push_back(fate->words);
    most = std::max(most, fate->deliveries.size());
  }
  std::string text =
      fmt::format("{} of {} ({}) {}: {}", some.size(), counted(fates.size(), "poison message"),
                  kinds_text(fates), are_not, listed(words, most_told));
  if (some.size() > most_told)
    text += most == 0 ? "; none was delivered"
                      : fmt::format("; none was delivered more than {}", occasions(most));
  return text;
}

std::vector<const Fate*> those_that_are(Judged judged, const std::vector<Fate>& fates) {
  std::vector<const Fate*> some;
  for (const Fate& fate : fates) {
    if (fate.judged == judged) some.push_back(&fate);
  }
  return some;
}

InvariantResult judge_fates(const std::vector<Fate>& fates) {
  InvariantResult result;
  const auto wrong = those_that_are(Judged::wrong, fates);
  const auto unknown = those_that_are(Judged::unknown, fates);
  if (!wrong.empty()) {
    for (const Fate* fate : wrong) cite(result, *fate);
    result.outcome = Outcome::violated;
    result.observed = not_text(fates, wrong, "did not end in the dead-letter queue as expected");
    if (!unknown.empty())
      result.observed += fmt::format("; of {} more it is not known", unknown.size());
  } else if (!unknown.empty()) {
    for (const Fate* fate : unknown) cite(result, *fate);
    result.observed = not_text(fates, unknown,
                               unknown.size() == 1 ? "was not seen in the dead-letter queue"
                                                   : "were not seen in the dead-letter queue") +
                      "; " + unknown.front()->why;
  } else {
    for (const Fate& fate : fates) cite(result, fate);
    result.outcome = Outcome::held;
    result.observed = held_text(fates);
  }
  return result;
}

}  // namespace

InvariantResult judge_dead_lettered(const Case& of) {
  const AmqpCase all = amqp_case(of);
  std::vector<Fate> fates;
  std::vector<const PublishedMessage*> doubtful;
  for (const PublishedMessage& message : all.published) {
    if (message.is_valid()) continue;
    if (is_in_the_broker(all, message)) {
      fates.push_back(judge_fate(all, of.expectation, message));
    } else if (message.nacked < message.tries) {
      doubtful.push_back(&message);
    }
  }
  InvariantResult result;
  if (fates.empty() && doubtful.empty()) {
    result.observed = "no poison message reached the broker";
  } else if (!fates.empty()) {
    result = judge_fates(fates);
  }
  if (!doubtful.empty() && result.outcome != Outcome::violated) {
    result.outcome = Outcome::inconclusive;
    result.observed += fmt::format("{}whether the broker has {} is not known: no confirm came",
                                   fates.empty() ? "" : "; ", ids_of(doubtful));
  }
  result.expected = fmt::format(
      "each poison message is in the dead-letter queue within {} of its publishing, after {} "
      "{} at most",
      elapsed(of.expectation.within->count()), of.expectation.deliveries,
      of.expectation.deliveries == 1 ? "delivery" : "deliveries");
  return result;
}

}  // namespace cutpoint

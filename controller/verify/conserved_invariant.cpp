// SPDX-License-Identifier: Apache-2.0
// amqp.conserved: where each message of the publisher's is. It is counted per message: one that is
// missing is not made up for by another that is there twice.
#include <algorithm>
#include <fmt/core.h>

#include "controller/verify/amqp_case.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

struct Books {
  Copies copies;  // of all messages
  // Of those that the broker has taken, neither acknowledged nor dead letters:
  std::size_t refused = 0;  // and refused for good: they are nowhere
  std::size_t hidden = 0;   // likewise, but may be dead letters that nobody saw
  std::size_t waiting = 0;  // must still be queued
  std::size_t spare = 0;    // doubtful ones that may be queued as well
  std::vector<const PublishedMessage*> surplus;  // taken more often than they came
  std::string blind;                             // why some are hidden

  std::size_t queued = 0;
};

std::size_t difference(std::size_t more, std::size_t less) {
  return more > less ? more - less : 0;
}

class Bookkeeper {
 public:
  Bookkeeper(const AmqpCase& all, std::size_t queued) : all_(all) { books_.queued = queued; }

  Books read() {
    for (const PublishedMessage& message : all_.published) enter(message);
    return std::move(books_);
  }

 private:
  void enter(const PublishedMessage& message) {
    const Copies copies = all_.copies_of(message);
    books_.copies.certain += copies.certain;
    books_.copies.doubtful += copies.doubtful;
    books_.copies.acknowledged += copies.acknowledged;
    books_.copies.refused += copies.refused;
    books_.copies.dead += copies.dead;
    const std::size_t most = copies.certain + copies.doubtful;
    if (copies.gone() > most + came_back(message)) books_.surplus.push_back(&message);
    std::size_t missing = difference(copies.certain, copies.gone());
    books_.spare += std::min(copies.doubtful, difference(most, copies.gone()));
    if (missing == 0) return;
    const std::string blind = all_.queue.blind_between(message.first_ns, all_.traffic.end_ns);
    if (!blind.empty()) {
      books_.hidden += missing;
      if (books_.blind.empty()) books_.blind = blind;
      return;
    }
    const std::size_t refused = std::min(missing, difference(copies.refused, copies.dead));
    books_.refused += refused;
    books_.waiting += missing - refused;
  }

  // Dead letters that were delivered again since: their way leads back to the queue.
  [[nodiscard]] std::size_t came_back(const PublishedMessage& message) const {
    const auto deliveries = all_.deliveries_of(message);
    const auto letters = all_.letters_of(message);
    return static_cast<std::size_t>(
        std::count_if(letters.begin(), letters.end(), [&](const SeenDeadLetter* letter) {
          return !deliveries.empty() && deliveries.back()->ns > letter->ns;
        }));
  }

  const AmqpCase& all_;
  Books books_;
};

// Somebody else's messages go through the queue too, as far as the wire tells: by a channel that
// has brought the publisher's.
bool is_shared(const AmqpCase& all) {
  std::vector<AmqpChannel> ours;
  for (const AmqpDelivery& delivery : all.traffic.deliveries) {
    if (all.find(delivery.message) != nullptr) ours.push_back(delivery.channel);
  }
  std::sort(ours.begin(), ours.end());
  return std::any_of(all.traffic.deliveries.begin(), all.traffic.deliveries.end(),
                     [&](const AmqpDelivery& delivery) {
                       return all.find(delivery.message) == nullptr &&
                              std::binary_search(ours.begin(), ours.end(), delivery.channel);
                     });
}

std::string sum_text(const Books& books) {
  const Copies& copies = books.copies;
  return fmt::format(
      "{} published{}; {} acknowledged + {} dead-lettered + {} queued = {}", copies.certain,
      copies.doubtful == 0 ? "" : fmt::format(" (and {} that may have been)", copies.doubtful),
      copies.acknowledged, copies.dead, books.queued, copies.gone() + books.queued);
}

// What is certainly not as it should be; empty: nothing is.
std::vector<std::string> wrong_words(const Books& books, const AmqpCase& all) {
  std::vector<std::string> words;
  if (books.refused > 0)
    words.push_back(counted(books.refused, "was", "were") + " refused for good");
  if (books.waiting > books.queued)
    words.push_back(counted(books.waiting - books.queued, "is", "are") + " nowhere");
  // A broker that was lost may have forgotten what it was told last.
  if (!books.surplus.empty() && all.queue.left_over == 0 && all.queue.lost.empty())
    words.push_back(fmt::format("{} acknowledged or dead-lettered more often than published ({})",
                                counted(books.surplus.size(), "was", "were"),
                                ids_of(books.surplus)));
  return words;
}

// What keeps the books from being closed; empty: nothing does.
std::string unknown_words(const Books& books, const AmqpCase& all) {
  if (!all.queue.lost.empty()) return "the observer lost the broker meanwhile: " + all.queue.lost;
  if (books.waiting + books.hidden > books.queued) return books.blind;
  if (all.queue.left_over > 0 && (books.queued > 0 || !books.surplus.empty()))
    return fmt::format("{} waited in the queue before the first was published",
                       counted(all.queue.left_over, "message"));
  if (books.queued > 0 && is_shared(all))
    return "messages of somebody else's go through the queue, too: whose are queued is not known";
  if (books.queued > books.waiting + books.hidden + books.spare)
    return "more are queued than the publisher sent: somebody else's?";
  return "";
}

// Why nothing can be said of the queue; empty: something can.
std::string not_known(const AmqpCase& all, const probes::AmqpObserver::FinalState* state) {
  if (state == nullptr) return "what is still queued is not known";
  if (all.published.empty()) return "cutpoint's publisher sent no message";
  if (state->consumers > 0) return "somebody still consumes from the queue";
  return "";
}

}  // namespace

InvariantResult judge_conserved(const Case& of) {
  const AmqpCase all = amqp_case(of);
  InvariantResult result;
  result.expected = "published = acknowledged + dead-lettered + still queued";
  const auto found = of.facts.queues.find(of.expectation.observer);
  const auto* state = found == of.facts.queues.end() ? nullptr : &found->second;
  result.observed = not_known(all, state);
  if (!result.observed.empty()) return result;
  const Books books = Bookkeeper(all, state->ready + state->unacknowledged.value_or(0)).read();
  result.observed = sum_text(books);
  const auto wrong = wrong_words(books, all);
  const std::string unknown = unknown_words(books, all);
  if (!wrong.empty()) {
    result.outcome = Outcome::violated;
    result.observed += "; " + listed(wrong);
  } else if (!unknown.empty()) {
    result.observed += "; " + unknown;
  } else {
    result.outcome = Outcome::held;
  }
  return result;
}

}  // namespace cutpoint

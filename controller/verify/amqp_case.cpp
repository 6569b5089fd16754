// SPDX-License-Identifier: Apache-2.0
#include "controller/verify/amqp_case.h"

#include <algorithm>
#include <optional>
#include <set>

#include "controller/scenario/registry.h"
#include "controller/verify/phrases.h"
#include "probes/amqp/observer.h"

namespace cutpoint {
namespace {

class PublisherReader {
 public:
  explicit PublisherReader(AmqpCase& all) : all_(all) {}

  void read(const probes::HistoryRecord& line) {
    if (line.op == "publish") message(line);
    if (line.op == "phase") phase(line);
  }

 private:
  void message(const probes::HistoryRecord& line) {
    const std::uint32_t hash = hash_of(line.id);
    const auto [found, is_new] = all_.by_hash.try_emplace(hash, all_.published.size());
    if (is_new) {
      PublishedMessage made;
      made.id = line.id;
      made.hash = hash;
      made.first_ns = line.ns;
      all_.published.push_back(std::move(made));
    }
    PublishedMessage& message = all_.published[found->second];
    message.poison |= line.poison;
    if (line.type == "invoke") {
      ++message.tries;
      message.last_ns = line.ns;
    }
    if (line.type == "ok") message.confirmed = true;
    if (line.type == "fail") ++message.nacked;
  }

  void phase(const probes::HistoryRecord& line) {
    if (line.type == "invoke")
      all_.phases.push_back({line.id, line.ns, std::max(line.ns, all_.traffic.end_ns)});
    if (line.type != "ok") return;
    for (PublishedPhase& phase : all_.phases) {
      if (phase.name == line.id) phase.end_ns = line.ns;
    }
  }

  AmqpCase& all_;
};

void mark_corrupted(AmqpCase& all) {
  std::set<std::uint32_t> altered;
  std::set<std::uint32_t> whole;
  for (const AmqpPublish& copy : all.traffic.publishes) {
    if (copy.delivered) (copy.altered ? altered : whole).insert(copy.message);
  }
  for (PublishedMessage& message : all.published) {
    if (!altered.contains(message.hash)) continue;
    (whole.contains(message.hash) ? message.twofold : message.corrupted) = true;
  }
}

// What an observer says of the dead letters: probes::Mirrored, in the timeline's words.
struct MirrorNote {
  std::string state;
  std::string why;
};

// Reads the notes of one observer, in order.
class ObserverReader {
 public:
  // `queue`: which it watches. `first_ns`: when the first message was published.
  ObserverReader(std::string queue, std::int64_t first_ns, WatchedQueue& seen)
      : queue_(std::move(queue)), first_ns_(first_ns), seen_(seen) {
    seen_.sights.push_back({0, "dead letters could not be seen yet"});
  }

  void read(const Entry& entry) {
    const Note& note = *entry.note();
    const std::string why = note.data.value("why", "");
    if (note.what == "dead_letters.mirrored") {
      mirrored(entry.ns, {note.data.value("sight", ""), why});
    }
    if (note.what == "observer.lost") {
      if (seen_.lost.empty()) seen_.lost = why;
      sight(entry.ns,
            "the observer lost the broker meanwhile, and what was dead-lettered then: " + why);
    }
    // It is told again what is mirrored, but not that nothing is.
    if (note.what == "observer.back" && mirrored_ && !mirrored_->why.empty()) {
      mirrored(entry.ns, *mirrored_);
    }
    // A queue without consumers may be one of an earlier run: the target makes it anew.
    if (note.what == "queue.depth" && entry.ns < first_ns_ && note.data.value("consumers", 1) > 0) {
      seen_.left_over = note.data.value("depth", std::uint64_t{0});
    }
    if (note.what == "dead_letter") dead_letter(entry, note.data);
  }

 private:
  void sight(std::int64_t ns, std::string blind) { seen_.sights.push_back({ns, std::move(blind)}); }

  void mirrored(std::int64_t ns, const MirrorNote& note) {
    using State = probes::Mirrored::State;
    // Whatever is refused goes nowhere.
    seen_.has_exchange = note.state != name(State::no_exchange);
    const bool none = !seen_.has_exchange || note.state == name(State::missing_exchange);
    // What a queue was declared with it had from its beginning.
    if (none && !mirrored_) seen_.sights.clear();
    sight(none && !mirrored_ ? 0 : ns,
          note.why.empty() || none ? "" : "dead letters could not be seen: " + note.why);
    mirrored_ = note;
  }

  void dead_letter(const Entry& entry, const nlohmann::json& data) {
    const std::string died_in = data.value("queue", "");
    if (!died_in.empty() && died_in != queue_) return;
    SeenDeadLetter letter;
    letter.id = data.value("id", "");
    letter.ns = entry.ns;
    letter.has_x_death = data.value("x_death", false);
    letter.reason = data.value("reason", "");
    letter.number = entry.number;
    seen_.dead_letters.push_back(std::move(letter));
  }

  std::string queue_;
  std::int64_t first_ns_;
  WatchedQueue& seen_;
  std::optional<MirrorNote> mirrored_;  // what it said last
};

void read_observer(const RunFacts& facts, const std::string& name, AmqpCase& all) {
  if (name.empty()) {
    all.queue.sights.push_back({0, "nobody watches for dead letters"});
    return;
  }
  const ObserverPlan* plan = find_observer(*facts.scenario, name);
  const std::int64_t first_ns = all.published.empty() ? 0 : all.published.front().first_ns;
  ObserverReader reader(plan == nullptr ? "" : plan->queue, first_ns, all.queue);
  for (const Entry& entry : facts.timeline->entries()) {
    const Note* note = entry.note();
    if (note == nullptr || note->source != "observer") continue;
    if (note->data.value("observer", "") == name) reader.read(entry);
  }
}

void index(AmqpCase& all) {
  for (std::size_t i = 0; i < all.traffic.publishes.size(); ++i) {
    all.publishes[all.traffic.publishes[i].message].push_back(i);
  }
  for (std::size_t i = 0; i < all.traffic.deliveries.size(); ++i) {
    all.deliveries[all.traffic.deliveries[i].message].push_back(i);
  }
  for (std::size_t i = 0; i < all.queue.dead_letters.size(); ++i) {
    all.letters[all.queue.dead_letters[i].id].push_back(i);
  }
}

// The places of what is known by that key.
template <typename Key>
const std::vector<std::size_t>& places(const std::map<Key, std::vector<std::size_t>>& index,
                                       const Key& key) {
  static const std::vector<std::size_t> none;
  const auto found = index.find(key);
  return found == index.end() ? none : found->second;
}

bool consumes(const AmqpTraffic& traffic, std::uint64_t flow) {
  return std::any_of(
      traffic.connections.begin(), traffic.connections.end(),
      [flow](const AmqpConnection& one) { return one.flow == flow && one.consumes; });
}

}  // namespace

std::string WatchedQueue::blind_between(std::int64_t from_ns, std::int64_t until_ns) const {
  std::string at_first;
  for (const Sight& sight : sights) {
    if (sight.ns > until_ns) break;
    if (sight.ns <= from_ns) {
      at_first = sight.blind;
    } else if (at_first.empty() && !sight.blind.empty()) {
      return sight.blind;
    }
  }
  return at_first;
}

const PublishedMessage* AmqpCase::find(std::uint32_t hash) const {
  const auto found = by_hash.find(hash);
  return found == by_hash.end() ? nullptr : &published[found->second];
}

std::vector<const AmqpDelivery*> AmqpCase::deliveries_of(const PublishedMessage& one) const {
  std::vector<const AmqpDelivery*> chosen;
  for (const std::size_t i : places(deliveries, one.hash)) {
    chosen.push_back(&traffic.deliveries[i]);
  }
  std::sort(chosen.begin(), chosen.end(), [](const AmqpDelivery* left, const AmqpDelivery* right) {
    return left->ns < right->ns;
  });
  return chosen;
}

std::vector<const SeenDeadLetter*> AmqpCase::letters_of(const PublishedMessage& one) const {
  std::vector<const SeenDeadLetter*> chosen;
  for (const std::size_t i : places(letters, one.id)) chosen.push_back(&queue.dead_letters[i]);
  return chosen;
}

Copies AmqpCase::copies_of(const PublishedMessage& message) const {
  Copies copies;
  for (const std::size_t i : places(publishes, message.hash)) {
    const AmqpPublish& copy = traffic.publishes[i];
    if (!copy.may_be_queued()) continue;
    const bool taken = copy.confirm != Confirm::none && !consumes(traffic, copy.channel.flow);
    ++(taken ? copies.certain : copies.doubtful);
  }
  for (const std::size_t i : places(deliveries, message.hash)) {
    const AmqpDelivery& delivery = traffic.deliveries[i];
    if (delivery.is_done()) ++copies.acknowledged;
    if (delivery.settled == Settled::rejected) ++copies.refused;
  }
  copies.dead = places(letters, message.id).size();
  return copies;
}

AmqpCase amqp_case(const RunFacts& facts, std::uint8_t service, const std::string& observer) {
  AmqpCase all;
  all.traffic = read_amqp(facts, service);
  PublisherReader reader(all);
  for (const probes::HistoryRecord& line : facts.published) reader.read(line);
  mark_corrupted(all);
  read_observer(facts, observer, all);
  index(all);
  return all;
}

AmqpCase amqp_case(const Case& of) {
  return amqp_case(of.facts, of.service, of.expectation.observer);
}

bool was_cut_short(const RunFacts& facts) {
  return facts.interrupted || facts.target.timed_out || facts.target.exit_code.value_or(1) != 0;
}

std::string ids_of(const std::vector<const PublishedMessage*>& messages) {
  std::vector<std::string> ids;
  ids.reserve(messages.size());
  for (const PublishedMessage* message : messages) ids.push_back(message->id);
  return listed(ids, 3);
}

}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
#include "controller/verify/amqp_case.h"

#include <algorithm>
#include <set>

#include "controller/scenario/registry.h"
#include "controller/verify/phrases.h"

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
    if (line.type == "invoke") ++message.tries;
    if (line.type == "ok") message.confirmed = true;
    if (line.type == "info") ++message.doubtful;
    if (line.type == "fail") ++message.nacked;
  }

  void phase(const probes::HistoryRecord& line) {
    if (line.type == "invoke") all_.phases.push_back({line.id, line.ns, 0});
    if (line.type == "ok" && !all_.phases.empty()) all_.phases.back().end_ns = line.ns;
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

WatchedQueue read_queue(const Timeline& timeline, const std::string& observer) {
  WatchedQueue queue;
  for (const Entry& entry : timeline.entries()) {
    const Note* note = entry.note();
    if (note == nullptr || note->data.value("observer", "") != observer) continue;
    if (note->what == "dead_letters.mirrored") {
      const std::string why = note->data.value("why", "");
      if (why.empty()) queue.mirrored = true;
      queue.cannot_be_mirrored = why;
    }
    if (note->what == "observer.lost" && queue.lost.empty())
      queue.lost = note->data.value("why", "");
    if (note->what != "dead_letter") continue;
    SeenDeadLetter letter;
    letter.id = note->data.value("id", "");
    letter.hash = hash_of(letter.id);
    letter.ns = entry.ns;
    letter.has_x_death = note->data.value("x_death", false);
    letter.reason = note->data.value("reason", "");
    letter.delivery_count = note->data.value("delivery_count", std::int64_t{-1});
    letter.number = entry.number;
    queue.dead_letters.push_back(std::move(letter));
  }
  return queue;
}

}  // namespace

const PublishedMessage* AmqpCase::find(std::uint32_t hash) const {
  const auto found = by_hash.find(hash);
  return found == by_hash.end() ? nullptr : &published[found->second];
}

std::vector<const AmqpDelivery*> AmqpCase::deliveries_of(std::uint32_t hash) const {
  std::vector<const AmqpDelivery*> chosen;
  for (const AmqpDelivery& delivery : traffic.deliveries) {
    if (delivery.message == hash) chosen.push_back(&delivery);
  }
  std::sort(chosen.begin(), chosen.end(), [](const AmqpDelivery* left, const AmqpDelivery* right) {
    return left->ns < right->ns;
  });
  return chosen;
}

AmqpCase amqp_case(const Case& of) {
  AmqpCase all{of, read_amqp(of.facts, of.service), {}, {}, {}, {}};
  PublisherReader reader(all);
  for (const probes::HistoryRecord& line : of.facts.published) reader.read(line);
  mark_corrupted(all);
  if (!of.expectation.observer.empty())
    all.queue = read_queue(*of.facts.timeline, of.expectation.observer);
  return all;
}

std::string ids_of(const std::vector<const PublishedMessage*>& messages) {
  std::vector<std::string> ids;
  ids.reserve(messages.size());
  for (const PublishedMessage* message : messages) ids.push_back(message->id);
  return listed(ids, 3);
}

}  // namespace cutpoint

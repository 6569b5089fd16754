// SPDX-License-Identifier: Apache-2.0
#include "controller/verify/amqp_summary.h"

#include <algorithm>
#include <fmt/core.h>
#include <map>
#include <set>

#include "controller/verify/amqp_case.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

// By hash: the publisher's id where it is known.
std::string name_of(const AmqpCase& all, std::uint32_t hash) {
  const PublishedMessage* message = all.find(hash);
  return message != nullptr ? message->id : fmt::format("#{:08x}", hash);
}

// In the order of their publishing, those that are not the publisher's behind them.
std::string names_of(const AmqpCase& all, const std::set<std::uint32_t>& hashes) {
  std::vector<std::pair<std::size_t, std::string>> names;
  for (const std::uint32_t hash : hashes) {
    const auto found = all.by_hash.find(hash);
    names.emplace_back(found == all.by_hash.end() ? all.published.size() : found->second,
                       name_of(all, hash));
  }
  std::sort(names.begin(), names.end());
  std::vector<std::string> words;
  words.reserve(names.size());
  for (auto& [order, name] : names) words.push_back(std::move(name));
  return listed(words, 3);
}

// Messages that reached the broker, however many copies of each did.
struct Reached {
  std::size_t of_publisher = 0;
  std::size_t others = 0;        // as events that a framework sends of itself
  std::size_t others_named = 0;  // of them, to another exchange than the default one

  [[nodiscard]] std::size_t all() const { return of_publisher + others; }
};

Reached reached_by(const AmqpCase& all) {
  Reached reached;
  std::set<std::uint32_t> seen;
  for (const AmqpPublish& copy : all.traffic.publishes) {
    if (!copy.may_be_queued()) continue;
    // Without an id each is another.
    if (copy.message != 0 && !seen.insert(copy.message).second) continue;
    if (all.find(copy.message) != nullptr) {
      ++reached.of_publisher;
      continue;
    }
    ++reached.others;
    if (copy.to_named_exchange) ++reached.others_named;
  }
  return reached;
}

// Whose they are, where that is known; else where they went, where not all went the same way.
std::string reached_text(const Reached& reached) {
  const std::size_t named = reached.others_named;
  if (reached.of_publisher > 0 && reached.others > 0) {
    std::string text =
        fmt::format("{} of the publisher's reached the broker, and {} that {} not its own",
                    counted(reached.of_publisher, "message"), reached.others,
                    reached.others == 1 ? "is" : "are");
    if (named > 0) text += fmt::format(", {} of them to named exchanges", named);
    return text;
  }
  std::string text = counted(reached.all(), "message") + " reached the broker";
  if (named > 0 && named < reached.others) {
    text += fmt::format(", {} to the default exchange and {} to named ones", reached.others - named,
                        named);
  }
  return text;
}

std::string published_line(const AmqpCase& all, const std::string& service) {
  std::map<std::uint32_t, std::size_t> copies;
  std::size_t unheard = 0;
  for (const AmqpPublish& copy : all.traffic.publishes) {
    if (!copy.may_be_queued()) continue;
    if (copy.confirm == Confirm::unheard) ++unheard;
    if (copy.message != 0) ++copies[copy.message];
  }
  const Reached reached = reached_by(all);
  if (reached.all() == 0) return "";
  std::set<std::uint32_t> twice;
  for (const auto& [hash, count] : copies) {
    if (count > 1) twice.insert(hash);
  }
  std::string text = fmt::format("{}: {}", service, reached_text(reached));
  if (unheard > 0)
    text += fmt::format("; {} of the broker's never reached the publisher",
                        counted(unheard, "confirmation"));
  if (!twice.empty())
    text += fmt::format("; {} {} published more than once: {}", twice.size(),
                        twice.size() == 1 ? "was" : "were", names_of(all, twice));
  return text + ".";
}

// Of the publisher's messages; of all where none or all are.
std::vector<const AmqpDelivery*> deliveries_told_of(const AmqpCase& all) {
  std::vector<const AmqpDelivery*> every;
  std::vector<const AmqpDelivery*> ours;
  for (const AmqpDelivery& delivery : all.traffic.deliveries) {
    every.push_back(&delivery);
    if (all.find(delivery.message) != nullptr) ours.push_back(&delivery);
  }
  return ours.empty() ? every : ours;
}

std::string delivered_line(const AmqpCase& all, const std::string& service) {
  const std::vector<const AmqpDelivery*> deliveries = deliveries_told_of(all);
  if (deliveries.empty()) return "";
  const std::size_t others = all.traffic.deliveries.size() - deliveries.size();
  std::map<Settled, std::size_t> ends;
  std::set<std::uint32_t> again;
  std::set<std::uint32_t> unheard;
  for (const AmqpDelivery* delivery : deliveries) {
    ++ends[delivery->settled];
    if (delivery->unheard) unheard.insert(delivery->message);
    if (delivery->redelivered && delivery->message != 0) again.insert(delivery->message);
  }
  const std::pair<Settled, std::string_view> words[] = {
      {Settled::acked, "acknowledged"},
      {Settled::automatic, "without acknowledgement"},
      {Settled::requeued, "requeued"},
      {Settled::rejected, "refused for good"},
      {Settled::lost,
       ends[Settled::lost] == 1 ? "lost with its consumer" : "lost with their consumers"},
      {Settled::open, "open at the end"}};
  std::vector<std::string> parts;
  for (const auto& [settled, word] : words) {
    if (ends[settled] > 0) parts.push_back(fmt::format("{} {}", ends[settled], word));
  }
  std::string text =
      fmt::format("{}: {}{}, {}", service, counted(deliveries.size(), "delivery", "deliveries"),
                  others == 0 ? "" : " of the publisher's messages", listed(parts, 6));
  if (!unheard.empty()) {
    text += fmt::format("; the {} of {} never reached the broker",
                        unheard.size() == 1 ? "acknowledgement" : "acknowledgements",
                        names_of(all, unheard));
  }
  if (!again.empty())
    text += fmt::format("; {} {} delivered again: {}", again.size(),
                        again.size() == 1 ? "was" : "were", names_of(all, again));
  if (others > 0) text += fmt::format("; {} of others", counted(others, "delivery", "deliveries"));
  return text + ".";
}

}  // namespace

std::vector<std::string> summarise_messages(const RunFacts& facts) {
  std::vector<std::string> lines;
  const auto& services = facts.scenario->services;
  for (std::size_t i = 0; i < services.size(); ++i) {
    if (services[i].protocol != "amqp") continue;
    const AmqpCase all = amqp_case(facts, static_cast<std::uint8_t>(i), "");
    const std::string published = published_line(all, services[i].name);
    const std::string delivered = delivered_line(all, services[i].name);
    if (!published.empty()) lines.push_back(published);
    if (!delivered.empty()) lines.push_back(delivered);
    if (published.empty() && delivered.empty())
      lines.push_back(fmt::format("No message went to or from {}.", services[i].name));
  }
  return lines;
}

}  // namespace cutpoint

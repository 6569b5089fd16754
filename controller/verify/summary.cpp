// SPDX-License-Identifier: Apache-2.0
// A run in plain words: first the attempts that did not go as usual, then both sides' count.
#include <algorithm>
#include <fmt/core.h>

#include "controller/verify/amqp_summary.h"
#include "controller/verify/exchanges.h"
#include "controller/verify/findings.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

constexpr std::size_t most_told = 5;
constexpr std::int64_t shortest_rto = 200'000'000;  // TCP_RTO_MIN (include/net/tcp.h)

// "30 s before the heal"; empty where nothing healed.
std::string relative_to_heal(std::int64_t ns, std::optional<std::int64_t> heal_ns) {
  if (!heal_ns) return "";
  return ns < *heal_ns ? fmt::format(" {} before the heal", elapsed(*heal_ns - ns))
                       : fmt::format(" {} after the heal", elapsed(ns - *heal_ns));
}

std::string received_text(const Attempt& attempt, std::optional<std::int64_t> heal_ns) {
  if (!attempt.delivered_ns) return "";
  return " received its COMMIT" + relative_to_heal(*attempt.delivered_ns, heal_ns) + " and";
}

std::string committed_unacked(const Attempt& attempt, std::optional<std::int64_t> heal_ns) {
  const std::string who = capitalised(label(attempt));
  const std::string received = received_text(attempt, heal_ns);
  if (attempt.ghost) {
    return fmt::format(
        "{}: the client gave up {} after it sent COMMIT and was gone. PostgreSQL{} executed it all "
        "the same{}: a ghost commit.",
        who, elapsed(*attempt.client_gone_ns - attempt.requested_ns), received, xid_text(attempt));
  }
  if (attempt.resolved) {
    return fmt::format(
        "{}: the client was not told, asked afterwards and learnt that PostgreSQL had committed it"
        "{}.",
        who, xid_text(attempt));
  }
  return fmt::format("{}: the client was never told. PostgreSQL{} committed it{}.", who, received,
                     xid_text(attempt));
}

std::string aborted_unacked(const Attempt& attempt) {
  const std::string who = capitalised(label(attempt));
  if (attempt.refused) {
    return fmt::format("{}: PostgreSQL refused the COMMIT and said so; it holds nothing of it{}.",
                       who, xid_text(attempt));
  }
  return fmt::format(
      "{}: the client was not told. PostgreSQL aborted it and holds nothing of it{}.", who,
      xid_text(attempt));
}

// Less than TCP's shortest time-out is no wait for a heal: a fault that cuts nothing has one as
// well.
bool waited_for(const Attempt& attempt, std::optional<std::int64_t> heal_ns) {
  return heal_ns && attempt.acked_ns && attempt.requested_ns < *heal_ns &&
         *attempt.acked_ns >= *heal_ns && *attempt.acked_ns - attempt.requested_ns >= shortest_rto;
}

std::string waited(const Attempt& attempt, std::optional<std::int64_t> heal_ns) {
  return fmt::format("{}: the client waited {} for its answer, which came{}; it is committed{}.",
                     capitalised(label(attempt)), elapsed(*attempt.acked_ns - attempt.requested_ns),
                     relative_to_heal(*attempt.acked_ns, heal_ns), xid_text(attempt));
}

// Empty: the attempt went as usual.
std::string tell(const Attempt& attempt, std::optional<std::int64_t> heal_ns) {
  const bool acked = attempt.belief == Belief::acked;
  switch (attempt.truth) {
    case Truth::committed:
      if (!acked) return committed_unacked(attempt, heal_ns);
      return waited_for(attempt, heal_ns) ? waited(attempt, heal_ns) : "";
    case Truth::aborted:
      if (!acked) return aborted_unacked(attempt);
      return fmt::format("{}: the client holds it for committed. PostgreSQL aborted it{}.",
                         capitalised(label(attempt)), xid_text(attempt));
    case Truth::unknown:
      return fmt::format("{}: the client was {}told; what PostgreSQL holds of it is not known.",
                         capitalised(label(attempt)), acked ? "" : "not ");
  }
  return "";
}

std::string also_committed(const Attempt& first, const std::vector<Attempt>& attempts) {
  const bool again = !first.id.empty() && first.truth == Truth::committed &&
                     std::any_of(attempts.begin(), attempts.end(), [&first](const Attempt& other) {
                       return other.id == first.id && other.requested_ns > first.requested_ns &&
                              other.truth == Truth::committed;
                     });
  return again ? fmt::format(" A retry was committed too: {} is in the database more than once.",
                             id_label(first))
               : "";
}

std::string agreement(const BeliefVsTruth& counts, const std::vector<Attempt>& attempts) {
  const auto wrong = std::count_if(attempts.begin(), attempts.end(), disagrees);
  if (wrong > 0) {
    return "They disagree about " + counted(static_cast<std::uint64_t>(wrong), "attempt") + ".";
  }
  if (counts.unknown > 0) {
    return fmt::format("Whether they agree is not known of {}.",
                       counted(static_cast<std::uint64_t>(counts.unknown), "attempt"));
  }
  return counts.resolved > 0 ? "In the end they agree." : "They agree.";
}

// Databases of which only their answers are known.
std::vector<std::string> only_heard(const Scenario& scenario) {
  std::vector<std::string> names;
  for (const Service& service : scenario.services) {
    if (service.protocol == "postgres" && service.is_only_heard()) names.push_back(service.name);
  }
  return names;
}

std::string both_sides(const std::vector<Attempt>& attempts, bool heard) {
  const BeliefVsTruth counts = tally(attempts);
  const auto told = std::count_if(attempts.begin(), attempts.end(), [](const Attempt& attempt) {
    return attempt.belief == Belief::acked;
  });
  std::string text =
      fmt::format("The client was told that {} of its {} succeeded; PostgreSQL {} {}.", told,
                  counted(attempts.size(), "COMMIT"),
                  std::string(heard ? "has acknowledged" : "has committed") +
                      (!heard && counts.unknown > 0 ? " at least" : ""),
                  counts.committed_acked + counts.committed_unacked);
  return text + " " + agreement(counts, attempts);
}

}  // namespace

std::vector<std::string> summarise(const RunFacts& facts, const std::vector<Attempt>& attempts) {
  std::vector<std::string> lines = summarise_exchanges(facts);
  const std::vector<std::string> messages = summarise_messages(facts);
  lines.insert(lines.end(), messages.begin(), messages.end());
  if (attempts.empty()) {
    if (lines.empty() || speaks(*facts.scenario, "postgres"))
      lines.emplace_back("The target sent no COMMIT.");
    return lines;
  }
  const auto heal_ns = last_heal_ns(facts);
  const std::size_t most = lines.size() + most_told;
  std::size_t untold = 0;
  for (const Attempt& attempt : attempts) {
    const std::string line = tell(attempt, heal_ns);
    if (line.empty()) continue;
    if (lines.size() < most) {
      lines.push_back(line + also_committed(attempt, attempts));
    } else {
      ++untold;
    }
  }
  if (untold > 0) lines.push_back(fmt::format("The report lists {} more.", untold));
  const auto heard = only_heard(*facts.scenario);
  lines.push_back(both_sides(attempts, !heard.empty()));
  if (!heard.empty()) {
    lines.push_back(
        fmt::format("{} {} only heard, not asked: what it holds is known from its "
                    "answers alone.",
                    listed(heard), heard.size() == 1 ? "was" : "were"));
  }
  return lines;
}

}  // namespace cutpoint

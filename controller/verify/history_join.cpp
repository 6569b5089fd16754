// SPDX-License-Identifier: Apache-2.0
#include "controller/verify/history_join.h"

#include <algorithm>
#include <limits>

namespace cutpoint {
namespace {

using probes::HistoryRecord;

struct Invoke {
  std::int64_t ns;    // 0: not written
  std::size_t story;  // index
};

struct Stories {
  std::vector<Story> all;
  std::vector<std::int64_t> ended_ns;  // of each, when it was told how it ended; 0: not known
  std::vector<bool> joined;            // of each, a COMMIT was found
  std::map<int, std::vector<Invoke>> by_pid;  // in the order of the file
};

void tell(Story& story, const HistoryRecord& record) {
  if (story.xid.empty()) story.xid = record.xid;
  if (record.type == "ok") story.belief = Belief::acked;
  if (record.type == "fail" || record.type == "info") story.belief = Belief::unacked;
  if (record.type == "resolved") story.resolved_as = record.committed;
}

Stories read_stories(const std::vector<HistoryRecord>& history) {
  Stories stories;
  // An application may not number its attempts: a line belongs to the newest story of its key.
  std::map<std::pair<Work, int>, std::size_t> newest;
  for (const HistoryRecord& record : history) {
    const std::pair key{Work{record.op, record.id}, record.attempt};
    if (record.type == "invoke") {
      newest[key] = stories.all.size();
      if (record.pid != 0) {
        stories.by_pid[record.pid].push_back({record.ns, stories.all.size()});
      }
      stories.all.push_back({.op = record.op,
                             .id = record.id,
                             .attempt = record.attempt,
                             .xid = record.xid,
                             .pid = record.pid,
                             .invoked_ns = record.ns,
                             .belief = std::nullopt,
                             .resolved_as = std::nullopt});
      stories.ended_ns.push_back(0);
      stories.joined.push_back(false);
    } else if (const auto found = newest.find(key); found != newest.end()) {
      tell(stories.all[found->second], record);
      std::int64_t& ended_ns = stories.ended_ns[found->second];
      if (ended_ns == 0) ended_ns = record.ns;
    }
  }
  return stories;
}

std::map<int, std::vector<std::size_t>> flows_by_pid(const std::vector<WireFlow>& flows) {
  std::map<int, std::vector<std::size_t>> by_pid;
  for (std::size_t index = 0; index < flows.size(); ++index) {
    if (flows[index].pid != 0) by_pid[flows[index].pid].push_back(index);
  }
  for (auto& [pid, indices] : by_pid) {
    std::stable_sort(indices.begin(), indices.end(), [&flows](std::size_t left, std::size_t right) {
      return flows[left].opened_ns < flows[right].opened_ns;
    });
  }
  return by_pid;
}

// The `invoke` lines of one pid, over the flows that had it one after another.
class Dealer {
 public:
  Dealer(const std::vector<Invoke>& invokes, Stories& stories, JoinedHistory& result)
      : invokes_(invokes), stories_(stories), result_(result) {}

  // A request belongs to the oldest line that was written before it and not yet ended then: one
  // that had failed without a COMMIT has none. Lines without a time are dealt in their order.
  void deal(std::size_t flow, const std::vector<WireRequest>& requests, std::int64_t until) {
    for (std::size_t ordinal = 0; ordinal < requests.size(); ++ordinal) {
      const std::int64_t requested = requests[ordinal].requested_ns;
      while (next_ < invokes_.size() && ended_before(invokes_[next_], requested)) ++next_;
      if (next_ == invokes_.size() || invokes_[next_].ns > requested) continue;
      const std::size_t story = invokes_[next_++].story;
      result_.joined[{flow, ordinal}] = stories_.all[story];
      stories_.joined[story] = true;
    }
    // Whose COMMIT never left; those without a time are kept for the next flow.
    while (next_ < invokes_.size() && invokes_[next_].ns != 0 && invokes_[next_].ns < until) {
      ++next_;
    }
  }

 private:
  [[nodiscard]] bool ended_before(const Invoke& invoke, std::int64_t ns) const {
    const std::int64_t ended_ns = stories_.ended_ns[invoke.story];
    return invoke.ns != 0 && ended_ns != 0 && ended_ns < ns;
  }

  const std::vector<Invoke>& invokes_;
  Stories& stories_;
  JoinedHistory& result_;
  std::size_t next_ = 0;
};

}  // namespace

JoinedHistory join_history(const std::vector<WireFlow>& flows,
                           const std::vector<HistoryRecord>& history) {
  Stories stories = read_stories(history);
  JoinedHistory result;
  for (const auto& [pid, indices] : flows_by_pid(flows)) {
    const auto invokes = stories.by_pid.find(pid);
    if (invokes == stories.by_pid.end()) continue;
    Dealer dealer(invokes->second, stories, result);
    for (std::size_t i = 0; i < indices.size(); ++i) {
      const bool last = i + 1 == indices.size();
      const std::int64_t until =
          last ? std::numeric_limits<std::int64_t>::max() : flows[indices[i + 1]].opened_ns;
      dealer.deal(indices[i], flows[indices[i]].requests, until);
    }
  }
  for (std::size_t i = 0; i < stories.all.size(); ++i) {
    const Story& story = stories.all[i];
    if (!stories.joined[i] && story.pid != 0 && story.belief == Belief::acked) {
      result.acked_unseen.push_back(story);
    }
  }
  return result;
}

}  // namespace cutpoint

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
  std::map<std::pair<std::string, int>, std::size_t> newest;
  for (const HistoryRecord& record : history) {
    const std::pair key{record.id, record.attempt};
    if (record.type == "invoke") {
      newest[key] = stories.all.size();
      if (record.pid != 0) {
        stories.by_pid[record.pid].push_back({record.ns, stories.all.size()});
      }
      stories.all.push_back({record.op, record.id, record.attempt, record.xid, {}, {}});
    } else if (const auto found = newest.find(key); found != newest.end()) {
      tell(stories.all[found->second], record);
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
  Dealer(const std::vector<Invoke>& invokes, const std::vector<Story>& stories, Joined& joined)
      : invokes_(invokes), stories_(stories), joined_(joined) {}

  // Those written before `until`. A line with a time but without a request announced a COMMIT that
  // never left; one without a time is kept for the next flow.
  void deal(std::size_t flow, std::size_t requests, std::int64_t until) {
    for (std::size_t ordinal = 0; next_ < invokes_.size(); ++next_, ++ordinal) {
      const Invoke& invoke = invokes_[next_];
      const bool timed = invoke.ns != 0;
      if (timed ? invoke.ns >= until : ordinal >= requests) return;
      if (ordinal < requests) joined_[{flow, ordinal}] = stories_[invoke.story];
    }
  }

 private:
  const std::vector<Invoke>& invokes_;
  const std::vector<Story>& stories_;
  Joined& joined_;
  std::size_t next_ = 0;
};

}  // namespace

Joined join_history(const std::vector<WireFlow>& flows, const std::vector<HistoryRecord>& history) {
  const Stories stories = read_stories(history);
  Joined joined;
  for (const auto& [pid, indices] : flows_by_pid(flows)) {
    const auto invokes = stories.by_pid.find(pid);
    if (invokes == stories.by_pid.end()) continue;
    Dealer dealer(invokes->second, stories.all, joined);
    for (std::size_t i = 0; i < indices.size(); ++i) {
      const bool last = i + 1 == indices.size();
      const std::int64_t until =
          last ? std::numeric_limits<std::int64_t>::max() : flows[indices[i + 1]].opened_ns;
      dealer.deal(indices[i], flows[indices[i]].requests.size(), until);
    }
  }
  return joined;
}

}  // namespace cutpoint

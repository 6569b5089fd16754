// SPDX-License-Identifier: Apache-2.0
#include "controller/report/html/picture_marks.h"

#include <algorithm>
#include <fmt/core.h>
#include <map>
#include <tuple>

#include "controller/verify/phrases.h"

namespace cutpoint::html {
namespace {

constexpr std::size_t most_firings_to_look_at = 10;

bool earlier(const Mark& left, const Mark& right) {
  return std::tie(left.ns, left.seq) < std::tie(right.ns, right.seq);
}

std::size_t most_of(MarkKind kind) {
  return kind == MarkKind::message ? most_messages : most_of_another_kind;
}

// Of sorted marks: those that stay for themselves.
std::vector<bool> near_firings(const std::vector<Mark>& marks) {
  std::vector<bool> near(marks.size(), false);
  std::size_t firings = 0;
  for (std::size_t i = 0; i < marks.size() && firings < most_firings_to_look_at; ++i) {
    if (marks[i].kind != MarkKind::fault) continue;
    ++firings;
    const std::size_t from = i < near_a_firing ? 0 : i - near_a_firing;
    const std::size_t until = std::min(marks.size(), i + near_a_firing + 1);
    std::fill(near.begin() + static_cast<std::ptrdiff_t>(from),
              near.begin() + static_cast<std::ptrdiff_t>(until), true);
  }
  return near;
}

// Several marks that become one.
class Together {
 public:
  void add(const Mark& mark) {
    if (count_ == 0) one_ = mark;
    count_ += mark.count;
    one_.until_ns = std::max(one_.until_ns, mark.until_ns);
    if (one_.flow != mark.flow) one_.flow.clear();
    whats_[mark.what] += mark.count;
  }

  [[nodiscard]] Mark take() && {
    if (count_ == 1) return std::move(one_);
    one_.count = count_;
    one_.more.clear();
    one_.what = words();
    return std::move(one_);
  }

 private:
  // The most frequent first.
  [[nodiscard]] std::string words() const {
    constexpr std::size_t most_words = 4;
    std::vector<std::pair<std::size_t, std::string>> order;
    for (const auto& [what, count] : whats_) order.emplace_back(count, what);
    std::sort(order.begin(), order.end(), [](const auto& left, const auto& right) {
      return std::tie(right.first, left.second) < std::tie(left.first, right.second);
    });
    std::vector<std::string> items;
    items.reserve(order.size());
    for (const auto& [count, what] : order) {
      items.push_back(count == 1 ? what : fmt::format("{} × {}", what, count));
    }
    return listed(items, most_words);
  }

  Mark one_;  // the first of them
  std::size_t count_ = 0;
  std::map<std::string, std::size_t> whats_;
};

using Place = std::tuple<std::size_t, bool>;  // lane, direction

std::size_t places_of(const std::vector<Mark>& marks, MarkKind kind) {
  std::map<Place, bool> places;
  for (const Mark& mark : marks) {
    if (mark.kind == kind) places[{mark.lane, mark.downstream}] = true;
  }
  return places.size();
}

// How long a stretch is, so that marks of this kind become few enough.
std::int64_t stretch_ns(const std::vector<Mark>& marks, MarkKind kind) {
  constexpr std::size_t fewest = 100;  // in a lane and direction; a screen shows hardly more
  constexpr std::size_t most = 1200;
  const std::size_t stretches =
      std::clamp(most_of(kind) / std::max<std::size_t>(places_of(marks, kind), 1), fewest, most);
  const std::int64_t span = marks.back().ns - marks.front().ns;
  return std::max<std::int64_t>(span / static_cast<std::int64_t>(stretches), 1);
}

std::string remark(MarkKind kind, std::size_t before, std::size_t after, std::int64_t length_ns) {
  return fmt::format(
      "{} marks ({}) are drawn as {}: those of a lane within {} are one, with their number, except "
      "near a firing",
      before, name(kind), after, elapsed(length_ns));
}

// Moves marks of this kind from `marks` to `result`; its remark, if it drew some together.
std::string thin_kind(const std::vector<Mark>& marks, const std::vector<bool>& near, MarkKind kind,
                      std::vector<Mark>& result) {
  const auto count = static_cast<std::size_t>(std::count_if(
      marks.begin(), marks.end(), [kind](const Mark& mark) { return mark.kind == kind; }));
  const bool few = count <= most_of(kind);
  const std::int64_t length_ns = few ? 1 : stretch_ns(marks, kind);
  const std::size_t before = result.size();
  std::map<std::tuple<std::size_t, bool, std::int64_t>, Together> stretches;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    const Mark& mark = marks[i];
    if (mark.kind != kind) continue;
    if (few || (near[i] && kind != MarkKind::fault)) {
      result.push_back(mark);
    } else {
      const std::int64_t stretch = (mark.ns - marks.front().ns) / length_ns;
      stretches[{mark.lane, mark.downstream, stretch}].add(mark);
    }
  }
  for (auto& [place, together] : stretches) result.push_back(std::move(together).take());
  return few ? "" : remark(kind, count, result.size() - before, length_ns);
}

}  // namespace

std::string_view name(MarkKind kind) {
  switch (kind) {
    case MarkKind::message:
      return "message";
    case MarkKind::held_back:
      return "held back";
    case MarkKind::retransmit:
      return "retransmission";
    case MarkKind::reset:
      return "reset";
    case MarkKind::fault:
      return "fault";
    case MarkKind::note:
      return "note";
  }
  return "";
}

Thinned thinned(std::vector<Mark> marks) {
  Thinned result;
  if (marks.empty()) return result;
  std::sort(marks.begin(), marks.end(), earlier);
  const std::vector<bool> near = near_firings(marks);
  for (const MarkKind kind : mark_kinds) {
    const std::string said = thin_kind(marks, near, kind, result.marks);
    if (!said.empty()) result.remarks.push_back(said);
  }
  std::sort(result.marks.begin(), result.marks.end(), earlier);
  return result;
}

}  // namespace cutpoint::html

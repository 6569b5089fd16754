// SPDX-License-Identifier: Apache-2.0
#include "controller/run/top_view.h"

#include <algorithm>
#include <utility>

#include "bpf/abi/transport.h"
#include "controller/run/trace_summary.h"

namespace cutpoint {
namespace {

constexpr double ns_per_second = 1e9;
constexpr char quit = 'q';
constexpr char other_grouping = 'p';

// Of all services; connections being opened and closed are none.
std::uint64_t all_moments(const std::vector<MomentCounts>& services) {
  std::uint64_t sum = 0;
  for (const MomentCounts& counts : services) {
    for (unsigned bit = 0; bit < CUT_TRANSPORT_FIRST; ++bit) sum += counts[bit];
  }
  return sum;
}

}  // namespace

Result<std::unique_ptr<TopView>> TopView::open(const TopOptions& options,
                                               const NetworkNamespace& netns, TraceStream& stream) {
  CUTPOINT_TRY_ASSIGN(sockets, SocketDiag::open(netns));
  std::optional<TerminalScreen> screen;
  if (stream.is_stdout() && stream.format() == TraceFormat::text && TerminalScreen::is_there()) {
    CUTPOINT_TRY_ASSIGN(opened, TerminalScreen::open());
    screen.emplace(std::move(opened));
  }
  return std::unique_ptr<TopView>(
      new TopView(options, std::move(sockets), std::move(screen), stream));
}

TopView::TopView(const TopOptions& options, SocketDiag sockets,
                 std::optional<TerminalScreen> screen, TraceStream& stream)
    : options_(options), sockets_(std::move(sockets)), screen_(std::move(screen)), stream_(stream) {
  status_.by_process = options.by_process;
  // What it would say of losses and of flows that cannot be read stands in the table.
  stream_.be_silent(screen_.has_value());
}

TopView::~TopView() {
  stream_.be_silent(false);
}

Status TopView::look(const TraceSight& sight) {
  const bool is_first = looked_ns_ == 0;
  const std::int64_t interval = sight.now_ns - (is_first ? sight.started_ns : looked_ns_);
  // The last look may come soon after another.
  if (!screen_ && !is_first && interval < options_.every.count() / 2) return {};
  const std::uint64_t moments = all_moments(sight.moments);
  status_.elapsed_ns = sight.now_ns - sight.started_ns;
  status_.flows = board_.flows();
  status_.not_synchronised = board_.not_synchronised();
  status_.moments_per_second = interval <= 0 ? 0
                                             : static_cast<double>(moments - moments_) *
                                                   ns_per_second / static_cast<double>(interval);
  status_.events_lost = sight.counters[CUT_COUNT_EVENTS_LOST];
  status_.passed_over = sight.latencies.passed_over();
  status_.not_covered = not_covered(sight.counters);
  CUTPOINT_TRY_ASSIGN(sockets, sockets_.look());
  rows_ = board_.take_rows(status_.by_process, sight.latencies.waiting(), sockets, sight.now_ns,
                           interval);
  moments_ = moments;
  looked_ns_ = sight.now_ns;
  next_look_ns_ += options_.every.count();
  if (next_look_ns_ <= sight.now_ns) next_look_ns_ = sight.now_ns + options_.every.count();
  // A screen is not left empty; elsewhere the first table is of a whole interval.
  return is_first && !screen_ ? Status() : show(sight.now_ns);
}

Status TopView::show(std::int64_t now_ns) {
  sort_rows(rows_, order_);
  if (screen_) return draw();
  stream_.note(now_ns, "top", top_json(rows_, status_), top_text(rows_, status_));
  return {};
}

Status TopView::draw() {
  drawn_ = screen_->size();
  const TopScreen screen = top_screen(rows_, status_, order_, drawn_.width, drawn_.height);
  return screen_->draw(screen.lines, screen.header);
}

Result<bool> TopView::is_over() {
  if (!screen_) return false;
  for (const char key : screen_->keys()) {
    if (key == quit) return true;
    if (key == other_grouping) {
      status_.by_process = !status_.by_process;
      next_look_ns_ = 0;  // its rows are others
    } else if (const TopOrder* order = top_order_of(key); order != nullptr) {
      order_ = *order;
      CUTPOINT_TRY(show(looked_ns_));
    }
  }
  if (screen_->size() != drawn_) CUTPOINT_TRY(draw());
  return false;
}

}  // namespace cutpoint

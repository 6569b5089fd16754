// SPDX-License-Identifier: Apache-2.0
// The view `top`: on a terminal a table that is drawn anew, else one after another.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "controller/run/terminal_screen.h"
#include "controller/run/top_board.h"
#include "controller/run/top_table.h"
#include "controller/run/trace_stream.h"
#include "controller/run/trace_watcher.h"
#include "controller/util/duration.h"
#include "controller/util/netns.h"
#include "controller/util/socket_diag.h"

namespace cutpoint {

struct TopOptions {
  bool by_process = false;
  std::chrono::nanoseconds every = std::chrono::seconds(1);
};

class TopView : public TraceWatcher {
 public:
  // Takes the terminal, where `stream` goes to one as text; else it writes to `stream`, which
  // outlives it. `netns`: where the flows' sockets are.
  static Result<std::unique_ptr<TopView>> open(const TopOptions& options,
                                               const NetworkNamespace& netns, TraceStream& stream);

  ~TopView() override;

  void flow_known(const cut_event& event, const TracedFlow& words) override {
    board_.flow_known(event, words);
  }
  void flow_named(std::uint64_t flow, const TracedFlow& words) override {
    board_.flow_named(flow, words);
  }
  void see(const cut_event& event, const std::vector<Answered>& answered) override {
    board_.see(event, answered);
  }
  void flow_gone(std::uint64_t flow) override { board_.flow_gone(flow); }

  [[nodiscard]] std::int64_t next_look_ns() const override { return next_look_ns_; }
  Status look(const TraceSight& sight) override;
  Result<bool> is_over() override;

 private:
  TopView(const TopView&) = delete;
  TopView& operator=(const TopView&) = delete;
  TopView(TopView&&) = delete;
  TopView& operator=(TopView&&) = delete;
  TopView(const TopOptions& options, SocketDiag sockets, std::optional<TerminalScreen> screen,
          TraceStream& stream);

  Status show(std::int64_t now_ns);
  Status draw();

  TopOptions options_;
  SocketDiag sockets_;
  std::optional<TerminalScreen> screen_;
  TraceStream& stream_;
  TopBoard board_;
  TopOrder order_ = TopOrder::oldest;
  std::vector<TopRow> rows_;  // as they were at the last look
  TopStatus status_;
  TerminalSize drawn_;
  std::uint64_t moments_ = 0;
  std::int64_t looked_ns_ = 0;
  std::int64_t next_look_ns_ = 0;
};

}  // namespace cutpoint

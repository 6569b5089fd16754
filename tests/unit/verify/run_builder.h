// SPDX-License-Identifier: Apache-2.0
// Builds the facts of a run as the programs, the application and the observer would have left them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "bpf/abi/postgres.h"
#include "controller/verify/verify.h"

namespace cutpoint::testing {

class RunBuilder;

// One connection of the target. Every step takes a millisecond.
class FlowBuilder {
 public:
  // A whole order: invoke, COMMIT, its answer, ok, a row in each table.
  FlowBuilder& commit(int id, int attempt = 1);

  // Its parts. `invoke` writes the history line and gives the transaction an xid.
  FlowBuilder& invoke(int id, int attempt = 1, const std::string& op = "order");
  FlowBuilder& request();                        // commit.request, delivered
  FlowBuilder& cut_request(std::uint32_t kept);  // the rule fires, `kept` bytes are delivered
  FlowBuilder& hold_request();                   // a cut is on: it leaves and does not arrive
  FlowBuilder& deliver_request();                // … it comes again after the heal
  FlowBuilder& ack();                            // commit.ack, delivered
  FlowBuilder& cut_ack();                        // the rule fires before it
  FlowBuilder& answer(unsigned moment);          // CUT_PG_ERROR, CUT_PG_ROLLBACK_ACK
  FlowBuilder& exchange(std::uint32_t number);   // of the messages from here on; commit() adds 1
  FlowBuilder& mismatch();                       // a COMMIT answered ROLLBACK
  FlowBuilder& rollback_request();
  FlowBuilder& rollback();         // rollback.request and its answer
  FlowBuilder& release_request();  // the held bytes pass
  FlowBuilder& release_ack();
  FlowBuilder& close();        // the client closes its end
  FlowBuilder& socket_gone();  // … and the kernel forgets it: later events carry no cookie
  FlowBuilder& event(cut_event_kind kind, std::uint32_t begin = 0, std::uint32_t end = 0);

  // The application's and the database's word about the newest invoke.
  FlowBuilder& says(const std::string& type);  // ok, fail, info
  FlowBuilder& found_out(bool committed);
  FlowBuilder& committed();  // xid final, a row in each table
  FlowBuilder& aborted();
  FlowBuilder& fate(probes::XactStatus status);
  // The observer's: this transaction is open in the backend just now; its fate later.
  FlowBuilder& seen(const std::string& xid, probes::XactStatus status);

  [[nodiscard]] std::uint64_t cookie() const { return cookie_; }
  [[nodiscard]] int pid() const { return pid_; }

 private:
  friend class RunBuilder;
  struct Span {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };

  FlowBuilder(RunBuilder& run, std::uint64_t cookie, int pid, std::uint8_t service);
  cut_event blank(cut_event_kind kind, cut_direction direction) const;
  void emit(cut_event event);
  void message(cut_event_kind kind, cut_direction direction, unsigned moment, Span span,
               std::uint32_t cut = 0);
  Span next(cut_direction direction, std::uint32_t length);
  void record(const std::string& type);

  RunBuilder& run_;
  std::uint64_t cookie_;
  int pid_;
  std::uint8_t service_;
  bool has_socket_ = true;
  std::uint16_t port_;
  std::uint32_t exchange_ = 0;
  std::uint32_t next_seq_[CUT_DIRECTIONS] = {1000, 5000};
  Span request_;
  Span ack_;
  probes::HistoryRecord newest_;
};

class RunBuilder {
 public:
  static constexpr std::uint32_t request_bytes = 14;
  static constexpr std::uint32_t ack_bytes = 12;

  // split-brain: one service, one fault, after the 20th commit.request, both directions, scope
  // service, 30 s, and all six invariants.
  RunBuilder();
  RunBuilder(const RunBuilder&) = delete;
  RunBuilder& operator=(const RunBuilder&) = delete;

  FlowBuilder connect(int pid, std::uint8_t service = 0);
  RunBuilder& wait(std::chrono::milliseconds time);
  RunBuilder& heal();
  RunBuilder& without_history();
  RunBuilder& without_xids();
  RunBuilder& only(const std::string& invariant);  // drops the other expectations

  Fault& fault() { return scenario.faults.front(); }
  cut_rule_state& rule() { return facts.rules.front().state; }
  [[nodiscard]] std::int64_t now_ns() const { return now_.count(); }
  Verdict verify() const { return cutpoint::verify(facts); }

  Scenario scenario;
  Timeline timeline;
  RunFacts facts;

 private:
  friend class FlowBuilder;
  std::chrono::nanoseconds now_ = std::chrono::seconds(100);
  std::uint64_t flows_ = 0;
  int xids_ = 720;
};

// The names of the invariants with that outcome, in the scenario's order.
std::vector<std::string> invariants_that_are(Outcome outcome, const Verdict& verdict);
const InvariantResult& invariant(const Verdict& verdict, const std::string& name);

// 19 orders on one connection, then the 20th announced: what every row of the table begins with.
FlowBuilder orders_up_to_the_cut(RunBuilder& run);
// Orders 21 to 50 on a new connection.
void remaining_orders(RunBuilder& run);

}  // namespace cutpoint::testing

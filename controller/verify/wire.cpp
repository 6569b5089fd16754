// SPDX-License-Identifier: Apache-2.0
#include "controller/verify/wire.h"

#include <algorithm>
#include <deque>

#include "bpf/abi/postgres.h"
#include "controller/util/serial_number.h"
#include "controller/verify/messages.h"

namespace cutpoint {
namespace {

void note_client_gone(WireFlow& wire, const Entry& entry) {
  if (wire.client_gone_ns) return;
  wire.client_gone_ns = entry.ns;
  wire.client_gone_evidence = entry.number;
}

// Everything of the flow but the questions and answers; those go to `messages`.
void read_entry(WireFlow& wire, Messages& messages, const Entry& entry) {
  messages.read(entry);
  const cut_event& event = *entry.event();
  wire.cut |= event.kind == CUT_EVENT_FIRED || event.kind == CUT_EVENT_SWALLOWED ||
              event.kind == CUT_EVENT_TRUNCATED;
  switch (static_cast<cut_event_kind>(event.kind)) {
    case CUT_EVENT_MOMENT:
      if (is_moment(event, CUT_PG_BACKEND_KEY)) {
        wire.pid = static_cast<int>(event.attr[CUT_PG_ATTR_PID]);
      }
      return;
    case CUT_EVENT_FLOW_STATE:
    case CUT_EVENT_FLOW_CLOSED:
      if (is_client_closing(event)) note_client_gone(wire, entry);
      wire.closed |= event.kind == CUT_EVENT_FLOW_CLOSED;
      return;
    case CUT_EVENT_FLOW_DESYNC:
      wire.desynchronised = true;
      return;
    case CUT_EVENT_FLOW_JOINED:
      wire.joined = true;
      if (event.attr[1] != 0) wire.pid = static_cast<int>(event.attr[1]);
      return;
    case CUT_EVENT_FIRED:
    case CUT_EVENT_HELD:
    case CUT_EVENT_WOULD_FIRE:
    case CUT_EVENT_MISMATCH:
    case CUT_EVENT_ALTERED:
    case CUT_EVENT_RELEASED:
    case CUT_EVENT_CODE_MAPPED:
    case CUT_EVENT_PROCESS_DIED:
    case CUT_EVENT_FLOW_OPENED:
    case CUT_EVENT_FLOW_ESTABLISHED:
    case CUT_EVENT_TRUNCATED:
    case CUT_EVENT_DUPLICATED:
    case CUT_EVENT_DSACK:
    case CUT_EVENT_REFUSED:
    case CUT_EVENT_SIGNALLED:
    case CUT_EVENT_SWALLOWED:
    case CUT_EVENT_RETRANSMIT:
    case CUT_EVENT_RETRANSMIT_PEER:
    case CUT_EVENT_RTO:
    case CUT_EVENT_RESET_SENT:
    case CUT_EVENT_RESET_RECEIVED:
    case CUT_EVENT_RESET_SENT_PEER:
    case CUT_EVENT_RESET_RECEIVED_PEER:
    case CUT_EVENT_KINDS:
      return;
  }
}

bool is_request(const Message& message) {
  return message.direction == CUT_UPSTREAM &&
         (message.is(CUT_PG_COMMIT_REQUEST) || message.is(CUT_PG_ROLLBACK_REQUEST) ||
          message.is(CUT_PG_PREPARE_REQUEST));
}

bool is_answer(const Message& message) {
  return message.direction == CUT_DOWNSTREAM &&
         (message.is(CUT_PG_COMMIT_ACK) || message.is(CUT_PG_ROLLBACK_ACK) ||
          message.is(CUT_PG_ERROR));
}

// A request at the time it left, an answer at the time it arrived.
struct Step {
  std::int64_t ns;
  const Message* message;
};

std::vector<Step> in_order(const std::vector<Message>& messages) {
  std::vector<Step> steps;
  for (const Message& message : messages) {
    if (is_request(message)) steps.push_back({message.seen_ns, &message});
    if (is_answer(message)) {
      steps.push_back({message.delivered_ns.value_or(message.seen_ns), &message});
    }
  }
  std::stable_sort(steps.begin(), steps.end(),
                   [](const Step& left, const Step& right) { return left.ns < right.ns; });
  return steps;
}

// One that was not answered yet.
struct OpenQuestion {
  std::uint32_t exchange;
  std::size_t index;  // in WireFlow::questions
};

// The questions and answers of one flow, put together.
class Conversation {
 public:
  explicit Conversation(WireFlow& wire) : wire_(wire) {}

  void ask(const Message& message) {
    WireQuestion question{message.seen_ns, std::nullopt, std::nullopt};
    if (message.is(CUT_PG_COMMIT_REQUEST)) {
      question.request = wire_.requests.size();
      wire_.requests.push_back({.requested_ns = message.seen_ns,
                                .delivered_ns = message.delivered_ns,
                                .released_ns = message.released_ns,
                                .answered_ns = std::nullopt,
                                .several = message.several,
                                .evidence = message.evidence});
    }
    open_.push_back({message.exchange, wire_.questions.size()});
    wire_.questions.push_back(question);
  }

  // What was held at the hook, or arrives at a closed socket, is told to nobody: of that only the
  // server's word that it has committed counts, and only for the truth. An error may be the
  // server's farewell instead.
  void answer(const Message& message, std::int64_t ns, bool heard) {
    const bool committed = message.is(CUT_PG_COMMIT_ACK);
    if (!heard && message.is(CUT_PG_ERROR)) return;
    const bool passes_over = has_older_commit(message);
    std::vector<std::size_t> answered = take_answered(message);
    if (answered.empty() && committed && wire_.joined && !passes_over) {
      answered.push_back(ask_unrecognised(message));
    }
    for (const std::size_t index : answered) {
      WireQuestion& question = wire_.questions[index];
      question.answered_ns = ns;
      if (!question.request) continue;
      WireRequest& request = wire_.requests[*question.request];
      if (!heard) {
        request.committed_unheard = committed;
        if (request.unrecognised) request.evidence = message.evidence;
        continue;
      }
      request.answer = committed ? Answer::committed : Answer::refused;
      request.answered_ns = message.delivered_ns;
      request.evidence.insert(request.evidence.end(), message.evidence.begin(),
                              message.evidence.end());
    }
  }

 private:
  // What executes a statement that was prepared before says only its name.
  std::size_t ask_unrecognised(const Message& answer) {
    wire_.questions.push_back({answer.seen_ns, std::nullopt, wire_.requests.size()});
    wire_.requests.push_back({.requested_ns = answer.seen_ns,
                              .delivered_ns = answer.seen_ns,
                              .released_ns = std::nullopt,
                              .answered_ns = std::nullopt,
                              .unrecognised = true,
                              .evidence = {}});
    return wire_.questions.size() - 1;
  }

  // Its own COMMIT may be that one, numbered otherwise: the flow was joined between question and
  // answer.
  [[nodiscard]] bool has_older_commit(const Message& message) const {
    return std::any_of(open_.begin(), open_.end(), [&](const OpenQuestion& question) {
      return is_commit(question) && serial_before(question.exchange, message.exchange);
    });
  }
  [[nodiscard]] bool is_commit(const OpenQuestion& question) const {
    return wire_.questions[question.index].request.has_value();
  }

  // PostgreSQL answers in order (55.2.4, Pipelining): of the questions of an exchange the oldest is
  // the one answered. An error ends them all, for the server skips what is left of the exchange;
  // those of another it does not concern.
  std::vector<std::size_t> take_answered(const Message& message) {
    const bool committed = message.is(CUT_PG_COMMIT_ACK);
    const auto belongs = [&] {
      return !open_.empty() && open_.front().exchange == message.exchange;
    };
    while (!open_.empty() && serial_before(open_.front().exchange, message.exchange)) {
      open_.pop_front();
    }
    // A ROLLBACK whose own answer was not recognised must not take the answer of a COMMIT.
    while (committed && belongs() && open_.size() > 1 && !is_commit(open_.front())) {
      open_.pop_front();
    }
    std::vector<std::size_t> answered;
    while (belongs()) {
      answered.push_back(open_.front().index);
      open_.pop_front();
      const bool goes_on = message.is(CUT_PG_ERROR) && message.exchange != 0;
      if (!goes_on) break;
    }
    return answered;
  }

  WireFlow& wire_;
  std::deque<OpenQuestion> open_;
};

void match_answers(WireFlow& wire, const std::vector<Message>& messages) {
  Conversation conversation(wire);
  for (const Step& step : in_order(messages)) {
    const Message& message = *step.message;
    if (message.direction == CUT_UPSTREAM) {
      conversation.ask(message);
    } else {
      const bool there = !wire.client_gone_ns || step.ns <= *wire.client_gone_ns;
      conversation.answer(message, step.ns, there && message.delivered_ns);
    }
  }
}

}  // namespace

WireFlow read_wire(const Flow& flow, const std::vector<Fault>& faults) {
  WireFlow wire;
  wire.cookie = flow.cookie;
  wire.service = flow.service;
  wire.opened_ns = flow.entries.front()->ns;
  Messages messages(faults);
  for (const Entry* entry : flow.entries) read_entry(wire, messages, *entry);
  match_answers(wire, messages.list());
  return wire;
}

}  // namespace cutpoint

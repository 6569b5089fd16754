// SPDX-License-Identifier: Apache-2.0
// The workload amqp.publish: an ordinary publisher, on librabbitmq, that puts messages into a queue
// at a steady rate, waits for the broker's confirms, and sends again what was not confirmed.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace cutpoint::probes {

struct PublishPhase {
  std::string name;
  int messages = 0;  // valid ones, on a schedule of `rate`
  double rate = 0;   // per second
  // Poison comes in addition, in between: so many, spread evenly over the phase…
  int poison = 0;
  // …and one in each such span.
  std::optional<std::chrono::nanoseconds> poison_every;
};

struct PublishOptions {
  std::string url;          // amqp://user:password@host:port/vhost
  std::string exchange;     // empty: the default exchange, with `queue` as the routing key
  std::string routing_key;  // of the exchange
  std::string queue;        // which is waited for, and drained
  // Name of a task: messages are of Celery's protocol 2, and `body` is not used. Their id is the
  // property correlation_id; that of others is message_id.
  std::string celery_task;
  std::string body;  // with "{id}" and "{number}"; empty: {"id": "{id}", "number": {number}}
  std::vector<PublishPhase> phases;
  // For the queue and its consumer to be there, for a confirm, for a queue that rejects to take the
  // message, and for a lost broker to be back and confirm again.
  std::chrono::nanoseconds patience{};
  std::chrono::nanoseconds drain{};  // at the end, for the queue to be empty
  std::string history;               // path of the history file; opened for append
};

// Waits until the queue is there and has a consumer, publishes phase by phase, and waits until the
// queue is drained; the caller is a process of its own inside the target's cgroup. Messages are
// m1, m2… in the order of their publishing, valid and poison alike; poison is a body cut short.
// A schedule that was held up is caught up with.
// Drained: no message has been ready for a second. The protocol does not tell how many messages
// consumers hold unacknowledged; one that is returned in that second is ready again.
//
// The history, besides HistoryRecord: op "publish" (invoke: about to publish; ok: confirmed; fail:
// nacked or returned; info: no confirm came, or the connection was lost: not known); each `invoke`
// is followed by one of the others of the same attempt. op "phase", id its name (invoke: begins;
// ok: its time is over and all its messages have been sent), op "drain", id the queue (invoke; ok:
// drained; info: time was over).
//
// Exit code: 0 every message was confirmed; 1 not, or a setup error (message on stderr, which never
// holds the password).
int run_publisher(const PublishOptions& options);

// JSON for handing the options to that process; the inverse of parse. Throws
// nlohmann::json::exception.
std::string to_json(const PublishOptions& options);
PublishOptions publish_options_from_json(const std::string& text);

}  // namespace cutpoint::probes

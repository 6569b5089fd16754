// SPDX-License-Identifier: Apache-2.0
// What Celery's workers say of themselves, as they send it to the exchange `celeryev`.
// Source: Celery 5.2 documentation, Monitoring and Management Guide, Event Reference; the body is
// one JSON object, or a list of them where several left at once (routing key task.multi).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cutpoint::probes {

struct CeleryEvent {
  std::string type;      // as Celery calls it: "task-started"
  std::string id;        // of the task; empty: the event is about a worker
  std::string task;      // its name; only of task-received and task-sent
  std::string worker;    // host name of the node
  double timestamp = 0;  // when the worker sent it, seconds of its own clock since 1970
  std::string error;     // class of the exception, of task-failed and task-retried
};

// The events of one message. What is none, or has a key above of another type, is left out and
// counted. Nothing of a task's arguments or results is kept.
std::vector<CeleryEvent> parse_celery_events(std::string_view body, std::size_t& malformed);

}  // namespace cutpoint::probes

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <sys/types.h>

#include "tests/unit/probes/amqp_lab.h"

namespace cutpoint::probes::test {

// A private RabbitMQ for the tasks of tasks.py.
class CeleryLab : public AmqpLab {
 public:
  // Puts one task into the queue `asked`.
  void send(const std::string& task, const std::string& argument) const;
};

// A worker of tasks.py with events on and two processes, while it lives.
class CeleryWorker {
 public:
  explicit CeleryWorker(const CeleryLab& lab);
  CeleryWorker(const CeleryWorker&) = delete;
  CeleryWorker& operator=(const CeleryWorker&) = delete;
  ~CeleryWorker();

 private:
  pid_t pid_;
};

}  // namespace cutpoint::probes::test

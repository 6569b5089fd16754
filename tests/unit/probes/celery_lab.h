// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <sys/types.h>

namespace cutpoint::probes::test {

// A private RabbitMQ, brought up by scripts/lab, while it lives.
class CeleryLab {
 public:
  CeleryLab();
  CeleryLab(const CeleryLab&) = delete;
  CeleryLab& operator=(const CeleryLab&) = delete;
  ~CeleryLab();

  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] std::string address() const;  // "127.0.0.1:26672"
  void down();
  // Puts one task of tasks.py into the queue `asked`.
  void send(const std::string& task, const std::string& argument) const;

 private:
  [[nodiscard]] std::string lab(const std::string& action) const;

  std::string directory_;
  int port_;
  std::string url_;
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

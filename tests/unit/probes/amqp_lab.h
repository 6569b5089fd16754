// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <sys/types.h>

namespace cutpoint::probes::test {

// A private RabbitMQ, brought up by scripts/lab, while it lives.
class AmqpLab {
 public:
  AmqpLab();
  AmqpLab(const AmqpLab&) = delete;
  AmqpLab& operator=(const AmqpLab&) = delete;
  ~AmqpLab();

  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] const std::string& management() const { return management_; }
  [[nodiscard]] std::string address() const;  // "127.0.0.1:26672"
  void down();
  void freeze() const;  // it answers no more, until it is killed
  void kill() const;
  void restart();  // on its data, also when it was killed

 private:
  [[nodiscard]] std::string lab(const std::string& action) const;
  void signal(int number) const;

  std::string directory_;
  int port_;
  std::string url_;
  std::string management_;
};

// A consumer of a queue that it declares (amqp_consumer.py), while it lives. It takes one message
// at a time, and connects again when the broker is back.
class AmqpConsumer {
 public:
  // arguments: of the queue, JSON. delay: seconds from a message's arrival to its end. end: how it
  // ends: ack, reject, requeue.
  AmqpConsumer(const AmqpLab& lab, const std::string& queue, const std::string& arguments = "{}",
               const std::string& delay = "0", const std::string& end = "ack");
  AmqpConsumer(const AmqpConsumer&) = delete;
  AmqpConsumer& operator=(const AmqpConsumer&) = delete;
  ~AmqpConsumer();

  void stop();
  // What it has taken: one JSON object per line, with `id`, `body`, `headers`.
  [[nodiscard]] std::string taken() const;

 private:
  std::string file_;
  pid_t pid_ = -1;
};

}  // namespace cutpoint::probes::test

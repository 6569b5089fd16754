// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/probes/amqp_lab.h"

#include <csignal>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/probes/lab_command.h"

namespace cutpoint::probes::test {
namespace {

const std::string consumer_script =
    std::string(CUTPOINT_SOURCE_DIR) + "/tests/unit/probes/amqp_consumer.py";

std::string new_directory() {
  std::string directory = "/var/tmp/cutpoint-test-XXXXXX";
  if (mkdtemp(directory.data()) == nullptr || chmod(directory.c_str(), 0711) != 0) {
    throw std::runtime_error("no directory for the lab");
  }
  return directory;
}

std::string new_file() {
  std::string file = "/var/tmp/cutpoint-consumer-XXXXXX";
  const int fd = mkstemp(file.data());
  if (fd < 0) throw std::runtime_error("no file for the consumer");
  close(fd);
  return file;
}

}  // namespace

std::string AmqpLab::lab(const std::string& action) const {
  return run(fmt::format("CUTPOINT_LAB_DIR={} CUTPOINT_LAB_AMQP_PORT={} {}/scripts/lab {} rabbitmq",
                         directory_, port_, CUTPOINT_SOURCE_DIR, action));
}

// It takes the four ports after its own as well.
AmqpLab::AmqpLab() : directory_(new_directory()), port_(free_ports(5)) {
  static_cast<void>(lab("up"));
  const std::string environment = lab("env");
  url_ = exported(environment, "CUTPOINT_AMQP_URL");
  management_ = exported(environment, "CUTPOINT_AMQP_MANAGEMENT");
}

AmqpLab::~AmqpLab() {
  down();
  rmdir(directory_.c_str());
}

void AmqpLab::down() {
  static_cast<void>(lab("down"));
}

void AmqpLab::signal(int number) const {
  std::ifstream file(directory_ + "/rabbitmq/pid");
  pid_t pid = 0;
  file >> pid;
  if (pid <= 0 || ::kill(pid, number) != 0) throw std::runtime_error("no broker to signal");
}

void AmqpLab::freeze() const {
  signal(SIGSTOP);
}

void AmqpLab::kill() const {
  signal(SIGKILL);
}

void AmqpLab::restart() {
  static_cast<void>(lab("restart"));
}

std::string AmqpLab::address() const {
  return fmt::format("127.0.0.1:{}", port_);
}

AmqpConsumer::AmqpConsumer(const AmqpLab& lab, const std::string& queue,
                           const std::string& arguments, const std::string& delay,
                           const std::string& end)
    : file_(new_file()), pid_(fork()) {
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ > 0) return;
  setenv("CUTPOINT_AMQP_URL", lab.url().c_str(), 1);
  execl("/usr/bin/python3", "python3", consumer_script.c_str(), queue.c_str(), arguments.c_str(),
        delay.c_str(), end.c_str(), file_.c_str(), nullptr);
  _exit(127);
}

AmqpConsumer::~AmqpConsumer() {
  stop();
  unlink(file_.c_str());
}

void AmqpConsumer::stop() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::string AmqpConsumer::taken() const {
  std::ifstream file(file_);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace cutpoint::probes::test

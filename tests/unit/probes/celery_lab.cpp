// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/probes/celery_lab.h"

#include <csignal>
#include <cstdlib>
#include <fmt/format.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/probes/lab_command.h"

namespace cutpoint::probes::test {
namespace {

const std::string here = std::string(CUTPOINT_SOURCE_DIR) + "/tests/unit/probes";

}  // namespace

void CeleryLab::send(const std::string& task, const std::string& argument) const {
  run(
      fmt::format("cd {} && CUTPOINT_AMQP_URL='{}' PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -c "
                  "'import tasks; tasks.{}.delay(\"{}\")'",
                  here, url(), task, argument));
}

CeleryWorker::CeleryWorker(const CeleryLab& lab) : pid_(fork()) {
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ > 0) return;
  setenv("CUTPOINT_AMQP_URL", lab.url().c_str(), 1);
  setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
  if (chdir(here.c_str()) != 0) _exit(127);
  execl("/usr/bin/python3", "python3", "-m", "celery", "-A", "tasks", "worker", "-E", "-c", "2",
        "--without-mingle", "--loglevel", "CRITICAL", nullptr);
  _exit(127);
}

CeleryWorker::~CeleryWorker() {
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
}

}  // namespace cutpoint::probes::test

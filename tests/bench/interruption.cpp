// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/interruption.h"

#include <csignal>
#include <initializer_list>

namespace cutpoint::bench {
namespace {

volatile std::sig_atomic_t has_come = 0;

}  // namespace

// Without SA_RESTART: a wait ends with it.
void catch_interruption() {
  struct sigaction action {};
  action.sa_handler = [](int) { has_come = 1; };
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(number, &action, nullptr);
  action.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &action, nullptr);
}

void throw_if_interrupted() {
  if (has_come != 0) throw Interrupted();
}

}  // namespace cutpoint::bench

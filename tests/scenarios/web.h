// SPDX-License-Identifier: Apache-2.0
// A private nginx on loopback, in clear: HTTP/1.1 at one port, HTTP/2 with prior knowledge at the
// other. What it was asked for stands in its log. It answers once it has the head of a request;
// /read is answered when its body is there, too, and /never not while a test lasts.
#pragma once

#include <memory>
#include <string>

#include "tests/scenarios/program.h"

namespace cutpoint {

class Web {
 public:
  // `directory`: its own, which must exist; `events`: port of events.py.
  Web(std::string directory, const std::string& events);
  ~Web();
  Web(const Web&) = delete;
  Web& operator=(const Web&) = delete;

  [[nodiscard]] std::string address() const { return "127.0.0.1:" + port_; }
  [[nodiscard]] std::string address_of_http2() const { return "127.0.0.1:" + http2_port_; }
  // The requests that it has read to their end, one per line: "GET /json 200".
  [[nodiscard]] std::string log() const;

 private:
  std::string directory_;
  std::string port_;
  std::string http2_port_;
  std::unique_ptr<Program> nginx_;
};

}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
// What somebody else's dissectors see on the wire: dumpcap's capture as tshark reads it, in the
// words of `cutpoint trace`, as far as both have a word for it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/scenarios/program.h"

namespace cutpoint {

// What one end of a connection said, by the client's port: "commit.ack", with what both know of it:
// "ready I", "error 22012", "basic.publish 1" (its channel).
struct Said {
  std::vector<std::string> upstream;
  std::vector<std::string> downstream;
  bool operator==(const Said&) const = default;
};
using Conversations = std::map<std::string, Said>;

// One frame: values by field, in the order in which they come in it.
using Frame = std::map<std::string, std::vector<std::string>>;

// Where one end is in what it says, between two frames.
struct Talk {
  std::string message;    // AMQP: a moment whose content is not complete yet
  int left = 0;           // bytes of that content that are to come
  bool finished = false;  // TLS: its Finished has been sent
};

// How tshark's fields become words.
struct Dissector {
  std::string protocol;             // tshark's name of it, e.g. "pgsql"
  std::vector<std::string> fields;  // that are asked for
  // Appends what the frame's sender says with it; `other` is the other end.
  void (*read)(const Frame& frame, bool upstream, Talk& talk, const Talk& other,
               std::vector<std::string>& said);
};
extern const Dissector dissect_postgres;
extern const Dissector dissect_amqp;
extern const Dissector dissect_http;
extern const Dissector dissect_tls;

// On loopback, of connections to that port.
class Capture {
 public:
  // It captures when this returns; throws where it does not come to that.
  Capture(std::string file, int port);
  // Waits until everything is in the file that was sent before this was called.
  void finish();
  // `keys`: of TLS, a file as SSLKEYLOGFILE has it; empty: none.
  [[nodiscard]] Conversations read(const Dissector& dissector, const std::string& keys = {}) const;

 private:
  std::string file_;
  int port_;
  Program dumpcap_;
};

}  // namespace cutpoint

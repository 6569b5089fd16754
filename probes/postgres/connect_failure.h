// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "controller/util/result.h"

namespace cutpoint::probes {

// Why there is no connection. libpq reports this as text alone, without an SQLSTATE: the kinds are
// read from the English messages, and anything else is `refused` with the message as it came.
struct ConnectFailure {
  enum class Kind { unreachable, busy, wrong_password, unknown_role, unknown_database, refused };
  Kind kind = Kind::unreachable;
  std::string message;  // one line, names host and port

  static ConnectFailure from_message(const std::string& libpq_message);

  // Trying again later can help.
  [[nodiscard]] bool transient() const { return kind == Kind::unreachable || kind == Kind::busy; }
  // With the remedy (ExitCode::unavailable).
  [[nodiscard]] Error to_error() const;
};

// Line breaks and tabs of a server's or libpq's message become single spaces.
std::string one_line(const std::string& message);

}  // namespace cutpoint::probes

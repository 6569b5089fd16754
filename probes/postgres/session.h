// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <variant>

#include "probes/postgres/connect_failure.h"
#include "probes/postgres/dsn.h"
#include "probes/postgres/silence_watch.h"
#include "probes/postgres/single_connection.h"

namespace cutpoint::probes {

// Why a statement brought no rows.
struct Failure {
  enum class Kind {
    refused,  // the server answered with an error; the connection lives
    lost,     // no answer will come: the connection broke or was given up
  };
  Kind kind = Kind::lost;
  std::string sqlstate;  // of `refused`, where libpqxx tells it
  std::string message;   // one line; of `lost`, libpq's reason
};

using Answer = std::variant<pqxx::result, Failure>;

// One connection, from its opening to its first loss. Used by one thread.
class Session {
 public:
  using Opened = std::variant<std::unique_ptr<Session>, ConnectFailure>;

  // patience: how long a statement may go unanswered before the connection is closed; nullopt: for
  // ever. Connecting is bounded by the DSN's connect_timeout.
  static Opened open(const Dsn& dsn, std::optional<std::chrono::nanoseconds> patience);

  // One Query message (simple protocol) in a segment of its own.
  Answer exec(const std::string& sql);

  // SQL literal of a text.
  std::string quote(const std::string& text);
  [[nodiscard]] int server_version() const;  // 150018

 private:
  explicit Session(const Dsn& dsn);
  Failure failed(const std::string& message, const std::string& sqlstate) const;

  SingleConnection connection_;
  pqxx::quiet_errorhandler notices_;     // libpqxx prints the server's notices on stderr
  std::optional<SilenceWatch> silence_;  // last: its duplicate of the socket goes first
};

}  // namespace cutpoint::probes

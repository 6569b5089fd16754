// SPDX-License-Identifier: Apache-2.0
#include "probes/postgres/connect_failure.h"

#include <string_view>

namespace cutpoint::probes {
namespace {

using Kind = ConnectFailure::Kind;

struct Sign {
  std::string_view text;
  Kind kind;
};

// First match wins. Sources: src/interfaces/libpq/fe-connect.c, src/backend/libpq/auth.c,
// src/backend/utils/init/postinit.c, src/backend/postmaster/postmaster.c.
constexpr Sign signs[] = {
    {"password authentication failed", Kind::wrong_password},
    {"no password supplied", Kind::wrong_password},
    {"too many clients", Kind::busy},
    {"too many connections", Kind::busy},
    {"remaining connection slots are reserved", Kind::busy},
    {"the database system is", Kind::busy},  // starting up, shutting down, in recovery mode
    {"terminating connection", Kind::busy},
    // After the above: "database "x" does not exist", "role "y" does not exist".
    {"FATAL:  database ", Kind::unknown_database},
    {"FATAL:  role ", Kind::unknown_role},
    {"FATAL:", Kind::refused},
    {"server does not support SSL", Kind::refused},
    {"SSL error", Kind::refused},
    {"certificate verify failed", Kind::refused},
};

std::string_view remedy_for(Kind kind) {
  switch (kind) {
    case Kind::unreachable:
      return "is PostgreSQL running there? Check host and port of the connection string; for the "
             "private one: scripts/lab up";
    case Kind::busy:
      return "wait until the server takes connections again, or raise its max_connections";
    case Kind::wrong_password:
      return "check user and password of the connection string";
    case Kind::unknown_role:
      return "check the user of the connection string, or create that role";
    case Kind::unknown_database:
      return "check the database of the connection string, or create it";
    case Kind::refused:
      return "check the connection string and the server's pg_hba.conf";
  }
  return "";
}

}  // namespace

std::string one_line(const std::string& message) {
  std::string result;
  for (const char c : message) {
    const bool blank = c == '\n' || c == '\r' || c == '\t';
    if (!blank) {
      result += c;
    } else if (!result.empty() && result.back() != ' ') {
      result += ' ';
    }
  }
  while (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

ConnectFailure ConnectFailure::from_message(const std::string& libpq_message) {
  ConnectFailure failure{Kind::unreachable, one_line(libpq_message)};
  for (const auto& sign : signs) {
    if (libpq_message.find(sign.text) != std::string::npos) {
      failure.kind = sign.kind;
      break;
    }
  }
  return failure;
}

Error ConnectFailure::to_error() const {
  return {ExitCode::unavailable, message, std::string(remedy_for(kind))};
}

}  // namespace cutpoint::probes

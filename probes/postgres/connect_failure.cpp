// SPDX-License-Identifier: Apache-2.0
#include "probes/postgres/connect_failure.h"

#include <algorithm>
#include <set>
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
  constexpr std::string_view blanks = " \t\r\n";
  constexpr std::string_view punctuation = ".,:;!?";
  std::string result;
  std::set<std::string_view> said;  // libpq tries with TLS and without, and fails twice alike
  for (std::size_t begin = 0; begin < message.size();) {
    const std::size_t end = std::min(message.find('\n', begin), message.size());
    std::string_view line = std::string_view(message).substr(begin, end - begin);
    begin = end + 1;
    const std::size_t first = line.find_first_not_of(blanks);
    if (first == std::string_view::npos) continue;
    line = line.substr(first, line.find_last_not_of(blanks) - first + 1);
    if (!said.insert(line).second) continue;
    if (!result.empty()) {
      result += punctuation.find(result.back()) == std::string_view::npos ? "; " : " ";
    }
    result += line;
  }
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

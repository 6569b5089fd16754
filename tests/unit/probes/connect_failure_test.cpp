// SPDX-License-Identifier: Apache-2.0
#include "probes/postgres/connect_failure.h"

#include <gtest/gtest.h>

namespace cutpoint::probes {
namespace {

using Kind = ConnectFailure::Kind;

TEST(ConnectFailure, TellsCausesApartByLibpqsMessages) {
  const std::pair<const char*, Kind> table[] = {
      {"connection to server at \"127.0.0.1\", port 1 failed: Connection refused\n\tIs the server "
       "running on that host and accepting TCP/IP connections?\n",
       Kind::unreachable},
      {"connection to server at \"10.0.0.1\", port 5432 failed: timeout expired\n",
       Kind::unreachable},
      {"could not translate host name \"x\" to address: Name or service not known\n",
       Kind::unreachable},
      {"connection to server at \"::1\", port 5432 failed: FATAL:  password authentication failed "
       "for user \"a\"\n",
       Kind::wrong_password},
      {"connection to server at \"::1\", port 5432 failed: fe_sendauth: no password supplied\n",
       Kind::wrong_password},
      {"…failed: FATAL:  database \"x\" does not exist\n", Kind::unknown_database},
      {"…failed: FATAL:  role \"x\" does not exist\n", Kind::unknown_role},
      {"…failed: FATAL:  sorry, too many clients already\n", Kind::busy},
      {"…failed: FATAL:  the database system is starting up\n", Kind::busy},
      {"…failed: FATAL:  no pg_hba.conf entry for host \"1.2.3.4\"\n", Kind::refused},
      {"…failed: server does not support SSL, but SSL was required\n", Kind::refused},
  };
  for (const auto& [message, kind] : table) {
    EXPECT_EQ(ConnectFailure::from_message(message).kind, kind) << message;
  }
}

TEST(ConnectFailure, IsOneLineAndNamesARemedy) {
  const auto failure = ConnectFailure::from_message("refused\n\tIs the server running?\n");
  EXPECT_EQ(failure.message, "refused; Is the server running?");
  EXPECT_EQ(failure.to_error().code, ExitCode::unavailable);
  EXPECT_NE(failure.to_error().remedy.find("scripts/lab up"), std::string::npos);
}

// libpq tries with TLS and without.
TEST(ConnectFailure, SaysOnceWhatFailedTwiceAlike) {
  const auto failure = ConnectFailure::from_message("no such user\nno such user\nover\n");
  EXPECT_EQ(failure.message, "no such user; over");
}

TEST(ConnectFailure, OnlyWhatTimeMayCureIsTriedAgain) {
  for (const auto kind : {Kind::unreachable, Kind::busy}) {
    EXPECT_TRUE((ConnectFailure{kind, ""}.transient()));
  }
  for (const auto kind :
       {Kind::wrong_password, Kind::unknown_role, Kind::unknown_database, Kind::refused}) {
    EXPECT_FALSE((ConnectFailure{kind, ""}.transient()));
  }
}

}  // namespace
}  // namespace cutpoint::probes

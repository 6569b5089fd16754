// SPDX-License-Identifier: Apache-2.0
// COPY moves more bytes than anything else, and they are no messages to be read: what a segment of
// it costs does not depend on what it holds. Replication is not read at all. A test's name starts
// with its row of the protocol matrix.
#include <algorithm>
#include <gtest/gtest.h>

#include "tests/proto/session.h"

namespace cutpoint::test {
namespace {

using namespace client;
using server::ready;

constexpr std::size_t gigabyte = 1'000'000'000;
constexpr std::size_t segment_bytes = 65'483;  // of loopback

// A session on a wire of its own, in a transaction, in which COPY has begun.
Wire copying(std::string_view sql, const std::string& response) {
  Wire wire;
  wire.segment(CUT_UPSTREAM, startup());
  wire.segment(CUT_DOWNSTREAM, server::authentication_ok() + ready('I'));
  wire.segment(CUT_UPSTREAM, query("BEGIN"));
  wire.segment(CUT_DOWNSTREAM, server::command_complete("BEGIN") + ready('T'));
  wire.segment(CUT_UPSTREAM, query(sql));
  wire.segment(CUT_DOWNSTREAM, response);
  return wire;
}

// `total` bytes of CopyData messages of `bytes` each, full of COMMITs; the most parser steps that
// one segment took.
std::uint64_t copy(Wire& wire, cut_direction direction, std::size_t bytes, std::size_t total) {
  const std::string header = typed_as('d', static_cast<std::uint32_t>(bytes + 4), "");
  const std::string commits = query("COMMIT") + server::command_complete("COMMIT");
  std::string body;
  while (body.size() < std::min(bytes, 2 * segment_bytes)) body += commits;
  std::uint64_t most = 0;
  std::size_t in_message = 0;  // of the current one, header and body
  for (std::size_t sent = 0; sent < total;) {
    std::string segment;
    while (segment.size() < segment_bytes && sent < total) {
      if (in_message < header.size()) segment += header.substr(in_message);
      in_message = std::max(in_message, header.size());
      const std::size_t left = header.size() + bytes - in_message;
      const std::size_t part =
          std::min(left, segment_bytes - std::min(segment_bytes, segment.size()));
      segment.append(body, 0, part);
      sent += part;
      in_message = part == left ? 0 : in_message + part;
    }
    const std::uint64_t before = wire.steps();
    EXPECT_EQ(moments_of(wire.segment(direction, segment)) & ~bit(CUT_PG_COPY_DATA), 0U);
    most = std::max(most, wire.steps() - before);
  }
  return most;
}

void expect_commit_is_seen(Wire& wire) {
  wire.segment(CUT_DOWNSTREAM, server::command_complete("COPY 7") + ready('T'));
  EXPECT_EQ(moments_of(wire.segment(CUT_UPSTREAM, query("COMMIT"))),
            bit(CUT_PG_COMMIT_REQUEST) | bit(CUT_PG_QUERY) | bit(CUT_PG_STATEMENT));
  EXPECT_EQ(moments_of(wire.segment(CUT_DOWNSTREAM, committed())),
            bit(CUT_PG_COMMIT_ACK) | bit(CUT_PG_READY));
}

TEST(Postgres, P26_a_gigabyte_in_one_message_takes_no_step_per_segment) {
  Wire wire = copying("COPY orders FROM STDIN", server::copy_in_response());
  const std::uint64_t before = wire.steps();
  copy(wire, CUT_UPSTREAM, gigabyte, gigabyte);
  EXPECT_LE(wire.steps() - before, 16U) << "of the first segment and the last";
  wire.segment(CUT_UPSTREAM, copy_done());
  expect_commit_is_seen(wire);
}

TEST(Postgres, P26_a_gigabyte_of_rows_takes_a_few_steps_per_message) {
  constexpr std::size_t message = 8192;  // of psql's \copy
  Wire wire = copying("COPY orders FROM STDIN", server::copy_in_response());
  const std::uint64_t most = copy(wire, CUT_UPSTREAM, message, gigabyte / message * message);
  EXPECT_LE(most, 8 * (segment_bytes / message + 2));
  wire.segment(CUT_UPSTREAM, copy_done());
  expect_commit_is_seen(wire);
}

TEST(Postgres, P26_a_gigabyte_that_the_server_copies_out) {
  Wire wire = copying("COPY orders TO STDOUT", server::copy_out_response());
  const std::uint64_t before = wire.steps();
  copy(wire, CUT_DOWNSTREAM, gigabyte, gigabyte);
  EXPECT_LE(wire.steps() - before, 16U);
  wire.segment(CUT_DOWNSTREAM, server::copy_done());
  expect_commit_is_seen(wire);
}

// StartupMessage with user, and with `replication` as given.
std::string startup_for_replication(std::string_view value, bool first) {
  const std::string option = zero_ended("replication") + zero_ended(value);
  const std::string user = zero_ended("user") + zero_ended("app");
  return untyped(196608, (first ? option + user : user + option) + '\0');
}

TEST(Postgres, P27_a_connection_for_replication_is_excluded_by_its_first_message) {
  for (const std::string_view value : {"database", "true", "on", "ON", "1", "yes", "t"}) {
    for (const bool first : {true, false}) {
      SCOPED_TRACE(value);
      Session session;
      EXPECT_EQ(session.sends(startup_for_replication(value, first)), Facts{});
      EXPECT_EQ(session.client_sync(), Sync::excluded);
      EXPECT_EQ(session.server_sync(), Sync::excluded);
      EXPECT_EQ(session.answers(server::authentication_ok() + ready('I')), Facts{});
      EXPECT_EQ(session.sends(query("BEGIN") + query("COMMIT")), Facts{});
    }
  }
}

TEST(Postgres, P27_a_connection_that_declines_replication_is_a_session_like_any) {
  for (const std::string_view value : {"false", "off", "OFF", "of", "0", "no", "n"}) {
    SCOPED_TRACE(value);
    Session session;
    EXPECT_TRUE(session.sends(startup_for_replication(value, true)).front().is(CUT_PG_STARTUP));
    EXPECT_EQ(session.client_sync(), Sync::on);
  }
}

TEST(Postgres, P27_replication_as_a_value_or_part_of_a_name_excludes_nothing) {
  for (const std::string& options : {zero_ended("user") + zero_ended("replication"),
                                     zero_ended("replication_role") + zero_ended("on"),
                                     zero_ended("application_name") + zero_ended("replication") +
                                         zero_ended("user") + zero_ended("on")}) {
    Session session;
    session.sends(untyped(196608, options + '\0'));
    EXPECT_EQ(session.client_sync(), Sync::on);
  }
}

}  // namespace
}  // namespace cutpoint::test

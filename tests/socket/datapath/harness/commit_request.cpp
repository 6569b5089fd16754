// SPDX-License-Identifier: Apache-2.0
#include "tests/socket/datapath/harness/commit_request.h"

#include <algorithm>

#include "tests/socket/datapath/harness/pgwire.h"

namespace cutpoint::datapath {
namespace {

constexpr std::size_t sync_bytes = 5;

}  // namespace

CommitRequest simple_commit() {
  const std::string bytes = pgwire::commit();
  return {.row = "P1",
          .begins = false,
          .known = bytes.size(),
          .bytes = bytes,
          .answer = pgwire::complete("COMMIT") + pgwire::ready('I'),
          .ack = 0};
}

CommitRequest extended_commit() {
  const std::string bytes = pgwire::extended("COMMIT");
  const std::string parsed =
      pgwire::message('1', "") + pgwire::message('2', "") + pgwire::message('n', "");
  return {.row = "P3",
          .begins = false,
          .known = bytes.size() - sync_bytes,
          .bytes = bytes,
          .answer = parsed + pgwire::complete("COMMIT") + pgwire::ready('I'),
          .ack = parsed.size()};
}

CommitRequest one_query_transaction() {
  const std::string bytes = pgwire::query("begin; insert into products values (1); commit");
  const std::string before = pgwire::complete("BEGIN") + pgwire::complete("INSERT 0 1");
  return {.row = "P10",
          .begins = true,
          .known = bytes.size(),
          .bytes = bytes,
          .answer = before + pgwire::complete("COMMIT") + pgwire::ready('I'),
          .ack = before.size()};
}

std::size_t Place::wanted(std::size_t length) const {
  switch (position) {
    case CUT_BEFORE:
      return 0;
    case CUT_BYTE:
      return std::min<std::size_t>(byte, length);
    case CUT_AFTER:
      return length;
  }
  return length;
}

}  // namespace cutpoint::datapath

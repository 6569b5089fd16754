// SPDX-License-Identifier: Apache-2.0
// Tests of one COMMIT request over one route: the cross product of tests/MATRIX.md.
#pragma once

#include <string>
#include <tuple>
#include <vector>

#include "tests/socket/datapath/harness/commit_request.h"
#include "tests/socket/datapath/harness/datapath_test.h"

namespace cutpoint::datapath {

struct Crossing {
  CommitRequest request;
  Route route = over_v4;
};

// Every request over the first route, and the simple one over the others, too.
std::vector<Crossing> crossings(const std::vector<Route>& routes = {over_v4});

// Every request at the first place, and the simple one at the others, too; over IPv4.
std::vector<std::tuple<Crossing, Place>> placed_crossings(const std::vector<Place>& places);

std::string crossing_name(const testing::TestParamInfo<Crossing>& info);
std::string placed_crossing_name(const testing::TestParamInfo<std::tuple<Crossing, Place>>& info);
void PrintTo(const Crossing& crossing, std::ostream* out);

class CommitTest : public DatapathTest {
 protected:
  void use(const Crossing& crossing) { crossing_ = crossing; }
  [[nodiscard]] const CommitRequest& request() const { return crossing_.request; }
  [[nodiscard]] const Route& route() const { return crossing_.route; }

  // The server listens where the route ends.
  void arm(const std::vector<cut_rule>& rules);
  // Every request, or every acknowledgement, is cut there.
  void cut(cut_postgres_moment moment, const Place& place);
  // Nothing is cut; every request and every acknowledgement is counted by a rule.
  void watch();

  // A session in which the request is due: in a transaction, unless it begins one.
  Session open();
  std::vector<Session> open_many(std::size_t count);
  // The same, over loopback with BIG TCP (IPv6; kernel 5.19): the client's next bytes leave in one
  // segment, up to `segment` bytes long.
  void make_segments_big(std::size_t segment);
  Session open_big();

  std::optional<cut_event> await_fired(const Session& session);
  std::size_t fired(const Session& session);
  // While cut, the server's kernel has received `delivered` bytes of `sent`; healed, all of it.
  void expect_held(Session& session, std::uint64_t delivered);
  void expect_released(Session& session, const std::string& sent);
  // So many COMMITs were asked for and acknowledged, by the rules of watch(), and all is well.
  void expect_seen(std::uint64_t times);

 private:
  Crossing crossing_;
};

class CrossedTest : public CommitTest, public testing::WithParamInterface<Crossing> {
 protected:
  void SetUp() override {
    DatapathTest::SetUp();
    use(GetParam());
  }
};

}  // namespace cutpoint::datapath

// SPDX-License-Identifier: Apache-2.0
// Without its controller nothing stays cut, and nothing stays attached but filters, which do
// nothing.
#include <algorithm>
#include <bpf/bpf.h>
#include <csignal>
#include <net/if.h>
#include <sys/wait.h>

#include "controller/kernel/tcx_hooks.h"
#include "controller/util/clock.h"
#include "tests/socket/datapath/harness/commit_test.h"

namespace cutpoint::datapath {
namespace {

class WithoutController : public CrossedTest {
 protected:
  // As the guardian does. They would live as long as their namespace, and that as long as some
  // socket in it tries to be heard.
  void TearDown() override {
    if (playground_ && hooks_to_test() == HookKind::clsact) {
      const auto inside = require(ScopedNetns::enter(playground_->netns()));
      const int lo = static_cast<int>(::if_nametoindex("lo"));
      for (const TcFilter& filter : our_filters(lo)) require(delete_filter(filter));
    }
    CrossedTest::TearDown();
  }
  // Programs at the hooks of the playground.
  int attached() {
    const auto inside = require(ScopedNetns::enter(playground_->netns()));
    const int lo = static_cast<int>(::if_nametoindex("lo"));
    const int of_cgroup = asked_of(playground_->cgroup().fd(), BPF_CGROUP_SOCK_OPS);
    if (hooks_to_test() == HookKind::tcx) {
      return asked_of(lo, tcx_ingress) + asked_of(lo, tcx_egress) + of_cgroup;
    }
    return of_cgroup + static_cast<int>(our_filters(lo).size());
  }
  static std::vector<TcFilter> our_filters(int interface) {
    auto filters = require(list_filters(interface));
    std::erase_if(filters,
                  [](const TcFilter& filter) { return maker_of_filter(filter.name) == 0; });
    return filters;
  }
  static int asked_of(int target, enum bpf_attach_type type) {
    __u32 flags = 0;
    __u32 count = 0;
    require(bpf_prog_query(target, type, 0, &flags, nullptr, &count) == 0, "query a hook");
    return static_cast<int>(count);
  }
  // A controller of its own, which cuts the first COMMIT and then does nothing but renew its lease.
  pid_t fork_controller() {
    route_ = route();
    listener_ = listen(playground_->netns(), route_);
    int ends[2];
    require(::pipe(ends) == 0, "pipe");
    const UniqueFd ready(ends[0]);
    const UniqueFd tell(ends[1]);
    const pid_t controller = ::fork();
    require(controller >= 0, "fork");
    if (controller == 0) {
      try {
        const Cutter cutter(*playground_, {endpoint_of(route_.connected, service_port)},
                            {blackhole(CUT_PG_COMMIT_REQUEST, CUT_BEFORE)});
        if (::write(tell.get(), "!", 1) == 1) ::pause();
      } catch (const std::exception&) {
        ::_exit(1);
      }
      ::_exit(0);
    }
    char byte = 0;
    require(::read(ready.get(), &byte, 1) == 1, "the controller did not start");
    return controller;
  }
  Session cut_session() {
    Session session = open();
    session.client.send(request().bytes);
    EXPECT_TRUE(await_backoff(session.client));
    EXPECT_EQ(session.server_received(), 0U);
    return session;
  }
  bool arrives(Session& session) {
    return session.server.await(session.sent_up + request().bytes.size());
  }
};

TEST_P(WithoutController, TrafficFlowsAndNothingIsAttached) {
  cut(CUT_PG_COMMIT_REQUEST, cut_before);
  EXPECT_EQ(attached(), 3);
  Session session = cut_session();
  cutter_->end();
  EXPECT_TRUE(arrives(session));
  EXPECT_EQ(attached(), 0);
}

TEST_P(WithoutController, TrafficFlowsOnceItWasKilled) {
  const pid_t controller = fork_controller();
  Session session = cut_session();
  EXPECT_EQ(attached(), 3);
  ::kill(controller, SIGKILL);
  ::waitpid(controller, nullptr, 0);
  EXPECT_TRUE(arrives(session));
  const int filters = hooks_to_test() == HookKind::clsact ? 2 : 0;
  EXPECT_EQ(attached(), filters) << "the lease has opened the cut; filters are for the guardian";
}

TEST_P(WithoutController, TrafficFlowsOnceItHasBeenSilentForTheLease) {
  const pid_t controller = fork_controller();
  Session session = cut_session();
  const std::uint64_t stopped = monotonic_ns();
  ::kill(controller, SIGSTOP);
  EXPECT_TRUE(arrives(session));
  const std::uint64_t silent_ns = monotonic_ns() - stopped;
  EXPECT_GE(silent_ns, CUT_LEASE_NS - 2 * CUT_LEASE_RENEWAL_NS) << "the cut outlasts a pause";
  EXPECT_EQ(attached(), 3) << "stopped, not gone: it is the lease that has opened the cut";
  ::kill(controller, SIGKILL);
  ::waitpid(controller, nullptr, 0);
}

INSTANTIATE_TEST_SUITE_P(Requests, WithoutController, testing::ValuesIn(crossings()),
                         crossing_name);

}  // namespace
}  // namespace cutpoint::datapath

// SPDX-License-Identifier: Apache-2.0
// Sockets whose bytes are not the protocol's, or not all of them: told as not covered, never cut at
// a wrong place. Where such a socket speaks plain TCP after all, it is covered.
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "tests/socket/datapath/harness/commit_test.h"

namespace cutpoint::datapath {
namespace {

class UncoveredSocket : public CrossedTest {
 protected:
  void expect_untouched(Session& session, cut_counter reason) {
    const auto told = cutter_->await(CUT_EVENT_FLOW_DESYNC);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->attr[0], static_cast<std::uint32_t>(reason));
    EXPECT_NO_THROW(session.exchange(request().bytes, request().answer));
    EXPECT_EQ(cutter_->count(CUT_EVENT_FIRED), 0U);
    EXPECT_EQ(cutter_->count(CUT_EVENT_FLOW_DESYNC), 1U);
    EXPECT_EQ(cutter_->counter(reason), 1U);
    EXPECT_NE(cutter_->damage(), "");
  }
};

class MultipathTcp : public UncoveredSocket {
 protected:
  // The target's socket asks for Multipath TCP; the server's may know of it, too.
  Session connect(Transport server) {
    cut(CUT_PG_COMMIT_REQUEST, cut_at_byte5);
    listener_ = Listener();
    listener_ = listen(playground_->netns(), route(), server);
    Session session =
        Session::connect(playground_->target_socket(route().client_family, playground_->netns(),
                                                    Transport::multipath_tcp),
                         address_of(route().connected, service_port), listener_);
    session.start_up();
    if (!request().begins) session.begin();
    session.mark();
    return session;
  }
};

TEST_P(MultipathTcp, ThatBothEndsSpeakIsNotCovered) {
  Session session = connect(Transport::multipath_tcp);
  expect_untouched(session, CUT_COUNT_FLOWS_MULTIPATH);
}

TEST_P(MultipathTcp, ThatTheServerDoesNotSpeakIsTcp) {
  Session session = connect(Transport::tcp);
  session.client.send(request().bytes);
  expect_held(session, 5);
  expect_released(session, request().bytes);
}

INSTANTIATE_TEST_SUITE_P(Requests, MultipathTcp, testing::ValuesIn(crossings({over_v4, over_v6})),
                         crossing_name);

// TLS in the kernel: send(2) takes plain text, what leaves are records. It comes to a connection of
// this protocol as any TLS does: by the server's word.
class KernelTls : public UncoveredSocket {
 protected:
  static bool encrypt(const Stream& client) {
    tls12_crypto_info_aes_gcm_128 keys{};
    keys.info.version = TLS_1_2_VERSION;
    keys.info.cipher_type = TLS_CIPHER_AES_GCM_128;
    return ::setsockopt(client.fd(), IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls") == 0 &&
           ::setsockopt(client.fd(), SOL_TLS, TLS_TX, &keys, sizeof keys) == 0;
  }
};

TEST_P(KernelTls, IsNotCovered) {
  cut(CUT_PG_COMMIT_REQUEST, cut_at_byte5);
  Session session = Session::connect(playground_->target_socket(route().client_family),
                                     address_of(route().connected, service_port), listener_);
  session.exchange(pgwire::ssl_request(), "S");
  if (!encrypt(session.client)) GTEST_SKIP() << "this kernel has no TLS (CONFIG_TLS)";
  session.client.send(request().bytes);
  // As records: a header, a nonce and a tag more than the plain text.
  ASSERT_TRUE(session.server.await(session.sent_up + request().bytes.size() + 5 + 8 + 16));
  EXPECT_EQ(cutter_->count(CUT_EVENT_FIRED), 0U);
  EXPECT_EQ(cutter_->counter(CUT_COUNT_FLOWS_ENCRYPTED), 1U);
  EXPECT_NE(cutter_->damage(), "");
}

INSTANTIATE_TEST_SUITE_P(Requests, KernelTls, testing::ValuesIn(crossings()), crossing_name);

}  // namespace
}  // namespace cutpoint::datapath

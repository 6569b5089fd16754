// SPDX-License-Identifier: Apache-2.0
#include "controller/timeline/error_code.h"

#include <gtest/gtest.h>

#include "controller/timeline/names.h"
#include "generated/protocols.h"

namespace cutpoint {
namespace {

struct Said {
  unsigned protocol;
  unsigned moment;
  unsigned attribute;
  std::uint32_t value;
  std::string code;
};

void PrintTo(const Said& said, std::ostream* out) {
  *out << moment_name(said.protocol, said.moment) << " " << said.value;
}

class ErrorCode : public testing::TestWithParam<Said> {};

TEST_P(ErrorCode, is_that_of_the_protocol) {
  const Said& said = GetParam();
  cut_event event{};
  event.kind = CUT_EVENT_MOMENT;
  event.moments = 1ULL << said.moment;
  event.attr[said.attribute] = said.value;
  EXPECT_EQ(error_code(event, said.protocol), said.code);
  const bool is_watched = (event.moments & error_moments(said.protocol)) != 0;
  EXPECT_TRUE(is_watched || said.code.empty());
}

constexpr unsigned http_status = CUT_HTTP_ATTR_STATUS;
constexpr unsigned amqp_code = CUT_AMQP_ATTR_CODE;

INSTANTIATE_TEST_SUITE_P(
    Table, ErrorCode,
    testing::Values(Said{CUT_PROTOCOL_HTTP, CUT_HTTP_RESPONSE_HEAD, http_status, 200, ""},
                    Said{CUT_PROTOCOL_HTTP, CUT_HTTP_RESPONSE_HEAD, http_status, 399, ""},
                    Said{CUT_PROTOCOL_HTTP, CUT_HTTP_RESPONSE_HEAD, http_status, 400, "400"},
                    Said{CUT_PROTOCOL_HTTP, CUT_HTTP_RESPONSE_HEAD, http_status, 503, "503"},
                    Said{CUT_PROTOCOL_HTTP, CUT_HTTP_RESPONSE_END, http_status, 503, ""},
                    Said{CUT_PROTOCOL_AMQP, CUT_AMQP_CHANNEL_CLOSE_DOWN, amqp_code, 406, "406"},
                    Said{CUT_PROTOCOL_AMQP, CUT_AMQP_CONNECTION_CLOSE_DOWN, amqp_code, 320, "320"},
                    Said{CUT_PROTOCOL_AMQP, CUT_AMQP_CONNECTION_CLOSE_UP, amqp_code, 200, ""},
                    Said{CUT_PROTOCOL_AMQP, CUT_AMQP_CHANNEL_CLOSE_UP, amqp_code, 0, ""},
                    Said{CUT_PROTOCOL_AMQP, CUT_AMQP_PUBLISH, amqp_code, 406, ""},
                    Said{CUT_PROTOCOL_POSTGRES, CUT_PG_ERROR, CUT_PG_ATTR_SQLSTATE, 37, "00011"},
                    Said{CUT_PROTOCOL_POSTGRES, CUT_PG_READY, CUT_PG_ATTR_SQLSTATE, 1, ""}));

}  // namespace
}  // namespace cutpoint

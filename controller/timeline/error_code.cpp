// SPDX-License-Identifier: Apache-2.0
#include "controller/timeline/error_code.h"

#include "controller/timeline/names.h"
#include "generated/protocols.h"

namespace cutpoint {
namespace {

constexpr std::uint32_t first_http_error = 400;    // RFC 9110, 15
constexpr std::uint32_t amqp_reply_success = 200;  // AMQP 0-9-1, 1.2

}  // namespace

std::uint64_t error_moments(unsigned protocol) {
  switch (protocol) {
    case CUT_PROTOCOL_POSTGRES:
      return 1ULL << CUT_PG_ERROR;
    case CUT_PROTOCOL_HTTP:
      return 1ULL << CUT_HTTP_RESPONSE_HEAD;
    case CUT_PROTOCOL_AMQP:
      return 1ULL << CUT_AMQP_CHANNEL_CLOSE_UP | 1ULL << CUT_AMQP_CHANNEL_CLOSE_DOWN |
             1ULL << CUT_AMQP_CONNECTION_CLOSE_UP | 1ULL << CUT_AMQP_CONNECTION_CLOSE_DOWN;
    default:
      return 0;
  }
}

std::string error_code(const cut_event& event, unsigned protocol) {
  if ((event.moments & error_moments(protocol)) == 0) return {};
  if (protocol == CUT_PROTOCOL_POSTGRES) {
    return attribute_text(protocol, CUT_PG_ATTR_SQLSTATE, event.attr[CUT_PG_ATTR_SQLSTATE]);
  }
  if (protocol == CUT_PROTOCOL_HTTP) {
    const std::uint32_t status = event.attr[CUT_HTTP_ATTR_STATUS];
    return status >= first_http_error ? std::to_string(status) : std::string();
  }
  const std::uint32_t code = event.attr[CUT_AMQP_ATTR_CODE];
  return code != 0 && code != amqp_reply_success ? std::to_string(code) : std::string();
}

}  // namespace cutpoint

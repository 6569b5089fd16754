// SPDX-License-Identifier: Apache-2.0
#include "probes/postgres/single_connection.h"

#include <libpq-fe.h>

namespace cutpoint::probes {

// As in pqxx::basic_connection_base, whose policy cannot be reached: the base keeps a reference to
// it and uses it from init() on.
SingleConnection::SingleConnection(const std::string& conninfo)
    : connection_base(policy_), policy_(conninfo) {
  init();
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"  // libpqxx 7 no longer reconnects
  inhibit_reactivation(true);
#pragma GCC diagnostic pop
}

std::string SingleConnection::last_message() const {
  return policy_.current == nullptr ? "" : PQerrorMessage(policy_.current);
}

SingleConnection::Policy::handle SingleConnection::Policy::do_startconnect(handle orig) {
  current = connect_direct::do_startconnect(orig);
  return current;
}

SingleConnection::Policy::handle SingleConnection::Policy::do_disconnect(handle orig) noexcept {
  current = nullptr;
  return connect_direct::do_disconnect(orig);
}

}  // namespace cutpoint::probes

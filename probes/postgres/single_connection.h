// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pqxx/pqxx>
#include <string>

namespace cutpoint::probes {

// libpqxx's ordinary connection, with two of its habits mended: it would silently open another
// connection in place of a broken one, and the statement after a lost COMMIT would then run
// somewhere else; and it loses the reason for which a connection broke.
class SingleConnection : public pqxx::connection_base {
 public:
  // Throws pqxx::broken_connection.
  explicit SingleConnection(const std::string& conninfo);
  ~SingleConnection() noexcept { close(); }

  // What libpq said last: "server closed the connection unexpectedly", "Connection timed out"…
  [[nodiscard]] std::string last_message() const;

 private:
  class Policy : public pqxx::connect_direct {
   public:
    using connect_direct::connect_direct;
    handle do_startconnect(handle orig) override;
    handle do_disconnect(handle orig) noexcept override;
    handle current = nullptr;
  };

  Policy policy_;
};

}  // namespace cutpoint::probes

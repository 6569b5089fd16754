// SPDX-License-Identifier: Apache-2.0
// The PostgreSQL of a bench: a lab (scripts/lab) of its own, in the network namespace that it is
// given. Gone with this object.
#pragma once

#include <cstdint>
#include <string>

#include "controller/util/netns.h"
#include "controller/util/unique_fd.h"
#include "tests/scenarios/lab_script.h"

namespace cutpoint::bench {

class PrivatePostgres {
 public:
  // Waits until no other bench of this build has one. `netns` outlives it. `also`: addresses that
  // it listens on beside those of loopback, with commas. `tls`: it offers TLS, and dsn() asks for
  // that. Throws where it does not come up.
  explicit PrivatePostgres(const NetworkNamespace& netns, const std::string& also = {},
                           bool tls = false);
  PrivatePostgres(const PrivatePostgres&) = delete;
  PrivatePostgres& operator=(const PrivatePostgres&) = delete;
  ~PrivatePostgres();

  // Of its database, for role `cutpoint`, which owns it.
  [[nodiscard]] const std::string& dsn() const { return dsn_; }  // URI, over 127.0.0.1
  // For libpq, by its socket: from any namespace, and never cut.
  [[nodiscard]] const std::string& local_dsn() const { return local_dsn_; }
  [[nodiscard]] std::uint16_t port() const;

 private:
  void down() noexcept;

  LabScript lab_;
  UniqueFd lock_;
  std::string dsn_;
  std::string local_dsn_;
};

}  // namespace cutpoint::bench

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace cutpoint {

// The private PostgreSQL of these tests, of scripts/lab. ctest brings it up once for all of them
// (the fixtures `scenario_…`); a test program that is run by hand, and finds it down, brings it up
// and takes it down itself.
class Lab {
 public:
  static const std::string& dsn();  // role cutpoint: owner of the database; without TLS
  // With TLS, of this version at most, e.g. "TLSv1.2".
  static std::string tls_dsn(const std::string& version);
  static const std::string& socket_directory();

  // What plain psql prints for a query: unaligned, fields separated by '|', one line per row.
  // Throws where psql fails.
  static std::string psql(const std::string& sql);
};

}  // namespace cutpoint

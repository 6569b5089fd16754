// SPDX-License-Identifier: Apache-2.0
// PostgreSQL messages as bytes (PostgreSQL 15 documentation, 55.7).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cutpoint::datapath::pgwire {

std::string message(char type, std::string_view body);

// Of the client.
std::string startup();
std::string ssl_request();
std::string query(std::string_view sql);
std::string commit();  // Query "COMMIT": 12 bytes
// Parse, Bind, Describe, Execute, Sync of an unnamed statement, as psycopg 3 sends them.
std::string extended(std::string_view sql);

// Of the server.
std::string welcome(std::uint32_t pid);  // AuthenticationOk, BackendKeyData, ReadyForQuery I
std::string ready(char status);
std::string complete(std::string_view tag);
std::string data_row(std::size_t bytes);  // one column of so many bytes

}  // namespace cutpoint::datapath::pgwire

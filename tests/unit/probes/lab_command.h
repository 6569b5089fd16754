// SPDX-License-Identifier: Apache-2.0
// What the labs of these tests are driven with.
#pragma once

#include <cstdint>
#include <string>

namespace cutpoint::probes::test {

// Standard output of a shell command; throws when it fails.
std::string run(const std::string& command);
// A port that nothing listened on a moment ago.
std::uint16_t free_port();
// The first of so many ports in a row that nothing listens on, below those that Linux gives to
// clients (net.ipv4.ip_local_port_range): a server that is started again finds none of them taken.
std::uint16_t free_ports(int count);
// The value of NAME in lines of the form: export NAME='value'
std::string exported(const std::string& environment, const std::string& name);

}  // namespace cutpoint::probes::test

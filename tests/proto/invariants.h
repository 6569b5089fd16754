// SPDX-License-Identifier: Apache-2.0
// What holds for every connection, whatever its bytes are and however TCP cuts them: the fuzzer
// looks for a counter-example, corpus_test.cpp replays what is known.
#pragma once

#include <string>
#include <string_view>

namespace cutpoint::test {

// Reads a connection three ways: in the segments as given, each side's turn in one segment, and
// byte by byte. They must say the same, and each fact must be sound. Returns what is wrong; empty:
// nothing. `records`: see records.h.
std::string violation(std::string_view records);

}  // namespace cutpoint::test

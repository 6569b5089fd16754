// SPDX-License-Identifier: Apache-2.0
// Conversations of real clients and servers (tests/proto/tls_corpus, written by tls_capture), and
// what holds for each of them, and for any other bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/proto/records.h"
#include "tests/proto/tls_wire.h"

namespace cutpoint::test::tls {

using Turns = std::vector<RecordedTurn>;

Turns turns_of(std::string_view records);

// Of one file of the corpus.
std::string read_conversation(const std::string& name);
std::vector<std::string> conversation_names();

// Each turn in one segment.
Facts facts_of(const Turns& turns);

// Reads a connection in the segments as given, each turn in one segment, and byte by byte. They
// must say the same, and each fact must be sound. Returns what is wrong; empty: nothing.
std::string violation(std::string_view records);

}  // namespace cutpoint::test::tls

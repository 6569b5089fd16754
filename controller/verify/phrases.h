// SPDX-License-Identifier: Apache-2.0
// How verdicts are worded: the small change of every sentence.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "controller/verify/verify.h"

namespace cutpoint {

std::string counted(std::uint64_t number, std::string_view noun);  // "1 row", "2 rows", "0 rows"
// Of an irregular plural: "1 delivery", "2 deliveries".
std::string counted(std::uint64_t number, std::string_view one, std::string_view many);
std::string occasions(std::uint64_t number);  // "once", "twice", "12 times"
std::string ordinal(std::uint64_t number);    // "1st", "20th"
std::string capitalised(std::string text);

// "a, b and c"; past `most` items: "a, b and 7 more".
std::string listed(const std::vector<std::string>& items, std::size_t most = 5);

// Nanoseconds as a duration for people: "12 ms", "29.9 s".
std::string elapsed(std::int64_t ns);

// What a person calls the attempt: "order 20"; "order 20 (attempt 2)"; without a history "the 3rd
// COMMIT of backend 4711".
std::string label(const Attempt& attempt);
// The same of the id alone: "order 20".
std::string id_label(const Attempt& attempt);
// " (xid 721)"; nothing where it is not known.
std::string xid_text(const Attempt& attempt);

// What follows the fault's name in `do:`: "both", "150 ms", "SIGKILL", "flip 2 bytes at offset 7".
std::string value_text(const Fault& fault);
// What became of held segments that the holder could not send on; empty: it sent all of them.
std::string lost_text(const HeldSegments& held);

std::string_view name(Outcome outcome);
std::string_view name(Belief belief);
std::string_view name(Truth truth);
std::string_view name(Severity severity);

}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
// libFuzzer harness of the PostgreSQL parser.
#include <cstdint>

#include "tests/proto/fuzz.h"
#include "tests/proto/invariants.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return cutpoint::test::fuzz(cutpoint::test::violation, data, size);
}

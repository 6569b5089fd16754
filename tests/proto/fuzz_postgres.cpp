// SPDX-License-Identifier: Apache-2.0
// libFuzzer harness of the parser: looks for a connection that breaks an invariant. Its input is
// as in records.h. Built and run by scripts/fuzz.
#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "tests/proto/invariants.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string wrong = cutpoint::test::violation({reinterpret_cast<const char*>(data), size});
  if (!wrong.empty()) {
    std::cerr << wrong << '\n';
    std::abort();
  }
  return 0;
}

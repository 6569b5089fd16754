// SPDX-License-Identifier: Apache-2.0
// What every libFuzzer harness does: looks for a connection that breaks an invariant. Its input is
// as in records.h. Built and run by scripts/fuzz.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace cutpoint::test {

inline int fuzz(std::string (*violation)(std::string_view), const std::uint8_t* data,
                std::size_t size) {
  const std::string wrong = violation({reinterpret_cast<const char*>(data), size});
  if (!wrong.empty()) {
    std::cerr << wrong << '\n';
    std::abort();
  }
  return 0;
}

}  // namespace cutpoint::test

// SPDX-License-Identifier: Apache-2.0
// libFuzzer harness of the HTTP parser: as fuzz_postgres.cpp.
#include <cstdint>

#include "tests/proto/fuzz.h"
#include "tests/proto/http/http.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return cutpoint::test::fuzz(cutpoint::test::http::violation, data, size);
}

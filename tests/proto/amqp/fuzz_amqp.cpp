// SPDX-License-Identifier: Apache-2.0
// libFuzzer harness of the AMQP parser: as fuzz_postgres.cpp.
#include <cstdint>

#include "tests/proto/amqp/amqp.h"
#include "tests/proto/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return cutpoint::test::fuzz(cutpoint::test::amqp::violation, data, size);
}

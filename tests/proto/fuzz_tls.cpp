// SPDX-License-Identifier: Apache-2.0
// libFuzzer harness of the TLS parser; scripts/fuzz runs it. An input is a connection as records.h
// says.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/proto/tls_conversations.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string wrong =
      cutpoint::test::tls::violation({reinterpret_cast<const char*>(data), size});
  if (wrong.empty()) return 0;
  std::fprintf(stderr, "%s\n", wrong.c_str());
  std::abort();
}

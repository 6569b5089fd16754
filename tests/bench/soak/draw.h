// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace cutpoint::bench {

// Numbers that a seed gives again on every host: the library's distributions need not.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : engine_(seed) {}

  // Both ends included.
  std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return low + engine_() % (high - low + 1);
  }
  bool one_in(std::uint64_t number) { return engine_() % number == 0; }
  template <typename T>
  T one_of(const std::vector<T>& choices) {
    return choices[engine_() % choices.size()];
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace cutpoint::bench

// SPDX-License-Identifier: Apache-2.0
// What a value may be. A reader tells it itself, when it is handed a Shape to fill in place of a
// node: so what is read, what the help says and what the schema demands cannot differ.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace cutpoint::yaml {

struct ShapeKey;

struct Shape {
  enum class Kind {
    text,      // any; of `words` if there are any
    name,      // a key in paths and reports
    number,    // whole, from `least` to `most`
    fraction,  // from 0 to 1
    ratio,     // above 0
    duration,  // e.g. 30s, or one of `words`; 0s only where `least` is 0
    rate,      // e.g. 64KiB/s
    texts,     // a list, not empty; of `words` if there are any
    map,       // of `keys`
    maps,      // a list of such, not empty
  };

  Kind kind = Kind::text;
  std::vector<std::string> words;
  std::string pattern;  // of further texts beside the words (ECMA 262, as in JSON Schema)
  std::uint64_t least = 0;
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  std::vector<ShapeKey> keys;
};

struct ShapeKey {
  std::string name;
  bool required = false;
  Shape shape;
};

}  // namespace cutpoint::yaml

// SPDX-License-Identifier: Apache-2.0
// Does a document keep to a schema that is made of the words in schema_words.h? Views read
// recorded reports only after this, and need not doubt them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace cutpoint {

// Its first mistake and where, e.g. "faults[0].do: missing key `kind`"; empty: there is none.
std::string first_mistake(const nlohmann::ordered_json& schema, const nlohmann::json& document);

}  // namespace cutpoint

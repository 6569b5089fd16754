// SPDX-License-Identifier: Apache-2.0
// The filters of `at:`: a protocol's attribute and the value that it must have.
#pragma once

#include "controller/scenario/model.h"
#include "controller/scenario/reader.h"
#include "controller/scenario/registry.h"

namespace cutpoint {

// Reads the value as its attribute's kind demands. A filter that could never match at `moment` is
// a mistake; nullptr: the moment is not known. Returns whether `out` was set.
bool read_filter(const yaml::Field& field, const ProtocolInfo& protocol,
                 const AttributeInfo& attribute, const MomentInfo* moment, Filter& out);

}  // namespace cutpoint

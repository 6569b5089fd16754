// SPDX-License-Identifier: Apache-2.0
// What is said of a violated invariant, one writer for each; by protocol.
#pragma once

#include <string>

#include "controller/verify/invariants.h"
#include "controller/verify/verify.h"

namespace cutpoint::finding {

struct Words {
  std::string title;
  std::string impact;
  std::string component;
  std::string remedy;
  std::string reference;  // where the authority says so: a page of its manual, or an RFC
};

// `result` is violated.
using Writer = Words (*)(const InvariantResult& result, const Case& of);

// finding_postgres.cpp
Words torn(const InvariantResult& result, const Case& of);
Words lost(const InvariantResult& result, const Case& of);
Words not_once(const InvariantResult& result, const Case& of);
Words disagreement(const InvariantResult& result, const Case& of);
Words slow(const InvariantResult& result, const Case& of);
Words orphaned(const InvariantResult& result, const Case& of);

// finding_http.cpp
Words unbounded(const InvariantResult& result, const Case& of);
Words not_broken(const InvariantResult& result, const Case& of);
Words amplified(const InvariantResult& result, const Case& of);
Words slow_http(const InvariantResult& result, const Case& of);
Words exhausted(const InvariantResult& result, const Case& of);
Words undrained(const InvariantResult& result, const Case& of);

// finding_amqp.cpp
Words poisoned(const InvariantResult& result, const Case& of);
Words mishandled(const InvariantResult& result, const Case& of);
Words slowed_down(const InvariantResult& result, const Case& of);
Words crashed(const InvariantResult& result, const Case& of);
Words delivered_again(const InvariantResult& result, const Case& of);
Words unbalanced(const InvariantResult& result, const Case& of);
Words misdeclared(const InvariantResult& result, const Case& of);

}  // namespace cutpoint::finding

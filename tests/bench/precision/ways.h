// SPDX-License-Identifier: Apache-2.0
// Ways of severing a client from PostgreSQL in the middle of its work.
#pragma once

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "controller/util/cgroup.h"
#include "controller/util/netns.h"
#include "tests/bench/private_postgres.h"
#include "tests/scenarios/program.h"

namespace cutpoint::bench {

// Where it happens: the client is in the cgroup, both ends are in the namespace.
struct Place {
  const PrivatePostgres& postgres;
  const NetworkNamespace& netns;
  const Cgroup& cgroup;
  std::mt19937 random{1};  // NOLINT(cert-msc51-cpp): repeatable
};

// The client, which begins with its first order.
struct Shopper {
  Program program;
  std::string name;  // its application_name

  // Until it is at work. Throws where it ends by itself.
  void await_first_order();
};

class Way {
 public:
  virtual ~Way() = default;

  [[nodiscard]] virtual std::uint16_t port() const = 0;  // that the client connects to
  virtual void sever(Shopper& shopper) = 0;              // returns once that is done
  // For the next one. This one, and its backend, are gone.
  virtual void heal() = 0;
};

struct NamedWay {
  std::string name;
  std::unique_ptr<Way> (*make)(Place&);
};

// cutpoint first, then what people use today.
const std::vector<NamedWay>& all_ways();

}  // namespace cutpoint::bench

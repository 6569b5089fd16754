// SPDX-License-Identifier: Apache-2.0
// One descriptor and one byte over a Unix-domain socket (unix(7), SCM_RIGHTS).
#pragma once

#include "controller/util/unique_fd.h"

namespace cutpoint::datapath {

bool send_fd(int channel, int fd, char note);

// Empty: the other end is gone.
UniqueFd receive_fd(int channel, char& note);

}  // namespace cutpoint::datapath

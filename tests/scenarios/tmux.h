// SPDX-License-Identifier: Apache-2.0
// A terminal of some size, by tmux(1): what stands on it, and keys for it.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace cutpoint {

class Tmux {
 public:
  // Runs `script` by sh(1) in it; `socket`: a path for the server's. The server is this object's
  // alone, and ends with it.
  Tmux(std::string socket, int width, int height, const std::string& script,
       const std::vector<std::pair<std::string, std::string>>& environment);
  ~Tmux();
  Tmux(const Tmux&) = delete;
  Tmux& operator=(const Tmux&) = delete;

  [[nodiscard]] std::vector<std::string> screen() const;  // lines, without trailing spaces
  // Waits until a line contains `text`; that line, or "" where it never does.
  [[nodiscard]] std::string await(const std::string& text) const;
  // Until no line contains it any more.
  [[nodiscard]] bool await_gone(const std::string& text) const;
  void type(const std::string& key) const;  // as send-keys takes it: "q", "C-c"
  void resize(int width, int height) const;
  // "#{alternate_on}" and the like.
  [[nodiscard]] std::string ask(const std::string& format) const;

 private:
  [[nodiscard]] std::string line_with(const std::string& text) const;  // "": there is none
  std::string run(const std::vector<std::string>& command) const;      // its output; throws
  std::string socket_;
};

}  // namespace cutpoint

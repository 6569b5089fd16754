// SPDX-License-Identifier: Apache-2.0
#include "controller/run/output.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/report/evidence.h"
#include "controller/report/trace.h"
#include "controller/scenario/registry.h"
#include "controller/util/file.h"

namespace cutpoint {
namespace {

Error cannot_write(const std::string& path, const std::string& why) {
  return Error{ExitCode::usage, fmt::format("cannot write to output directory {}: {}", path, why),
               "choose another with --out DIR; one that does not exist yet is made"};
}

// A database that is not UTF-8 must not keep a report from being written.
constexpr auto replace = nlohmann::json::error_handler_t::replace;

std::string one_line(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, replace);
}

// Entries in the words of a scenario.
class EntryWords {
 public:
  explicit EntryWords(const Scenario& scenario) {
    for (const Service& service : scenario.services) {
      const ProtocolInfo* protocol = find_protocol(service.protocol);
      services_.push_back(service.name);
      protocols_.push_back(protocol == nullptr ? 0U : static_cast<unsigned>(protocol->id));
    }
    for (const Fault& fault : scenario.faults) faults_.push_back(fault.name);
  }

  [[nodiscard]] nlohmann::json of(const Entry& entry) const {
    return Timeline::to_json(entry, services_, faults_, protocols_);
  }

 private:
  std::vector<std::string> services_;
  std::vector<std::string> faults_;
  std::vector<unsigned> protocols_;
};

}  // namespace

std::string indented(const nlohmann::json& json) {
  return json.dump(2, ' ', false, replace) + "\n";
}

std::vector<std::string> recorded_files(const std::string& directory) {
  std::vector<std::string> files;
  for (const char* name :
       {"report.json", "timeline.jsonl", "scenario.yaml", "history.jsonl", evidence_file,
        "target.stdout", "target.stderr", "workload.stdout", "workload.stderr"}) {
    files.push_back((std::filesystem::path(directory) / name).string());
  }
  return files;
}

Result<OutputDirectory> OutputDirectory::create(const std::string& path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (error) return cannot_write(path, error.message());
  std::vector<std::string> made;
  for (auto part = absolute; !std::filesystem::exists(part, error); part = part.parent_path()) {
    made.push_back(part.string());
  }
  OutputDirectory directory(absolute.string(), std::move(made));
  std::filesystem::create_directories(absolute, error);
  if (error) return cannot_write(path, error.message());
  if (auto opened = directory.open(); !opened) return std::move(opened).error();
  // Found out now, not after the run: write a file, as the run will. Not an empty one, which fits
  // on a full disk.
  if (auto probe = directory.write(".probe", "probe\n"); !probe) {
    return cannot_write(path, probe.error().message);
  }
  ::unlinkat(directory.fd_.get(), ".probe", 0);
  return directory;
}

Status OutputDirectory::open() {
  fd_.reset(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd_ && errno == ENOTDIR && std::filesystem::is_symlink(path_)) {
    return cannot_write(path_, "it is a symbolic link");
  }
  if (!fd_) return cannot_write(path_, std::strerror(errno));
  if (!made_.empty()) ::fchmod(fd_.get(), S_IRWXU);
  struct stat self {};
  if (::fstat(fd_.get(), &self) != 0) return cannot_write(path_, std::strerror(errno));
  if (self.st_uid != ::geteuid()) {
    return cannot_write(path_,
                        fmt::format("it belongs to user {}, not to {}", self.st_uid, ::geteuid()));
  }
  if ((self.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return cannot_write(path_, "others may write to it, too");
  }
  return {};
}

Status OutputDirectory::write(const std::string& name, std::string_view content) const {
  return write_file_atomically_at(fd_.get(), name, file(name), content);
}

OutputDirectory::~OutputDirectory() {
  for (const std::string& part : made_) ::rmdir(part.c_str());  // fails where anything is in it
}

std::string OutputDirectory::default_path(const Scenario& scenario) {
  const std::time_t now = std::time(nullptr);
  return fmt::format("cutpoint-runs/{}-{:%Y%m%dT%H%M%SZ}", scenario.name, fmt::gmtime(now));
}

Result<UniqueFd> OutputDirectory::new_file(const std::string& name) const {
  ::unlinkat(fd_.get(), name.c_str(), 0);  // of an earlier run
  UniqueFd fd(::openat(fd_.get(), name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC,
                       S_IRUSR | S_IWUSR));
  if (!fd) return cannot_write(file(name), std::strerror(errno));
  return fd;
}

Status OutputDirectory::write_scenario(const Scenario& scenario) const {
  return write("scenario.yaml", scenario.resolved_yaml);
}

Status OutputDirectory::write_timeline(const Timeline& timeline, const Scenario& scenario) const {
  const EntryWords words(scenario);
  std::string text;
  for (const Entry& entry : timeline.entries()) {
    text += one_line(words.of(entry));
    text += '\n';
  }
  return write("timeline.jsonl", text);
}

Status OutputDirectory::write_trace(const Timeline& timeline, const Scenario& scenario,
                                    const nlohmann::json& report) const {
  const EntryWords words(scenario);
  std::vector<const Entry*> by_time;
  for (const Entry& entry : timeline.entries()) by_time.push_back(&entry);
  std::stable_sort(by_time.begin(), by_time.end(),
                   [](const Entry* left, const Entry* right) { return left->ns < right->ns; });
  const std::string unfinished = ".trace.json";
  CUTPOINT_TRY_ASSIGN(file_fd, new_file(unfinished));
  Trace trace(
      [&](std::string_view text) { return write_all(file_fd.get(), text, file("trace.json")); });
  trace.begin_run(report, false);
  for (const Entry* entry : by_time) trace.add(words.of(*entry));
  trace.end_run();
  Status written = trace.finish();
  if (written && ::renameat(fd_.get(), unfinished.c_str(), fd_.get(), "trace.json") != 0) {
    written = cannot_write(file("trace.json"), std::strerror(errno));
  }
  if (!written) ::unlinkat(fd_.get(), unfinished.c_str(), 0);
  return written;
}

Status OutputDirectory::write_history(const std::string& lines) const {
  return write("history.jsonl", lines);
}

Status OutputDirectory::write_evidence(const std::string& packets) const {
  return write(evidence_file, packets);
}

Status OutputDirectory::write_report(const nlohmann::json& report) const {
  return write("report.json", indented(report));
}

}  // namespace cutpoint

// SPDX-License-Identifier: Apache-2.0
#include "controller/kernel/code_files.h"

#include <algorithm>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <gelf.h>
#include <memory>
#include <set>
#include <sstream>
#include <string_view>

#include "controller/util/unique_fd.h"

namespace cutpoint {
namespace {

// "00400000-00b71000" as /proc/PID/maps writes it -> "400000-b71000", its name in map_files.
std::string map_file_name(const std::string& range) {
  const auto without_zeros = [](const std::string& address) {
    return address.substr(std::min(address.find_first_not_of('0'), address.size() - 1));
  };
  const auto dash = range.find('-');
  return without_zeros(range.substr(0, dash)) + "-" + without_zeros(range.substr(dash + 1));
}

// Takes out of `missing` what the table of symbols has.
void find_functions(Elf* elf, Elf_Scn* section, const GElf_Shdr& header,
                    std::set<std::string_view>& missing) {
  Elf_Data* data = elf_getdata(section, nullptr);
  if (data == nullptr || header.sh_entsize == 0) return;
  const auto count = static_cast<int>(header.sh_size / header.sh_entsize);
  for (int i = 0; i < count; ++i) {
    GElf_Sym symbol;
    if (gelf_getsym(data, i, &symbol) == nullptr) return;
    if (GELF_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF) continue;
    const char* name = elf_strptr(elf, header.sh_link, symbol.st_name);
    if (name != nullptr) missing.erase(name);
  }
}

}  // namespace

bool CodeFile::may_hold_openssl() const {
  const bool library = name().find(".so") != std::string::npos;
  return !library || name().starts_with("libssl") || name().starts_with("libcrypto");
}

std::vector<CodeFile> code_files(pid_t pid) {
  std::vector<CodeFile> result;
  std::set<CodeFile::Id> known;
  std::ifstream maps(fmt::format("/proc/{}/maps", pid));
  for (std::string line; std::getline(maps, line);) {
    std::istringstream fields(line);  // address perms offset dev inode pathname
    std::string range;
    std::string permissions;
    std::string offset;
    CodeFile file;
    fields >> range >> permissions >> offset >> file.id.first >> file.id.second >> std::ws;
    std::getline(fields, file.path);
    if (file.id.second == 0 || permissions.find('x') == std::string::npos) continue;
    if (!known.insert(file.id).second) continue;
    file.link = fmt::format("/proc/{}/map_files/{}", pid, map_file_name(range));
    result.push_back(std::move(file));
  }
  return result;
}

bool has_ssl_functions(const std::string& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd || elf_version(EV_CURRENT) == EV_NONE) return false;
  const std::unique_ptr<Elf, int (*)(Elf*)> elf(elf_begin(fd.get(), ELF_C_READ_MMAP, nullptr),
                                                elf_end);
  if (!elf) return false;
  std::set<std::string_view> missing(std::begin(ssl_functions), std::end(ssl_functions));
  for (Elf_Scn* section = elf_nextscn(elf.get(), nullptr); section != nullptr;
       section = elf_nextscn(elf.get(), section)) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr) return false;
    if (header.sh_type == SHT_DYNSYM || header.sh_type == SHT_SYMTAB) {
      find_functions(elf.get(), section, header, missing);
    }
  }
  return missing.empty();
}

}  // namespace cutpoint

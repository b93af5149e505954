#include "scratch_dir.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

namespace {

namespace fs = std::filesystem;

fs::path make_unique_directory() {
  std::string name = fs::temp_directory_path() / "cf-failover-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) {
    throw std::system_error{errno, std::generic_category(), name};
  }
  return name;
}

}  // namespace

ScratchDir::ScratchDir() : path_{make_unique_directory()} {}

ScratchDir::~ScratchDir() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path ScratchDir::write(const fs::path& name, std::string_view text, mode_t mode) const {
  const fs::path file = path_ / name;
  fs::create_directories(file.parent_path());
  std::ofstream{file, std::ios::binary} << text;
  if (chmod(file.c_str(), mode) != 0) {
    throw std::system_error{errno, std::generic_category(), file};
  }
  return file;
}

std::string ScratchDir::read(const fs::path& name) const {
  std::ifstream file{path_ / name, std::ios::binary};
  if (!file) {
    throw std::system_error{errno, std::generic_category(), path_ / name};
  }
  return {std::istreambuf_iterator<char>{file}, {}};
}

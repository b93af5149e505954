#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

// A directory of its own under $TMPDIR or /tmp, removed with all it holds in the destructor.
class ScratchDir {
 public:
  ScratchDir();
  ScratchDir(const ScratchDir&) = delete;
  ScratchDir& operator=(const ScratchDir&) = delete;
  ~ScratchDir();

  const std::filesystem::path& path() const { return path_; }

  // Creates or replaces the file `name` (subdirectories are made), whatever the umask; returns its
  // path.
  std::filesystem::path write(const std::filesystem::path& name, std::string_view text,
                              mode_t mode = 0600) const;

  // The whole content of the file `name`; throws if there is none.
  std::string read(const std::filesystem::path& name) const;

 private:
  std::filesystem::path path_;
};

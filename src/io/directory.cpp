#include "io/directory.h"

#include <dirent.h>

#include <memory>

namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};

}  // namespace

bool any_name_in(const std::string& directory,
                 const std::function<bool(std::string_view name)>& is_looked_for) {
  const std::unique_ptr<DIR, CloseDirectory> open(opendir(directory.c_str()));
  if (!open) {
    return false;
  }
  while (const dirent* entry = readdir(open.get())) {
    if (is_looked_for(static_cast<const char*>(entry->d_name))) {
      return true;
    }
  }
  return false;
}

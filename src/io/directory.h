#pragma once

#include <functional>
#include <string>
#include <string_view>

/// Whether a name in that directory is one that is looked for; false where it cannot be listed.
/// Unlike std::filesystem's iterators, it survives a lack of memory.
bool any_name_in(const std::string& directory,
                 const std::function<bool(std::string_view name)>& is_looked_for);

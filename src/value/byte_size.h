#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

/// "512", "64KiB", "1MiB", as bytes; at least 1, at most 1 GiB.
std::optional<std::size_t> parse_byte_size(std::string_view text);

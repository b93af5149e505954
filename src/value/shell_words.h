#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Splits a line into words as a POSIX shell would: blanks separate; '...', "..." and \ quote.
/// Nothing is expanded, and no character but these is special. Nothing if a quote is left open.
std::optional<std::vector<std::string>> split_words(std::string_view line);

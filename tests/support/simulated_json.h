#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "simulated_api.h"
#include "simulated_query.h"
#include "simulated_zone.h"

// The JSON of answers.
namespace simulated {

std::string to_json(const Record& record);
std::string to_json(const std::vector<Record>& records);
std::string to_json(const Zone& zone);
std::string to_json(const std::vector<Zone>& zones);
std::string to_json(const BatchResult& result);
std::string to_json(const Token& token);  // without its value

// Answers around a result that is JSON already.
std::string success(std::string_view result);
std::string verified(std::string_view result);
std::string failure(const ApiError& error);
template <typename T>
std::string success(const Page<T>& page);

// RFC 3339, UTC, without the zeros at the end of the fraction.
std::string timestamp(Time time);

}  // namespace simulated

#pragma once

// A number from the environment; `otherwise` where the variable is missing or empty. Throws
// std::invalid_argument if it holds anything else.
unsigned long number_from_environment(const char* name, unsigned long otherwise);

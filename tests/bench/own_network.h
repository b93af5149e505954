#pragma once

#include <filesystem>
#include <string>

// Moves this process, which must have one thread, into namespaces of its own: it may make network
// devices there and hide files, without being root, and reaches nothing outside. Throws
// std::system_error where that is not allowed.
void enter_own_network();

// From now on names are asked for at this address and nowhere else, by us and all we start. The
// files go into `directory`.
void use_name_server(const std::string& address, const std::filesystem::path& directory);

// Runs `ip` with these words; throws what it complains about.
void ip(const std::string& words);

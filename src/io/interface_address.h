#pragma once

#include <string>
#include <vector>

#include "value/ip_address.h"
#include "value/result.h"

/// The addresses of this family that a network interface has, the one to announce first: public
/// before special ranges, these before link-local; permanent before temporary before deprecated
/// (IPv6). Without those that are still being checked for duplicates, or are one.
///
/// An Error if there is no such interface, or it has none; says so where the interface is down.
Result<std::vector<IpAddress>> interface_addresses(const std::string& name,
                                                   IpAddress::Family family);

/// Whether an IPv6 address of the interface is still being checked for duplicates (RFC 4862, 5.4),
/// and may be usable in a second or two. Link-local addresses do not count.
bool is_checking_addresses(const std::string& name);

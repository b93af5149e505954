#pragma once

#include <string>

#include "io/descriptor.h"

/// Makes a file that was not there, for its owner alone, and opens it for writing. Where root makes
/// it in somebody else's directory, it is theirs: what root's hooks write, an unprivileged run must
/// read. Nothing, with errno set, if that fails; EEXIST where the name is taken.
Descriptor create_owned(const std::string& path);

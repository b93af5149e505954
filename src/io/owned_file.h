#pragma once

#include <string>

#include "io/descriptor.h"

enum class Readers { owner, everybody };

/// Makes a file that was not there, that its owner alone may write, and opens it for writing. Where
/// root makes it in somebody else's directory, it is theirs: what root's hooks write, an
/// unprivileged run must read. Nothing, with errno set, if that fails; EEXIST where the name is
/// taken.
Descriptor create_owned(const std::string& path, Readers readers = Readers::owner);

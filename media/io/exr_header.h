#pragma once

#include <string>

#include "media/io/byte_reader.h"

namespace mcj {

/// Checks an OpenEXR header before OpenEXR reads it, because OpenEXR allocates what a header
/// claims. Throws `Error{Input}` with `name` unless it is a scan-line file of one part whose
/// attributes have the lengths of their types and whose picture is neither larger than
/// `kMaxFileSidePx` per side nor far too large for the file. Source: "OpenEXR File Layout".
void checkExrHeader(ByteView bytes, const std::string& name);

[[noreturn]] void failToReadExr(const std::string& name, const std::string& why,
                                std::string hint = {});

}  // namespace mcj

#pragma once

#include "media/base/frame.h"

namespace mcj {

/// A number that no other source of this process has. Any thread.
[[nodiscard]] SourceId nextSourceId() noexcept;

}  // namespace mcj

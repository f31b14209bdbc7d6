#pragma once

#include <QString>

#include "viewer/session/session.h"

namespace mcj {

/// The `mcjepa` command that computes what the active view shows: the maps of its visible layers
/// for the shown pair of frames, or, with a query, its similarity; after "&&" a second one where
/// the timeline shows curves. Quoted for a POSIX shell. Empty without a picture.
[[nodiscard]] QString commandLineOf(const Session& session);

}  // namespace mcj

#pragma once

#include "viewer/session/view_set.h"

namespace mcj {

/// Two views of the active view's frame: the masks of the project on the left, those that they are
/// compared with (`ProjectAgreement`) on the right.
void showMasksSideBySide(ViewSet& views);

/// Every view shows the masks of the project instead of the compared ones.
void hideComparedMasks(ViewSet& views);

}  // namespace mcj

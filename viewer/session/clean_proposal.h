#pragma once

#include "viewer/session/mask_proposals.h"

namespace mcj {

struct CleanUpRequest {
    enum class Scope {
        Frame,      ///< the mask becomes one that was drawn by hand
        AllFrames,  ///< without the locked ones; what is known of the masks stays
    };
    Scope scope = Scope::Frame;
    FrameIndex frame = 0;  ///< of `Scope::Frame`
    int leastPx = 50;      ///< smaller specks and holes go: see `cleanUp`
};

/// Proposes the active object without its specks and holes. Nothing is shown if there are none.
void proposeCleanUp(MaskProposals& proposals, const MaskEditor& masks,
                    const CleanUpRequest& request);

}  // namespace mcj

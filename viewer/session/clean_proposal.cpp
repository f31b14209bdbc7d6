#include "viewer/session/clean_proposal.h"

#include "segmentation/mask_shape.h"

namespace mcj {
namespace {

/// Adds the frame to the preview if its mask changes.
void clean(MaskPreview& preview, FrameIndex frame, const MaskEntry& entry, int leastPx,
           const DrawingRules& rules) {
    if (entry.facts.locked || !entry.packed->objects().test(preview.object)) return;
    Mask mask = *entry.packed->unpack();
    if (!cleanUp(mask, preview.object, leastPx)) return;
    const PackedMaskPtr after = packDrawn(entry.packed, mask, rules);
    if (*after != *entry.packed) preview.frames.push_back({frame, entry.packed, after});
}

}  // namespace

void proposeCleanUp(MaskProposals& proposals, const MaskEditor& masks,
                    const CleanUpRequest& request) {
    const bool all = request.scope == CleanUpRequest::Scope::AllFrames;
    MaskPreview empty;
    empty.object = masks.activeObject();
    empty.text = all ? MaskProposals::tr("Clean object %1 in all frames").arg(empty.object)
                     : MaskProposals::tr("Clean object %1").arg(empty.object);
    empty.facts = all ? MaskPreview::Facts::Kept : MaskPreview::Facts::Drawn;
    proposals.propose(
        MaskProposals::tr("Looking for specks and holes"),
        [empty, request, all, track = masks.track(), rules = masks.rules()](const StopToken& stop) {
            MaskPreview preview = empty;
            for (const auto& [frame, entry] : track.entries()) {
                stop.throwIfStopped("cleaning masks");
                if (all || frame == request.frame) {
                    clean(preview, frame, entry, request.leastPx, rules);
                }
            }
            return preview;
        });
}

}  // namespace mcj

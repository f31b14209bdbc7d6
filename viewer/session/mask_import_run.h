#pragma once

#include <filesystem>
#include <string>

#include "segmentation/mask_formats/mask_format.h"
#include "viewer/session/run.h"

namespace mcj {

class MaskEditor;

/// Reads masks of the whole clip in any known format on the lane and then sets them as one undo
/// step. Locked frames are not changed; a notice says how many there are.
class MaskImportRun : public Run {
    Q_OBJECT
public:
    /// `masks` outlives the run. `size` and `frames`: of the clip.
    MaskImportRun(MaskEditor& masks, MaskReadRequest request, SizePx size, FrameIndex frames);

    [[nodiscard]] QString title() const override { return tr("Importing masks"); }
    [[nodiscard]] std::int64_t totalSteps() const override { return 1; }
    [[nodiscard]] std::vector<FrameIndex> wantedFrames() const override { return {}; }
    [[nodiscard]] FrameIndex leadFrame() const override { return -1; }

protected:
    void doStep(Lane& lane, const std::vector<FramePtr>& frames) override;

private:
    struct Imported {
        MaskTrack track;
        std::vector<SetObject> objects;
        std::string format;
        std::vector<std::string> notes;
    };
    void take(const Imported& imported);

    MaskEditor& masks_;
    MaskReadRequest request_;
    SizePx size_;
    FrameIndex frames_;
};

}  // namespace mcj

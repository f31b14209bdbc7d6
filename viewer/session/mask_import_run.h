#pragma once

#include <filesystem>
#include <string>

#include "segmentation/mask_formats/mask_format.h"
#include "viewer/session/run.h"

namespace mcj {

class MaskEditor;

/// What masks of many frames are imported for.
enum class ImportPurpose {
    Work,  ///< they are anchors of propagation; frames that they do not have stay as they are
    /// They take the place of all masks, as the results of another program, which are reviewed,
    /// corrected and written back.
    Review,
};

/// Reads masks of the whole clip in any known format on the lane and then sets them as one undo
/// step. Locked frames are not changed; a notice says how many there are.
class MaskImportRun : public Run {
    Q_OBJECT
public:
    /// `masks` outlives the run. `size` and `frames`: of the clip.
    MaskImportRun(MaskEditor& masks, MaskReadRequest request, SizePx size, FrameIndex frames,
                  ImportPurpose purpose = ImportPurpose::Work);

    [[nodiscard]] QString title() const override { return tr("Importing masks"); }
    [[nodiscard]] std::int64_t totalSteps() const override { return 1; }
    [[nodiscard]] std::vector<FrameIndex> wantedFrames() const override { return {}; }
    [[nodiscard]] FrameIndex leadFrame() const override { return -1; }

Q_SIGNALS:
    /// The masks are set. `digest`: of their files (`digestOf`); empty where the format is not
    /// written back, and for `ImportPurpose::Work`.
    void imported(const QString& format, const QString& digest);

protected:
    void doStep(Lane& lane, const std::vector<FramePtr>& frames) override;

private:
    struct Imported {
        MaskTrack track;
        std::vector<SetObject> objects;
        const MaskFormat* format = nullptr;
        std::string digest;
        std::vector<std::string> notes;
    };
    void take(const Imported& read);

    MaskEditor& masks_;
    MaskReadRequest request_;
    SizePx size_;
    FrameIndex frames_;
    ImportPurpose purpose_;
};

}  // namespace mcj

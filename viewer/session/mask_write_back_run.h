#pragma once

#include <QTimer>
#include <atomic>
#include <memory>

#include "segmentation/mask_write_back.h"
#include "viewer/session/run.h"

namespace mcj {

/// Writes corrected masks back into the folder of the program that made them, on the lane: all
/// changed pictures or none (mask_write_back.h). A notice says how many there were.
class MaskWriteBackRun : public Run {
    Q_OBJECT
public:
    struct Order {
        const MaskFormat* format = nullptr;
        MaskReadRequest request;
        std::string digest;  ///< of the files when they were opened; others are not overwritten
        ObjectOrder drawing = {};  ///< of the masks
    };
    /// `track`: a snapshot.
    MaskWriteBackRun(MaskTrack track, Order order);

    [[nodiscard]] QString title() const override { return tr("Writing masks back"); }
    [[nodiscard]] std::int64_t totalSteps() const override { return kParts; }
    [[nodiscard]] std::vector<FrameIndex> wantedFrames() const override { return {}; }
    [[nodiscard]] FrameIndex leadFrame() const override { return -1; }

Q_SIGNALS:
    /// `digest`: of the files now.
    void written(const QString& digest);

protected:
    void doStep(Lane& lane, const std::vector<FramePtr>& frames) override;

private:
    struct Result {
        MaskWriteBackReport report;
        std::string digest;
    };
    void tell(const MaskWriteBackReport& report);

    /// The number of frames to compare is known only on the lane.
    static constexpr std::int64_t kParts = 100;

    MaskTrack track_;
    Order order_;
    /// Parts done so far, counted on the lane.
    std::shared_ptr<std::atomic<std::int64_t>> parts_ =
        std::make_shared<std::atomic<std::int64_t>>(0);
    QTimer poll_;
};

}  // namespace mcj

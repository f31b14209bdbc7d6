#pragma once

#include <QObject>

#include "segmentation/mask_propagator.h"
#include "segmentation/propagation_plan.h"
#include "viewer/session/engine_pool.h"
#include "viewer/session/marks.h"
#include "viewer/session/mask_editor.h"
#include "viewer/session/run_slot.h"
#include "viewer/session/view_set.h"

namespace mcj {

/// Which frames a propagation may write.
enum class PropagationRange { WholeVideo, InToOut };

/// Starts propagations of the mask on screen, by the chosen method. GUI thread.
class Propagation : public QObject {
    Q_OBJECT
public:
    /// What it works on; all outlive it.
    struct Parts {
        MaskEditor& masks;
        const ViewSet& views;
        EnginePool& engines;
        FrameProvider& frames;
        Playhead& playhead;
        RunSlot& runs;
        const Marks& marks;
    };
    explicit Propagation(const Parts& parts, QObject* parent = nullptr);

    void setOptions(const PropagatorOptions& options) { options_ = options; }
    [[nodiscard]] const PropagatorOptions& options() const noexcept { return options_; }
    /// With `InToOut`, which is the default, only frames from the in to the out point are written,
    /// those included; without such points, and where nothing of the video is between them, all.
    void setRange(PropagationRange range);
    [[nodiscard]] PropagationRange range() const noexcept { return range_; }
    /// Propagates the mask of the frame on screen. Returns whether it started; a notice says why
    /// not.
    bool start(Travel travel);

Q_SIGNALS:
    void rangeChanged();
    void noticed(const mcj::Notice& notice);

private:
    Parts parts_;
    PropagatorOptions options_;
    PropagationRange range_ = PropagationRange::InToOut;
};

}  // namespace mcj

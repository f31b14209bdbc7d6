#pragma once

#include <QObject>
#include <optional>

#include "media/base/frame.h"
#include "media/base/scalar_map.h"
#include "segmentation/feature_region.h"
#include "viewer/session/mask_proposals.h"
#include "viewer/session/scheduler.h"
#include "viewer/session/view_set.h"

namespace mcj {

/// Proposes the region whose features are similar to those at a chosen pixel of the shown frame,
/// for the active object. The similarity is the product that the similarity tool shows, by the
/// active view's model and level; it is computed once for a pixel, and each threshold makes a
/// region of it. GUI thread.
class FeatureWand : public QObject {
    Q_OBJECT
public:
    /// All outlive the wand.
    struct Parts {
        ViewSet& views;
        const ProductCache& products;
        const Scheduler& scheduler;
        MaskEditor& masks;
        MaskProposals& proposals;
        const Document& document;
    };
    explicit FeatureWand(const Parts& parts, QObject* parent = nullptr);

    /// `mode`: whether the region is given to the active object or taken from it. A notice is
    /// emitted where there is no model. Ignored where no frame is shown.
    void choose(PointF where, StrokeMode mode);
    /// Whether a pixel of the shown frame is chosen and its region neither accepted nor rejected.
    [[nodiscard]] bool waits() const;
    void forget();

    /// The least cosine of the region's pixels, -1..1; kept for the next pixels.
    [[nodiscard]] float threshold() const noexcept { return threshold_; }
    void setThreshold(float threshold);
    [[nodiscard]] RegionReach reach() const noexcept { return reach_; }
    void setReach(RegionReach reach);

Q_SIGNALS:
    void changed();
    void noticed(const mcj::Notice& notice);

private:
    struct Choice {
        FramePtr frame;
        PointF where;
        ProductKey similarity;
        int cellPx = 1;  ///< side of a cell of the features
        StrokeMode mode = StrokeMode::Paint;
    };

    void propose();

    Parts parts_;
    std::optional<Choice> choice_;
    ScalarMapPtr similarity_;  ///< to the chosen pixel; null until computed
    float threshold_ = 0.5F;
    RegionReach reach_ = RegionReach::Connected;
};

}  // namespace mcj

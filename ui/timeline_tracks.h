#pragma once

#include <map>
#include <vector>

#include "ui/timeline_track.h"
#include "viewer/session/session.h"

namespace mcj {

/// Which frames have a mask, how sure propagation was of it, and where anchors are.
class MaskTrackRow : public TimelineTrack {
public:
    explicit MaskTrackRow(const Session& session) : session_(session) {}
    [[nodiscard]] QString title() const override;
    [[nodiscard]] double height() const override { return 12.0; }
    void paint(QPainter& painter, const QRectF& row, const TimelineScale& scale) const override;
    [[nodiscard]] QString tip(FrameIndex frame) const override;

private:
    const Session& session_;
};

/// The cosine of the best match of the similarity query in each frame that was looked at.
class SimilarityRow : public TimelineTrack {
public:
    explicit SimilarityRow(const Session& session) : session_(session) {}
    [[nodiscard]] QString title() const override;
    [[nodiscard]] double height() const override { return 12.0; }
    void paint(QPainter& painter, const QRectF& row, const TimelineScale& scale) const override;
    [[nodiscard]] QString tip(FrameIndex frame) const override;

private:
    const Session& session_;
};

/// The least value of each pixel column, in the order of columns.
[[nodiscard]] std::map<int, double> lowestPerColumn(const std::map<FrameIndex, double>& values,
                                                    const TimelineScale& scale);

}  // namespace mcj

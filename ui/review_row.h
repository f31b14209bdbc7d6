#pragma once

#include "ui/timeline_track.h"
#include "viewer/session/session.h"

namespace mcj {

/// Draws the review scores of masks from 0 to 1: those of the active object as a line, the greatest
/// of all objects as a dim one behind it, suspicious frames as dots above the dashed threshold,
/// which can be dragged. If several frames share a pixel column, the greatest score is drawn, and
/// the pointer means its frame.
class ReviewRow : public TimelineTrack {
public:
    explicit ReviewRow(Session& session) : session_(session) {}
    [[nodiscard]] bool wanted() const override { return session_.timeline().reviews.shown(); }
    [[nodiscard]] QString title() const override;
    [[nodiscard]] double height() const override { return 34.0; }
    void paint(QPainter& painter, const QRectF& row, const TimelineScale& scale) const override;
    [[nodiscard]] FrameIndex frameFor(const TimelineScale& scale, double x) const override;
    [[nodiscard]] bool grabs(const QRectF& row, double y) const override;
    void dragTo(const QRectF& row, double y) override;
    [[nodiscard]] QString tip(FrameIndex frame) const override;

private:
    Session& session_;
};

}  // namespace mcj

#pragma once

#include <cstdint>
#include <vector>

#include "inference/analysis/pair_summary.h"
#include "ui/timeline_track.h"
#include "viewer/session/session.h"

namespace mcj {

/// Draws one number of the pairs of the clip as a line, from 0 or its minimum to its maximum, which
/// are written at the right. If several frames share a pixel column, the highest value is drawn,
/// and the pointer means its frame.
class CurveRow : public TimelineTrack {
public:
    CurveRow(const Session& session, PairNumber number) : session_(session), number_(number) {}
    [[nodiscard]] bool wanted() const override { return session_.timeline().curves.shown(); }
    [[nodiscard]] QString title() const override;
    [[nodiscard]] double height() const override { return 20.0; }
    void paint(QPainter& painter, const QRectF& row, const TimelineScale& scale) const override;
    [[nodiscard]] FrameIndex frameFor(const TimelineScale& scale, double x) const override;
    [[nodiscard]] QString tip(FrameIndex frame) const override;

private:
    struct Column {
        int place;  ///< `TimelineScale::columnOf`
        FrameIndex frame;
        double value;
    };
    /// The highest value of every column that has one, from the left.
    [[nodiscard]] const std::vector<Column>& columns(const TimelineScale& scale) const;

    const Session& session_;
    PairNumber number_;
    // The columns of a long clip are made once per change, not per picture of the window.
    mutable std::vector<Column> columns_;
    mutable std::uint64_t revision_ = 0;
    mutable TimelineScale made_;
};

}  // namespace mcj

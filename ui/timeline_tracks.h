#pragma once

#include <map>
#include <vector>

#include "ui/timeline_track.h"
#include "viewer/session/session.h"

namespace mcj {

/// Shows frames with a mask, the confidence of propagation, and anchors.
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

/// Shows which frames are done or doubtful, and which have a note.
class StatusRow : public TimelineTrack {
public:
    explicit StatusRow(const Session& session) : session_(session) {}
    [[nodiscard]] bool wanted() const override;
    [[nodiscard]] QString title() const override;
    [[nodiscard]] double height() const override { return 8.0; }
    /// Doubtful frames fill the row, finished ones its lower half; a note is a line at the top.
    void paint(QPainter& painter, const QRectF& row, const TimelineScale& scale) const override;
    [[nodiscard]] QString tip(FrameIndex frame) const override;

private:
    const Session& session_;
};

/// Shows the IoU of each frame's masks with those that they are compared with: above, the mean over
/// the objects, the less, the redder; below, that of the active object in its colour. If several
/// frames share a pixel column, the least IoU is drawn, and the pointer means its frame.
class AgreementRow : public TimelineTrack {
public:
    explicit AgreementRow(const Session& session) : session_(session) {}
    [[nodiscard]] bool wanted() const override {
        return !session_.projectTools().agreement.other().isEmpty();
    }
    [[nodiscard]] QString title() const override;
    [[nodiscard]] double height() const override { return 20.0; }
    void paint(QPainter& painter, const QRectF& row, const TimelineScale& scale) const override;
    [[nodiscard]] FrameIndex frameFor(const TimelineScale& scale, double x) const override;
    [[nodiscard]] QString tip(FrameIndex frame) const override;

private:
    const Session& session_;
};

/// Shows the cosine of the query's best match in each frame seen or computed so far.
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

/// Shows markers as flags with their names, where there is room for them.
class MarkerRow : public TimelineTrack {
public:
    explicit MarkerRow(const Session& session) : session_(session) {}
    [[nodiscard]] bool wanted() const override {
        return !session_.timeline().marks.markers().empty();
    }
    [[nodiscard]] QString title() const override;
    [[nodiscard]] double height() const override { return 12.0; }
    void paint(QPainter& painter, const QRectF& row, const TimelineScale& scale) const override;
    /// The frame of the flag at `x`, if there is one.
    [[nodiscard]] FrameIndex frameFor(const TimelineScale& scale, double x) const override;
    [[nodiscard]] QString tip(FrameIndex frame) const override;

private:
    const Session& session_;
};

/// Shows small pictures side by side, as many as fit, each from near the middle of the frames at
/// its place.
class ThumbnailRow : public TimelineTrack {
public:
    explicit ThumbnailRow(const Session& session) : session_(session) {}
    [[nodiscard]] bool wanted() const override {
        return session_.timeline().thumbnails.reading() == ThumbnailReading::On;
    }
    [[nodiscard]] QString title() const override;
    [[nodiscard]] double height() const override { return 32.0; }
    void paint(QPainter& painter, const QRectF& row, const TimelineScale& scale) const override;
    /// Empty: a picture says nothing about one frame.
    [[nodiscard]] QString tip(FrameIndex) const override { return {}; }

private:
    const Session& session_;
};

/// Shows, in two thin lines, the frames in memory and those whose flow is in memory.
class CachedRow : public TimelineTrack {
public:
    explicit CachedRow(const Session& session) : session_(session) {}
    [[nodiscard]] QString title() const override;
    [[nodiscard]] double height() const override { return 6.0; }
    void paint(QPainter& painter, const QRectF& row, const TimelineScale& scale) const override;
    [[nodiscard]] QString tip(FrameIndex frame) const override;

private:
    const Session& session_;
};

/// The minimum of each pixel column, in the order of columns.
[[nodiscard]] std::map<int, double> lowestPerColumn(const std::map<FrameIndex, double>& values,
                                                    const TimelineScale& scale);

}  // namespace mcj

#pragma once

#include <QObject>
#include <QString>
#include <map>
#include <optional>
#include <string>

#include "viewer/session/playback_clock.h"

namespace mcj {

/// What the user has marked on the timeline: the in and out points, and markers with names. Stored
/// with the project's settings, without undo. GUI thread.
class Marks : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    // In and out points: the first and the last frame of a part of the clip ----------------------
    [[nodiscard]] const std::optional<FrameIndex>& in() const noexcept { return in_; }
    [[nodiscard]] const std::optional<FrameIndex>& out() const noexcept { return out_; }
    /// Removes an out point that is before it; `setOut` does the reverse.
    void setIn(FrameIndex frame);
    void setOut(FrameIndex frame);
    void clearInOut();
    [[nodiscard]] bool limited() const noexcept { return in_ || out_; }
    /// From the in to the out point, of a clip of `frames` frames; the whole clip where neither is
    /// set or nothing would be left.
    [[nodiscard]] FrameSpan span(FrameIndex frames) const noexcept;

    // Markers -----------------------------------------------------------------------------------
    [[nodiscard]] const std::map<FrameIndex, QString>& markers() const noexcept { return markers_; }
    /// Adds a marker with a name of its own, or removes the one that is there.
    void toggleMarker(FrameIndex frame);
    /// The name is cut to `kMostLetters`; an empty one, or no marker, changes nothing.
    void rename(FrameIndex frame, const QString& name);
    /// The nearest marker after or before `frame`; none if there is none.
    [[nodiscard]] std::optional<FrameIndex> markerAfter(FrameIndex frame) const;
    [[nodiscard]] std::optional<FrameIndex> markerBefore(FrameIndex frame) const;
    /// More are not added: a project's settings stay small.
    static constexpr std::size_t kMostMarkers = 10'000;
    static constexpr int kMostLetters = 200;

    // The project -------------------------------------------------------------------------------
    [[nodiscard]] std::string toJson() const;
    /// Replaces everything; what cannot be read is skipped. Emits `changed`, not `edited`.
    void fromJson(const std::string& text);
    /// For another document. Emits `changed`.
    void clear();

Q_SIGNALS:
    void changed();
    /// The user has changed something: the project has to be written.
    void edited();

private:
    void tell();

    std::optional<FrameIndex> in_;
    std::optional<FrameIndex> out_;
    std::map<FrameIndex, QString> markers_;
};

}  // namespace mcj

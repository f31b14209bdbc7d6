#pragma once

#include <QElapsedTimer>
#include <QImage>
#include <QObject>
#include <cstddef>
#include <map>
#include <optional>

#include "media/base/frame.h"
#include "viewer/session/frame_provider.h"
#include "viewer/session/lanes.h"

namespace mcj {

enum class ThumbnailReading { Off, On };

/// Small pictures of the open video, spread evenly over its frames, for the timeline. Each is read
/// by a job of its own in spare time, once all frames are counted: a picture near its frame, found
/// by a seek to a key frame, so that no picture passes through the cache of frames. GUI thread.
class Thumbnails : public QObject {
    Q_OBJECT
public:
    /// Pictures per video, fewer only of a shorter one.
    static constexpr FrameIndex kMost = 64;
    /// No picture is larger; the shape is the video's.
    static constexpr SizePx kLargest{96, 54};

    /// All outlive it.
    struct Parts {
        const FrameProvider& frames;
        Lane& reading;
    };
    Thumbnails(const Parts& parts, ThumbnailReading reading, QObject* parent = nullptr)
        : QObject(parent), parts_(parts), reading_(reading) {}

    [[nodiscard]] ThumbnailReading reading() const noexcept { return reading_; }
    /// What is read stays.
    void setReading(ThumbnailReading reading);

    /// The picture that was read for a frame at most `within` frames from `frame`, the nearest one;
    /// null if there is none.
    [[nodiscard]] const QImage* nearest(FrameIndex frame, FrameIndex within) const;
    /// Pictures of the open video in memory.
    [[nodiscard]] std::size_t count() const;

    /// The frame whose picture is read next. None while it is off, before all frames are counted,
    /// and once all pictures are read.
    [[nodiscard]] std::optional<FrameIndex> next() const;
    /// Starts a job on the lane, which must be idle, if a picture is missing.
    void serve();
    /// The lane is needed: stops the job of this object, if one runs.
    void yield();

Q_SIGNALS:
    /// It was switched on or off.
    void changed();
    /// There are more pictures. Not emitted for each: every time, the whole window is composed.
    void arrived();

private:
    /// The pictures are at other frames once another number of frames is counted.
    struct Clip {
        SourceId source = 0;
        FrameIndex frames = 0;
        friend bool operator==(const Clip&, const Clip&) = default;
    };

    [[nodiscard]] Clip openClip() const;
    void tell();

    Parts parts_;
    ThumbnailReading reading_;
    bool running_ = false;
    Clip clip_;                              ///< whose pictures these are
    std::map<FrameIndex, QImage> pictures_;  ///< null images: could not be read
    QElapsedTimer told_;                     ///< since `arrived` was last emitted
};

}  // namespace mcj

#pragma once

#include <QObject>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "segmentation/edit.h"
#include "viewer/session/document.h"
#include "viewer/session/mask_editor.h"
#include "viewer/session/playhead.h"

namespace mcj {

/// Counts how long the user works on the masks of each frame, where the project has this switched
/// on. What counts is the time from the arrival at a frame to the first change of it, and between
/// two changes, as far as each takes at most `kPauseSecs`: what takes longer is a pause. A running
/// propagation is not work. Stored with the project's settings, without undo. GUI thread.
class WorkTime : public QObject {
    Q_OBJECT
public:
    /// All outlive it. `nowSecs`: a clock that only goes forward.
    struct Parts {
        Document& document;
        MaskEditor& masks;
        Playhead& playhead;
    };
    using Clock = std::function<double()>;
    explicit WorkTime(const Parts& parts, Clock nowSecs = steadySecs, QObject* parent = nullptr);

    static constexpr double kPauseSecs = 30.0;
    static double steadySecs();

    enum class Count { Off, On };
    [[nodiscard]] Count counting() const noexcept { return counting_; }
    /// What was counted stays when it is switched off.
    void setCounting(Count counting);
    /// Seconds by frame; frames without work are not in it.
    [[nodiscard]] const std::map<FrameIndex, double>& secs() const noexcept { return secs_; }
    [[nodiscard]] double totalSecs() const;
    /// "frame,seconds" and a row for each frame with work, with tenths of seconds.
    [[nodiscard]] std::string csv() const;

    [[nodiscard]] std::string toJson() const;
    /// Replaces everything; what cannot be read is skipped. Emits `changed`, not `edited`.
    void fromJson(const std::string& text);
    /// For another document. Emits `changed`.
    void clear();

Q_SIGNALS:
    void changed();
    /// Enough has been counted to be written: when a frame is left, and from time to time.
    void edited();

private:
    void arrive();
    void edit(const std::vector<EditPart>& parts);
    void work(FrameIndex frame);

    Parts parts_;
    Clock nowSecs_;
    Count counting_ = Count::Off;
    std::map<FrameIndex, double> secs_;
    FrameIndex here_ = -1;  ///< the frame on screen
    double since_ = 0.0;    ///< the arrival, or the newest change, by the clock
    double unsaved_ = 0.0;  ///< seconds counted since `edited`
};

}  // namespace mcj

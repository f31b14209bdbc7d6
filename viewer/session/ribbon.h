#pragma once

#include <QObject>
#include <optional>
#include <string>
#include <vector>

#include "viewer/session/engine_pool.h"
#include "viewer/session/frame_provider.h"
#include "viewer/session/lanes.h"
#include "viewer/session/view_set.h"

namespace mcj {

enum class RibbonFilling { Off, On };

/// Computes the similarity of the selected pin's best match in every frame, for the row of the
/// timeline: in spare time, one frame per job, and with the numbers of `mcjepa similarity`. The
/// numbers are kept by the pins of the active view, which drop them when level or model change,
/// and in the project, under the model and the level that they were computed by. GUI thread.
class Ribbon : public QObject {
    Q_OBJECT
public:
    /// All outlive it.
    struct Parts {
        ViewSet& views;
        const EnginePool& engines;
        const FrameProvider& frames;
        Lane& inference;
    };
    Ribbon(const Parts& parts, RibbonFilling filling, QObject* parent = nullptr)
        : QObject(parent), parts_(parts), filling_(filling) {}

    [[nodiscard]] RibbonFilling filling() const noexcept { return filling_; }
    /// What is computed stays.
    void setFilling(RibbonFilling filling);
    /// Frames that are still to be computed, from `from` on and then from the first one; `most` of
    /// them. None while it is off, without a pin, and until frames are counted and the model ready.
    [[nodiscard]] std::vector<FrameIndex> missing(FrameIndex from, std::size_t most) const;
    /// "similarity 120 of 1000 frames"; empty where there is nothing to do.
    [[nodiscard]] QString working() const;

    /// Frames that the next jobs need in memory.
    [[nodiscard]] std::vector<FrameIndex> wantedFrames(FrameIndex from) const;
    /// Starts a job on the idle lane if its frames are in memory.
    void serve(FrameIndex from);
    /// The canvas or a run needs the lane: stops the job of this object, if one runs.
    void yield();

    /// Of the pins of the active view; empty if nothing is known or the model is not ready.
    [[nodiscard]] std::string toJson() const;
    /// The numbers are taken over once the model is ready, by pins that are at the same places.
    void fromJson(const std::string& text);
    /// Takes over what `fromJson` read, if the model is ready by now.
    void follow();
    /// For another document.
    void clear();

Q_SIGNALS:
    void changed();
    void noticed(const mcj::Notice& notice);

private:
    /// Names model and level; empty while the model is not ready.
    [[nodiscard]] std::string method() const;
    [[nodiscard]] FramePtr queryFrame() const;

    Parts parts_;
    RibbonFilling filling_;
    bool running_ = false;
    bool failed_ = false;   ///< with this model and query: not tried again
    std::string restored_;  ///< from the project, not taken over yet
};

}  // namespace mcj

#pragma once

#include <QObject>
#include <QTimer>
#include <vector>

#include "viewer/session/engine_pool.h"
#include "viewer/session/frame_provider.h"
#include "viewer/session/lanes.h"
#include "viewer/session/loaded_flow.h"
#include "viewer/session/playhead.h"
#include "viewer/session/product_cache.h"
#include "viewer/session/run_slot.h"
#include "viewer/session/scheduler.h"
#include "viewer/session/session_parts.h"
#include "viewer/session/view_set.h"

namespace mcj {

/// Starts all work on the two lanes: compares what the screen and the run need with what is there,
/// and starts what is missing. Runs by itself after every change of what it compares. GUI thread.
class Pump : public QObject {
    Q_OBJECT
public:
    /// All outlive it.
    struct Parts {
        Lanes lanes;
        FrameProvider& frames;
        Playhead& playhead;
        ProductCache& products;
        EnginePool& engines;
        ViewSet& views;
        Scheduler& scheduler;
        RunSlot& runs;
        TimelineParts& timeline;
        LoadedFlow& flow;
    };
    explicit Pump(const Parts& parts, QObject* parent = nullptr);

    /// Compares once all events that wait have been handled.
    void schedule();
    void runNow();
    /// Nothing runs, and nothing is missing that the screen needs or that spare time is used for.
    [[nodiscard]] bool settled() const;
    /// What is read or computed, in words: "computing flow"; empty if nothing is.
    [[nodiscard]] QString working() const;
    [[nodiscard]] Lanes lanes() const noexcept { return parts_.lanes; }

Q_SIGNALS:
    /// The screen may show something else.
    void changed();

private:
    void lookAgain();
    void viewsChanged();
    void adopt(const ProductKey& key);
    [[nodiscard]] Demand demand() const;
    [[nodiscard]] std::vector<FrameIndex> wantedFrames() const;
    void serveInference();
    /// Whether spare time may be used for the reviews of masks.
    [[nodiscard]] bool reviewsMayRun() const;
    /// Nothing has to be read, played or computed for the screen or a run, whose frames are
    /// `wanted`: pictures of the timeline may be read.
    [[nodiscard]] bool readingRests(const std::vector<FrameIndex>& wanted) const;

    Parts parts_;
    QTimer timer_;
};

}  // namespace mcj

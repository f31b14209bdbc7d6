#pragma once

#include <QObject>
#include <QTimer>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "segmentation/mask_propagator.h"
#include "viewer/session/document.h"
#include "viewer/session/engine_pool.h"
#include "viewer/session/frame_provider.h"
#include "viewer/session/lanes.h"
#include "viewer/session/mask_editor.h"
#include "viewer/session/notice.h"
#include "viewer/session/playback_clock.h"
#include "viewer/session/product_cache.h"
#include "viewer/session/run.h"
#include "viewer/session/scheduler.h"
#include "viewer/session/view.h"

namespace mcj {

struct SessionOptions {
    EngineOptions engine;
    EngineLoader loadEngine = &mcj::loadEngine;  ///< replaced in tests
    std::size_t frameBytes = std::size_t{512} << 20;
    std::size_t mapBytes = std::size_t{768} << 20;
    QString projectFolder;  ///< folder of project files; empty: beside the video
    /// Where exact indexes of videos are stored for the next opening; empty: not stored.
    std::filesystem::path frameIndexFolder;
};

/// Values at one pixel of the shown frame; empty if a map is missing or has no value there.
struct Inspection {
    PointPx at;
    std::array<std::uint8_t, 3> rgb{};
    std::optional<PointF> flow;
    std::map<std::string, float> scalars;  ///< by id of the layer
    std::optional<ObjectId> object;
    [[nodiscard]] std::optional<float> scalar(const std::string& layer) const;
};

/// The open document. Events change its state; `pump()` compares what the canvas needs with what is
/// available and starts the missing work on two lanes. All functions are for the GUI thread.
/// `changed()` tells that the state differs; listeners query it.
class Session : public QObject {
    Q_OBJECT
public:
    explicit Session(SessionOptions options, QObject* parent = nullptr);
    ~Session() override;

    // Document ----------------------------------------------------------------------------------
    /// A video, a folder or glob of images, or a project file. The open document and its run are
    /// kept until the new one can be read; if it cannot, a notice gives the reason and nothing else
    /// changes. Of several calls the last one counts.
    void open(const QString& path);
    /// Also cancels an open in progress.
    void close();
    [[nodiscard]] bool isOpen() const { return provider_->isOpen(); }
    [[nodiscard]] bool isOpening() const { return provider_->isOpening(); }
    [[nodiscard]] const VideoInfo& video() const { return provider_->info(); }
    [[nodiscard]] const QString& projectPath() const { return document_->path(); }
    /// Writes the changes that the autosave has not written yet.
    void save();

    // Playhead ----------------------------------------------------------------------------------
    [[nodiscard]] FrameIndex currentFrame() const noexcept { return current_; }
    [[nodiscard]] FrameIndex frameCount() const { return provider_->frameCount(); }
    [[nodiscard]] bool frameCountExact() const { return provider_->scanned(); }
    void seek(FrameIndex frame);
    void step(FrameIndex by) { seek(current_ + by); }
    void play();
    void pause();
    void togglePlay() { playing() ? pause() : play(); }
    [[nodiscard]] bool playing() const noexcept { return clock_.running(); }
    void setLoop(LoopMode mode);
    [[nodiscard]] LoopMode loop() const noexcept { return clock_.loop(); }

    // What the canvas draws ---------------------------------------------------------------------
    /// The frame on screen: the current one, or the last one shown while the current one is
    /// decoded. The values below belong to this frame. Null while only an approximate picture is
    /// available.
    [[nodiscard]] const FramePtr& frame() const noexcept { return shown_; }
    /// The picture on screen: of `frame()` or `approximate()`.
    [[nodiscard]] const FramePtr& picture() const noexcept {
        return approximate_ ? approximate_->picture.frame : shown_;
    }
    /// Set while the current frame is not known exactly: the nearest picture found so far, with its
    /// exact time. Actions that need a frame number wait meanwhile.
    [[nodiscard]] const ApproximatePicture* approximate() const noexcept {
        return approximate_ ? &*approximate_ : nullptr;
    }
    /// Whether `what` ("Painting") has to wait for the exact frame; if so, emits a notice with the
    /// time left.
    bool waitsForExact(const QString& what);
    [[nodiscard]] MaskPtr mask() const;
    /// Changes whenever the mask's pixels change: upload them again then. See also
    /// MaskEditor::changedSince.
    [[nodiscard]] std::uint64_t maskRevision() const noexcept { return maskRevision_; }
    [[nodiscard]] Inspection inspect(PointPx at) const;

    // Runs --------------------------------------------------------------------------------------
    /// Only one run at a time; another one is refused with a notice. Returns whether it started.
    bool startRun(std::unique_ptr<Run> run);
    /// Propagates the shown frame's mask; emits a notice with the reason if it cannot.
    bool propagate(Travel travel);
    void setPropagator(const PropagatorOptions& options) { propagator_ = options; }
    [[nodiscard]] const PropagatorOptions& propagator() const noexcept { return propagator_; }
    [[nodiscard]] Run* run() const noexcept { return run_.get(); }
    void stopRun();

    // Parts -------------------------------------------------------------------------------------
    [[nodiscard]] View& view() noexcept { return *view_; }
    [[nodiscard]] const View& view() const noexcept { return *view_; }
    [[nodiscard]] LayerStack& layers() noexcept { return view_->layers(); }
    [[nodiscard]] const LayerStack& layers() const noexcept { return view_->layers(); }
    [[nodiscard]] Document& document() noexcept { return *document_; }
    [[nodiscard]] const Document& document() const noexcept { return *document_; }
    [[nodiscard]] MaskEditor& masks() noexcept { return *masks_; }
    [[nodiscard]] const MaskEditor& masks() const noexcept { return *masks_; }
    [[nodiscard]] FrameProvider& frames() noexcept { return *provider_; }
    [[nodiscard]] const FrameProvider& frames() const noexcept { return *provider_; }
    [[nodiscard]] EnginePool& engines() noexcept { return *engines_; }
    [[nodiscard]] const EnginePool& engines() const noexcept { return *engines_; }
    [[nodiscard]] ProductCache& products() noexcept { return *products_; }
    [[nodiscard]] Lane& ioLane() noexcept { return *io_; }
    [[nodiscard]] Lane& inferenceLane() noexcept { return *inference_; }
    /// Text for what is being computed for the canvas; empty if idle.
    [[nodiscard]] QString working() const { return scheduler_->working(); }
    /// No job runs and nothing that the canvas needs is missing.
    [[nodiscard]] bool settled() const;

Q_SIGNALS:
    /// The content of the canvas may differ: update() it.
    void changed();
    /// A document was opened, possibly replacing another one.
    void opened();
    /// The open document is about to be closed: notices about it can be removed.
    void leaving();
    /// The document was closed and no other one opened.
    void closed();
    void currentFrameChanged(mcj::FrameIndex frame);
    /// The playing state or the loop mode.
    void playbackChanged();
    void runChanged();
    void noticed(const mcj::Notice& notice);

private:
    void connectParts();
    void connectDocument();
    void pump();
    void schedulePump();
    void leaveDocument();
    void adoptOpened();
    void showCurrent();
    void showApproximate();
    void countChanged();
    void tick();
    void serveInference();
    [[nodiscard]] std::vector<FrameIndex> wantedFrames() const;
    [[nodiscard]] Demand demand() const;
    [[nodiscard]] bool serveScreen();
    [[nodiscard]] bool followsRun() const;
    void setShown(FramePtr frame);
    void runEnded();
    void say(Notice::Level level, const QString& text, const QString& hint = {},
             Notice::Topic topic = Notice::Topic::General);
    [[nodiscard]] bool serveRun();

    SessionOptions options_;
    PropagatorOptions propagator_;
    QString projectToOpen_;  ///< chosen by the user; empty: the one beside the video
    std::unique_ptr<Lane> io_;
    std::unique_ptr<Lane> inference_;
    std::unique_ptr<FrameProvider> provider_;
    std::unique_ptr<ProductCache> products_;
    std::unique_ptr<EnginePool> engines_;
    std::unique_ptr<View> view_;
    std::unique_ptr<Scheduler> scheduler_;
    std::unique_ptr<Document> document_;
    std::unique_ptr<MaskEditor> masks_;
    std::unique_ptr<Run> run_;
    PlaybackClock clock_;
    QTimer playTimer_;
    QTimer pumpTimer_;
    FrameIndex current_ = 0;
    FramePtr shown_;
    std::uint64_t maskRevision_ = 1;
    std::optional<ApproximatePicture> approximate_;  ///< instead of `shown_`
    bool userMovedDuringRun_ = false;
    bool runTurn_ = false;  ///< the next free slot of the inference lane belongs to the run
};

}  // namespace mcj

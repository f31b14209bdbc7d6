#pragma once

#include <QObject>
#include <QTimer>
#include <filesystem>
#include <memory>

#include "viewer/session/accuracy.h"
#include "viewer/session/document.h"
#include "viewer/session/engine_pool.h"
#include "viewer/session/frame_provider.h"
#include "viewer/session/lanes.h"
#include "viewer/session/mask_editor.h"
#include "viewer/session/notice.h"
#include "viewer/session/playhead.h"
#include "viewer/session/product_cache.h"
#include "viewer/session/propagation.h"
#include "viewer/session/run_slot.h"
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

/// Joins the parts that work on one open document. Events change their state; `pump()` compares
/// what the screen and the run need with what is there, and starts what is missing on two lanes.
/// Everything here is for the GUI thread. State is pulled; `changed()` says that something differs.
class Session : public QObject {
    Q_OBJECT
public:
    explicit Session(SessionOptions options, QObject* parent = nullptr);
    ~Session() override;

    /// A video, a folder or glob of images, or a project file. The open document stays, and its
    /// run goes on, until the new one can be read; where it cannot, a notice says why and nothing
    /// else changes. Of several calls the last one counts.
    void open(const QString& path);
    /// Also cancels an open in progress.
    void close();
    /// Writes what the autosave has not written yet.
    void save();
    [[nodiscard]] bool isOpen() const { return provider_->isOpen(); }

    /// Loads ground truth for the flow of the open clip: a file, a folder or a glob. Returns
    /// whether it could be read; a notice says why not.
    bool loadTruth(const QString& path);
    void removeTruth() { view_->setTruth(nullptr); }
    /// Loads another method's flow in the same way and makes it the flow in use.
    bool loadFlow(const QString& path);

    /// Of the frame on screen; null where it has none.
    [[nodiscard]] MaskPtr mask() const;
    /// Changes whenever the mask's pixels change: upload them again then. See also
    /// MaskEditor::changedSince.
    [[nodiscard]] std::uint64_t maskRevision() const noexcept { return maskRevision_; }
    /// Nothing runs and nothing that the screen needs is missing.
    [[nodiscard]] bool settled() const;

    [[nodiscard]] Playhead& playhead() noexcept { return *playhead_; }
    [[nodiscard]] const Playhead& playhead() const noexcept { return *playhead_; }
    [[nodiscard]] View& view() noexcept { return *view_; }
    [[nodiscard]] const View& view() const noexcept { return *view_; }
    [[nodiscard]] Document& document() noexcept { return *document_; }
    [[nodiscard]] const Document& document() const noexcept { return *document_; }
    [[nodiscard]] MaskEditor& masks() noexcept { return *masks_; }
    [[nodiscard]] const MaskEditor& masks() const noexcept { return *masks_; }
    [[nodiscard]] const FrameProvider& frames() const noexcept { return *provider_; }
    [[nodiscard]] RunSlot& runs() noexcept { return *runs_; }
    [[nodiscard]] const RunSlot& runs() const noexcept { return *runs_; }
    [[nodiscard]] Propagation& propagation() noexcept { return *propagation_; }
    [[nodiscard]] Accuracy& accuracy() noexcept { return *accuracy_; }
    [[nodiscard]] const Accuracy& accuracy() const noexcept { return *accuracy_; }
    [[nodiscard]] EnginePool& engines() noexcept { return *engines_; }
    [[nodiscard]] const EnginePool& engines() const noexcept { return *engines_; }
    [[nodiscard]] const Scheduler& scheduler() const noexcept { return *scheduler_; }
    [[nodiscard]] const Lane& readingLane() const noexcept { return *reading_; }
    [[nodiscard]] const Lane& inferenceLane() const noexcept { return *inference_; }

Q_SIGNALS:
    /// Anything that the canvas shows may differ.
    void changed();
    void counted();  ///< more frames are counted; the canvas shows the same
    void opened();   ///< a document is open, perhaps replacing another
    void leaving();  ///< the document will be closed; notices about it are obsolete
    void closed();   ///< no document is open
    void noticed(const mcj::Notice& notice);

private:
    void connectReading();
    void connectScreen();
    void connectDocument();
    void connectNotices();
    void adoptOpened();
    void leaveDocument();
    /// Null after a notice.
    [[nodiscard]] FlowFilesPtr openFlow(const QString& path);
    void showPicture();
    [[nodiscard]] ProjectSettings settings() const;
    [[nodiscard]] Demand demand() const;
    [[nodiscard]] std::vector<FrameIndex> wantedFrames() const;
    void lookAgain();
    void schedulePump();
    void pump();
    void serveInference();

    SessionOptions options_;
    QString projectToOpen_;  ///< named by the user; empty: the one beside the video
    std::unique_ptr<Lane> reading_;
    std::unique_ptr<Lane> inference_;
    std::unique_ptr<FrameProvider> provider_;
    std::unique_ptr<Playhead> playhead_;
    std::unique_ptr<ProductCache> products_;
    std::unique_ptr<EnginePool> engines_;
    std::unique_ptr<View> view_;
    std::unique_ptr<Scheduler> scheduler_;
    std::unique_ptr<Document> document_;
    std::unique_ptr<MaskEditor> masks_;
    std::unique_ptr<RunSlot> runs_;
    std::unique_ptr<Propagation> propagation_;
    std::unique_ptr<Accuracy> accuracy_;
    QTimer pumpTimer_;
    std::uint64_t maskRevision_ = 1;
};

}  // namespace mcj

#pragma once

#include <QObject>
#include <QTimer>
#include <memory>

#include "viewer/session/accuracy.h"
#include "viewer/session/curves.h"
#include "viewer/session/document.h"
#include "viewer/session/engine_pool.h"
#include "viewer/session/frame_provider.h"
#include "viewer/session/kept_settings.h"
#include "viewer/session/lanes.h"
#include "viewer/session/marks.h"
#include "viewer/session/mask_editor.h"
#include "viewer/session/notice.h"
#include "viewer/session/playhead.h"
#include "viewer/session/product_cache.h"
#include "viewer/session/propagation.h"
#include "viewer/session/run_slot.h"
#include "viewer/session/scheduler.h"
#include "viewer/session/session_options.h"
#include "viewer/session/view_set.h"

namespace mcj {

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

    /// Of the frame in the active view; null where it has none.
    [[nodiscard]] MaskPtr mask() const;
    /// Changes whenever the mask's pixels change: upload them again then. See also
    /// MaskEditor::changedSince.
    [[nodiscard]] std::uint64_t maskRevision() const noexcept { return maskRevision_; }
    /// Nothing runs, and nothing is missing that the screen needs or that spare time is used for.
    [[nodiscard]] bool settled() const;

    [[nodiscard]] Playhead& playhead() noexcept { return *playhead_; }
    [[nodiscard]] const Playhead& playhead() const noexcept { return *playhead_; }
    [[nodiscard]] ViewSet& views() noexcept { return *views_; }
    [[nodiscard]] const ViewSet& views() const noexcept { return *views_; }
    /// The active view.
    [[nodiscard]] View& view() noexcept { return views_->active(); }
    [[nodiscard]] const View& view() const noexcept { return views_->active(); }
    [[nodiscard]] Document& document() noexcept { return *document_; }
    [[nodiscard]] const Document& document() const noexcept { return *document_; }
    [[nodiscard]] MaskEditor& masks() noexcept { return *masks_; }
    [[nodiscard]] const MaskEditor& masks() const noexcept { return *masks_; }
    [[nodiscard]] Bookmarks& bookmarks() noexcept { return *bookmarks_; }
    [[nodiscard]] Marks& marks() noexcept { return *marks_; }
    [[nodiscard]] const Marks& marks() const noexcept { return *marks_; }
    [[nodiscard]] Curves& curves() noexcept { return *curves_; }
    [[nodiscard]] const Curves& curves() const noexcept { return *curves_; }
    [[nodiscard]] Ribbon& ribbon() noexcept { return *ribbon_; }
    [[nodiscard]] const Ribbon& ribbon() const noexcept { return *ribbon_; }
    [[nodiscard]] const FrameProvider& frames() const noexcept { return *provider_; }
    [[nodiscard]] RunSlot& runs() noexcept { return *runs_; }
    [[nodiscard]] const RunSlot& runs() const noexcept { return *runs_; }
    [[nodiscard]] Propagation& propagation() noexcept { return *propagation_; }
    [[nodiscard]] Accuracy& accuracy() noexcept { return *accuracy_; }
    [[nodiscard]] LoadedFlow& loadedFlow() noexcept { return *flow_; }
    [[nodiscard]] EnginePool& engines() noexcept { return *engines_; }
    [[nodiscard]] const EnginePool& engines() const noexcept { return *engines_; }
    [[nodiscard]] const Scheduler& scheduler() const noexcept { return *scheduler_; }
    [[nodiscard]] Lanes lanes() const noexcept { return {*reading_, *inference_}; }

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
    void showPicture();
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
    std::unique_ptr<ViewSet> views_;
    std::unique_ptr<Scheduler> scheduler_;
    std::unique_ptr<Document> document_;
    std::unique_ptr<MaskEditor> masks_;
    std::unique_ptr<Marks> marks_;
    std::unique_ptr<Curves> curves_;
    std::unique_ptr<Ribbon> ribbon_;
    std::unique_ptr<Bookmarks> bookmarks_;
    std::unique_ptr<RunSlot> runs_;
    std::unique_ptr<Propagation> propagation_;
    std::unique_ptr<Accuracy> accuracy_;
    std::unique_ptr<LoadedFlow> flow_;
    std::unique_ptr<KeptSettings> kept_;
    QTimer pumpTimer_;
    std::uint64_t maskRevision_ = 1;
};

}  // namespace mcj

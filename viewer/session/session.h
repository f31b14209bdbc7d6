#pragma once

#include <QObject>

#include "viewer/session/accuracy.h"
#include "viewer/session/document.h"
#include "viewer/session/engine_pool.h"
#include "viewer/session/frame_provider.h"
#include "viewer/session/kept_settings.h"
#include "viewer/session/lanes.h"
#include "viewer/session/live_view.h"
#include "viewer/session/mask_editor.h"
#include "viewer/session/notice.h"
#include "viewer/session/playhead.h"
#include "viewer/session/preferences.h"
#include "viewer/session/product_cache.h"
#include "viewer/session/project_place.h"
#include "viewer/session/propagation.h"
#include "viewer/session/pump.h"
#include "viewer/session/run_slot.h"
#include "viewer/session/scheduler.h"
#include "viewer/session/session_options.h"
#include "viewer/session/session_parts.h"
#include "viewer/session/view_set.h"

namespace mcj {

/// Joins the parts that work on one open document, and opens and leaves documents. What a part
/// needs of another one it gets from the members below; `Pump` starts the work. Everything here is
/// for the GUI thread. State is pulled; `changed()` says that something differs.
class Session : public QObject {
    Q_OBJECT
public:
    explicit Session(SessionOptions options, QObject* parent = nullptr);
    ~Session() override;

    /// A video, a folder or glob of images, or a project file. The open document stays, and its
    /// run goes on, until the new one can be read; where it cannot, a notice says why and nothing
    /// else changes. Of several calls the last one counts.
    void open(const QString& path);
    /// The same for a video together with the project that belongs to it.
    void open(const Opening& wanted);
    /// Also cancels an open in progress.
    void close();
    /// Writes what the autosave has not written yet.
    void save();
    /// Goes on with a copy of the project in the file `path`, which must not exist.
    void saveAs(const QString& path);
    [[nodiscard]] bool isOpen() const { return provider_.isOpen(); }
    /// The project as it would be saved now, for a bundle. Only while `document().ready()`.
    [[nodiscard]] ProjectContent project() const { return document_.content(kept_.current()); }
    /// Nothing runs or waits to be written, and nothing is missing that the screen needs or that
    /// spare time is used for.
    [[nodiscard]] bool settled() const;
    /// Of the frame in the active view; null where it has none.
    [[nodiscard]] MaskPtr mask() const;

    // The parts. What draws gets a constant session, which cannot change those that are drawn.
    [[nodiscard]] Playhead& playhead() noexcept { return playhead_; }
    [[nodiscard]] const Playhead& playhead() const noexcept { return playhead_; }
    [[nodiscard]] ViewSet& views() noexcept { return views_; }
    [[nodiscard]] const ViewSet& views() const noexcept { return views_; }
    /// The active view.
    [[nodiscard]] View& view() noexcept { return views_.active(); }
    [[nodiscard]] const View& view() const noexcept { return views_.active(); }
    [[nodiscard]] Document& document() noexcept { return document_; }
    [[nodiscard]] const Document& document() const noexcept { return document_; }
    [[nodiscard]] MaskEditor& masks() noexcept { return masks_; }
    [[nodiscard]] const MaskEditor& masks() const noexcept { return masks_; }
    [[nodiscard]] MaskTools& maskTools() noexcept { return maskTools_; }
    [[nodiscard]] const MaskTools& maskTools() const noexcept { return maskTools_; }
    [[nodiscard]] TimelineParts& timeline() noexcept { return timeline_; }
    [[nodiscard]] const TimelineParts& timeline() const noexcept { return timeline_; }
    [[nodiscard]] ProjectTools& projectTools() noexcept { return projectTools_; }
    [[nodiscard]] const ProjectTools& projectTools() const noexcept { return projectTools_; }
    [[nodiscard]] EnginePool& engines() noexcept { return engines_; }
    [[nodiscard]] const EnginePool& engines() const noexcept { return engines_; }
    [[nodiscard]] RunSlot& runs() noexcept { return runs_; }
    [[nodiscard]] Propagation& propagation() noexcept { return propagation_; }
    [[nodiscard]] Accuracy& accuracy() noexcept { return accuracy_; }
    [[nodiscard]] LoadedFlow& loadedFlow() noexcept { return flow_; }
    /// A camera or stream, which takes the place of the document.
    [[nodiscard]] LiveView& live() noexcept { return live_; }
    [[nodiscard]] const LiveView& live() const noexcept { return live_; }
    [[nodiscard]] PreferenceChoice& preferences() noexcept { return preferences_; }
    [[nodiscard]] const FrameProvider& frames() const noexcept { return provider_; }
    [[nodiscard]] const Pump& pump() const noexcept { return pump_; }

Q_SIGNALS:
    /// Anything that the canvas shows may differ.
    void changed();
    void counted();  ///< more frames are counted; the canvas shows the same
    void opened();   ///< a document is open, perhaps replacing another
    void leaving();  ///< the document will be closed; notices about it are obsolete
    void closed();   ///< no document is open
    void noticed(const mcj::Notice& notice);

private:
    void connectOpening();
    void connectChanges();
    void connectNotices();
    void adoptOpened();
    void leaveDocument();

    SessionOptions options_;
    QString projectToOpen_;  ///< named by the user; empty: the one beside the video
    Lane reading_{"reading"};
    Lane inference_{"inference"};
    FrameProvider provider_{reading_, options_.frameBytes, options_.frameIndexFolder};
    Playhead playhead_{provider_};
    ProductCache products_{options_.mapBytes};
    EnginePool engines_{inference_, options_.loadEngine};
    ViewSet views_{products_, engines_, engines_.add(options_.engine)};
    Scheduler scheduler_{inference_, products_, engines_,
                         [this](FrameIndex index) { return views_.frame(index, provider_); },
                         [this](const std::string& id) { return views_.files(id); }};
    Document document_{options_.projectFolder};
    MaskEditor masks_{document_};
    RunSlot runs_{inference_, provider_, playhead_};
    MaskTools maskTools_{.proposals = MaskProposals(masks_, document_),
                         .wand = FeatureWand({views_, products_, scheduler_, masks_,
                                              maskTools_.proposals, document_}),
                         .propagationReview = PropagationReview(document_, masks_)};
    TimelineParts timeline_{
        .marks = Marks(),
        .bookmarks = Bookmarks(),
        .curves = Curves(views_, engines_),
        .ribbon = Ribbon({views_, engines_, provider_, inference_}, options_.ribbon),
        .reviews = MaskReviews({masks_, views_, engines_, provider_, inference_}),
        .thumbnails = Thumbnails({provider_, reading_}, options_.thumbnails)};
    ProjectTools projectTools_{
        .statusNotes = StatusNotes(document_),
        .classes = Classes(),
        .workTime = WorkTime({document_, masks_, playhead_}),
        .agreement = ProjectAgreement(document_, provider_),
        .foreignMasks = ForeignMasks({document_, masks_, timeline_.reviews, runs_, provider_}),
        .videoSearch = VideoSearch()};
    Propagation propagation_{
        {masks_, views_, engines_, provider_, playhead_, runs_, timeline_.marks}};
    Accuracy accuracy_{{views_, engines_, runs_}};
    LoadedFlow flow_{{reading_, views_, provider_}};
    PreferenceChoice preferences_{{views_, engines_, products_, provider_, runs_}};
    LiveView live_{{inference_, views_, engines_}};
    KeptSettings kept_{
        {document_, flow_, views_, masks_, timeline_, projectTools_, playhead_, provider_}};
    Pump pump_{{{reading_, inference_},
                provider_,
                playhead_,
                products_,
                engines_,
                views_,
                scheduler_,
                runs_,
                timeline_,
                flow_}};
};

}  // namespace mcj

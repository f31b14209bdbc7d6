#pragma once

#include <QObject>
#include <QString>
#include <functional>
#include <optional>

#include "media/base/stop_token.h"
#include "viewer/session/document.h"
#include "viewer/session/lanes.h"
#include "viewer/session/mask_editor.h"
#include "viewer/session/mask_preview.h"
#include "viewer/session/notice.h"

namespace mcj {

/// Computes previews for the mask editor in the background, on a lane of its own. There is no
/// queue: a new job stops the one that runs and replaces the one that waits. The start of an edit
/// and another document end both. GUI thread.
class MaskProposals : public QObject {
    Q_OBJECT
public:
    /// Runs on another thread: takes snapshots by value. If it throws, a notice is emitted, except
    /// for `Error{Interrupted}`.
    using Job = std::function<MaskPreview(const StopToken&)>;

    /// Both outlive the proposals.
    MaskProposals(MaskEditor& masks, const Document& document, QObject* parent = nullptr);

    /// The editor shows the result when it is finished. A replaced job that finishes nevertheless,
    /// because it does not check its token, is shown until the newer one is: while a threshold is
    /// dragged, the region of an earlier one is better than none. `text`: "Cutting out".
    void propose(const QString& text, Job job);
    /// Ends the jobs; the preview on screen stays.
    void stop();
    /// Also drops the preview on screen.
    void reject();
    /// Whether a job runs or waits.
    [[nodiscard]] bool busy() const noexcept { return lane_.busy() || next_; }
    /// The text of the job whose result is wanted; empty if there is none.
    [[nodiscard]] const QString& working() const noexcept { return text_; }

Q_SIGNALS:
    void changed();
    void rejected();
    void noticed(const mcj::Notice& notice);

private:
    void startNext();
    void deliver(int series, Outcome<MaskPreview> outcome);

    MaskEditor& masks_;
    QString text_;             ///< empty: no result is wanted
    std::optional<Job> next_;  ///< waits until the lane is idle
    int series_ = 0;           ///< counted by `stop`: results of an earlier one are dropped
    Lane lane_{"proposals"};
};

}  // namespace mcj

#pragma once

#include <QObject>
#include <QString>
#include <optional>
#include <string>

#include "segmentation/edit.h"
#include "viewer/session/document.h"
#include "viewer/session/frame_provider.h"
#include "viewer/session/mask_editor.h"
#include "viewer/session/mask_reviews.h"
#include "viewer/session/notice.h"
#include "viewer/session/run_slot.h"

namespace mcj {

/// Masks of another program (Cutie, XMem, SAM 2 ...) that are reviewed in this one: opens them as
/// the masks of the clip, and writes corrected ones back into their folder, in its layout. The
/// project keeps where they came from. GUI thread.
class ForeignMasks : public QObject {
    Q_OBJECT
public:
    /// All outlive it.
    struct Parts {
        Document& document;
        MaskEditor& masks;
        MaskReviews& reviews;
        RunSlot& runs;
        const FrameProvider& frames;
    };
    explicit ForeignMasks(const Parts& parts, QObject* parent = nullptr);

    /// Whether what was dropped on the window are masks of the open clip, rather than another clip.
    [[nodiscard]] bool takes(const QString& path) const;
    /// Reads the masks at `path`, a folder or a file of any readable format, in a run. They take
    /// the place of all masks that are not locked, as one undo step, and their doubtful frames are
    /// shown. Waits until all frames of the clip are counted and its project is read.
    void open(const QString& path);
    /// Starts a run that writes changed masks back. Emits a notice where that is not possible.
    void writeBack();

    /// What was opened last; empty if nothing was.
    [[nodiscard]] const QString& path() const noexcept { return path_; }
    /// Why `writeBack` is not possible, as a sentence; empty if it is.
    [[nodiscard]] QString whyNotBack() const;

    /// As a setting of the project `project`.
    [[nodiscard]] std::string toJson(const QString& project) const;
    void fromJson(const std::string& text, const QString& project);
    /// The document is left.
    void clear();

Q_SIGNALS:
    void changed();
    /// Where the masks came from is to be written to the project.
    void edited();
    void noticed(const mcj::Notice& notice);

private:
    void openWaiting();
    void adopt(const QString& path, const QString& format, const QString& digest);
    /// The edit that set the masks was undone.
    [[nodiscard]] bool undone() const;

    Parts parts_;
    QString waiting_;  ///< to be opened once the clip is known
    QString path_;
    QString format_;
    QString digest_;  ///< of the files; empty where the format is not written back
    std::optional<EditId> edit_;
};

}  // namespace mcj

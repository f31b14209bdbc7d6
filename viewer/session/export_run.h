#pragma once

#include <QTimer>
#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "inference/analysis/map_export.h"
#include "segmentation/mask_export.h"
#include "viewer/session/engine_pool.h"
#include "viewer/session/frame_picture.h"
#include "viewer/session/run.h"

namespace mcj {

class MaskEditor;

/// Writes maps of a range of frames with a manifest, one pair per step. The same export, started
/// again, resumes where it was stopped. It waits for a model that is loading; if the model's flow
/// is requested but not available, DIS is used and a notice is emitted. A frame that cannot be read
/// ends the export; the manifest and a notice name it.
class ExportRun : public Run {
    Q_OBJECT
public:
    /// `engine`: an id of the pool.
    ExportRun(EnginePool& engines, const std::string& engine, MapExportSettings settings,
              VideoInfo video);

    [[nodiscard]] QString title() const override;
    [[nodiscard]] std::int64_t totalSteps() const override;
    [[nodiscard]] std::vector<FrameIndex> wantedFrames() const override;
    [[nodiscard]] FrameIndex leadFrame() const override { return -1; }

    /// Notices at the end of an export of `video` (a path); empty if it was complete.
    [[nodiscard]] static std::vector<Notice> noticesOf(const MapExportReport& report,
                                                       const QString& video);

protected:
    void doStep(Lane& lane, const std::vector<FramePtr>& frames) override;
    void atEnd() override;

private:
    [[nodiscard]] FramePairs pairs() const;
    void settleMethod();
    [[nodiscard]] Error nothingReadable(FrameIndex frame) const;

    const PooledEngine& engine_;
    std::shared_ptr<MapExport> work_;            ///< shared with the steps on the inference lane
    std::optional<std::int64_t> stepsToDamage_;  ///< set if a frame cannot be read
};

/// Draws and writes a picture on the lane. Its content is fixed at construction, so that the user
/// can continue to work meanwhile.
class PictureExportRun : public Run {
    Q_OBJECT
public:
    PictureExportRun(FramePicture picture, std::filesystem::path file)
        : picture_(std::move(picture)), file_(std::move(file)) {}

    [[nodiscard]] QString title() const override {
        return tr("Exporting %1").arg(QString::fromStdString(file_.filename().string()));
    }
    [[nodiscard]] std::int64_t totalSteps() const override { return 1; }
    [[nodiscard]] std::vector<FrameIndex> wantedFrames() const override { return {}; }
    [[nodiscard]] FrameIndex leadFrame() const override { return -1; }

protected:
    void doStep(Lane& lane, const std::vector<FramePtr>& frames) override;

private:
    FramePicture picture_;
    std::filesystem::path file_;
};

/// The `program` in the manifest of exported masks; it identifies their folder.
inline constexpr const char* kMaskExportProgram = "mcjepa-studio export masks";

/// Writes every mask in the request's format, with a manifest: all of them or none. The manifest
/// names method and model for masks that were propagated in this session; for earlier ones the
/// project records only that they were propagated.
class MaskExportRun : public Run {
    Q_OBJECT
public:
    /// Takes a snapshot of the masks. The request's manifest is filled in here.
    MaskExportRun(const MaskEditor& masks, const PooledEngine& engine, MaskExportRequest request,
                  const VideoInfo& video);

    [[nodiscard]] QString title() const override { return tr("Exporting masks"); }
    [[nodiscard]] std::int64_t totalSteps() const override { return request_.end - request_.begin; }
    [[nodiscard]] std::vector<FrameIndex> wantedFrames() const override { return {}; }
    [[nodiscard]] FrameIndex leadFrame() const override { return -1; }

protected:
    void doStep(Lane& lane, const std::vector<FramePtr>& frames) override;

private:
    MaskTrack track_;
    MaskExportRequest request_;
    /// Files written so far, counted on the lane.
    std::shared_ptr<std::atomic<std::int64_t>> written_ =
        std::make_shared<std::atomic<std::int64_t>>(0);
    QTimer poll_;
};

}  // namespace mcj

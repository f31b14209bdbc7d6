#pragma once

#include <QObject>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "inference/analysis/flow_accuracy.h"
#include "inference/analysis/flow_files.h"
#include "viewer/session/engine_pool.h"
#include "viewer/session/run.h"
#include "viewer/session/run_slot.h"
#include "viewer/session/view_set.h"

namespace mcj {

/// The errors of the flow in use against ground truth, by frame. Rows belong to one flow and one
/// truth: measuring another one starts over. GUI thread.
class Accuracy : public QObject {
    Q_OBJECT
public:
    /// What it works on; all outlive it.
    struct Parts {
        const ViewSet& views;
        EnginePool& engines;
        RunSlot& runs;
    };
    explicit Accuracy(const Parts& parts, QObject* parent = nullptr);

    /// Starts a run over every pair with truth. Returns whether it started; a notice says why not.
    bool measure();
    /// The rows measured so far, also while a run is under way.
    [[nodiscard]] const AccuracyByFrame& rows() const noexcept { return rows_; }
    /// The flow that the rows are of: "DIS", or the path of files. Empty without rows.
    [[nodiscard]] QString flowName() const;
    /// The rows are of a flow, truth, gap or, where the flow is computed by it, engine that is not
    /// the chosen one.
    [[nodiscard]] bool outdated() const;
    /// For another document.
    void clear();

    /// Writes the rows as a table (.csv) or as a chart (.svg), by the extension of `file`. Throws
    /// `Error{Usage}` for another extension and without rows, `Error{Input}` where the file cannot
    /// be written.
    void write(const QString& file, const QString& title) const;

Q_SIGNALS:
    void rowAdded(mcj::FrameIndex frame);
    /// All rows were removed.
    void cleared();
    void noticed(const mcj::Notice& notice);

private:
    friend class AccuracyRun;
    struct Subject {
        std::string flow;
        std::string truth;
        std::string engine;
        FrameIndex gap = 1;
        friend bool operator==(const Subject&, const Subject&) = default;
    };
    void begin(const Subject& subject);
    void add(FrameIndex frame, const FlowAccuracy& accuracy);

    Parts parts_;
    AccuracyByFrame rows_;
    Subject subject_;  ///< what the rows are of
};

/// Measures the pairs with truth, one per step. Waits for a model that is loading. Frames that the
/// clip does not have, or that cannot be read, have no row.
class AccuracyRun : public Run {
    Q_OBJECT
public:
    AccuracyRun(Accuracy& rows, const View& view, EnginePool& engines);

    [[nodiscard]] QString title() const override { return tr("Measuring accuracy"); }
    [[nodiscard]] std::int64_t totalSteps() const override { return std::ssize(frames_); }
    [[nodiscard]] std::vector<FrameIndex> wantedFrames() const override;
    [[nodiscard]] FrameIndex leadFrame() const override { return -1; }
    void setFrameCount(FrameIndex count, bool exact) override;

protected:
    void doStep(Lane& lane, const std::vector<FramePtr>& frames) override;

private:
    void settleMethod();

    Accuracy& rows_;
    const PooledEngine& engine_;
    std::vector<FlowFilesPtr> files_;
    std::string flow_;
    std::string truth_;
    FrameIndex gap_;
    std::vector<FrameIndex> frames_;  ///< the first frames of the pairs
};

}  // namespace mcj

#include "viewer/session/accuracy.h"

#include <QFileInfo>
#include <QPointer>
#include <algorithm>

#include "inference/analysis/product_maker.h"
#include "inference/engine/flow_provider.h"
#include "media/base/error.h"
#include "media/figure/line_chart.h"
#include "media/io/atomic_file.h"

namespace mcj {

Accuracy::Accuracy(const Parts& parts, QObject* parent) : QObject(parent), parts_(parts) {}

bool Accuracy::measure() {
    if (!parts_.views.active().truth()) {
        Q_EMIT noticed(warningNotice(tr("No ground truth is loaded"),
                                     tr("Use Load ground truth in the Compare menu."),
                                     Notice::Topic::Run));
        return false;
    }
    if (parts_.runs.busy()) return false;
    auto run = std::make_unique<AccuracyRun>(*this, parts_.views.active(), parts_.engines);
    if (run->totalSteps() == 0) {
        Q_EMIT noticed(warningNotice(tr("No frame has both flow and ground truth"),
                                     tr("Choose another flow method, or load other ground truth."),
                                     Notice::Topic::Run));
        return false;
    }
    return parts_.runs.start(std::move(run));
}

QString Accuracy::flowName() const {
    if (rows_.empty()) return {};
    const std::string& flow = subject_.flow;
    if (!isFlowFiles(flow)) return QString::fromStdString(flowTitle(flow));
    const FlowFilesPtr files = parts_.views.active().files(flow);
    return files ? QString::fromStdString(files->path()) : tr("flow from files");
}

bool Accuracy::outdated() const {
    if (rows_.empty()) return false;
    const View& view = parts_.views.active();
    return subject_.flow != view.flowInUse() || !view.truth() ||
           subject_.truth != view.truth()->id() || subject_.gap != view.gap() ||
           (flowNeedsEngine(subject_.flow) && subject_.engine != view.engine().id);
}

void Accuracy::clear() {
    rows_.clear();
    subject_ = {};
    Q_EMIT cleared();
}

void Accuracy::begin(const Subject& subject) {
    if (subject == subject_) return;
    clear();
    subject_ = subject;
}

void Accuracy::add(FrameIndex frame, const FlowAccuracy& accuracy) {
    rows_[frame] = accuracy;
    Q_EMIT rowAdded(frame);
}

void Accuracy::write(const QString& file, const QString& title) const {
    if (rows_.empty()) {
        throw Error(ErrorCode::Usage, tr("no accuracy has been measured").toStdString(),
                    tr("Measure the accuracy first.").toStdString());
    }
    const std::filesystem::path path(file.toStdString());
    const QString extension = QFileInfo(file).suffix().toLower();
    if (extension == QLatin1String("csv")) {
        writeTextAtomically(path, accuracyCsv(rows_));
    } else if (extension == QLatin1String("svg")) {
        const QString words = tr("%1: %2").arg(title, flowName());
        writeTextAtomically(path, svgOf(accuracyChart(rows_, words.toStdString())));
    } else {
        throw Error(ErrorCode::Usage, tr("%1 is neither .csv nor .svg").arg(file).toStdString(),
                    tr("Choose a file name that ends in .csv or .svg.").toStdString());
    }
}

AccuracyRun::AccuracyRun(Accuracy& rows, const View& view, EnginePool& engines)
    : rows_(rows), engine_(view.engine()), flow_(view.flowProvider()), truth_(view.truth()->id()),
      gap_(view.gap()) {
    files_.push_back(view.truth());
    const FlowFilesPtr flow = view.files(flow_);
    if (flow) files_.push_back(flow);
    for (const FrameIndex frame : view.truth()->frames()) {
        if (!flow || flow->has(frame)) frames_.push_back(frame);
    }
    if (flowNeedsEngine(flow_)) engines.request(engine_.id);
}

std::vector<FrameIndex> AccuracyRun::wantedFrames() const {
    if (doneSteps() >= totalSteps()) return {};
    const FrameIndex first = frames_[static_cast<std::size_t>(doneSteps())];
    return {first, first + gap_};
}

void AccuracyRun::setFrameCount(FrameIndex count, bool exact) {
    if (!exact || stepping()) return;
    // The step that is next must exist, so that its end ends the run.
    const auto kept = std::lower_bound(frames_.begin(), frames_.end(), count - gap_);
    const auto least = frames_.begin() + std::min<std::ptrdiff_t>(doneSteps() + 1, totalSteps());
    frames_.erase(std::max(kept, least), frames_.end());
}

void AccuracyRun::settleMethod() {
    const std::string usable = engine_.usableFlow(flow_);
    if (usable != flow_) {
        flow_ = usable;
        Q_EMIT noticed(warningNotice(
            tr("No model with flow is loaded; the accuracy is that of OpenCV's DIS.")));
    }
    rows_.begin({flow_, truth_, engine_.id, gap_});
}

void AccuracyRun::doStep(Lane& lane, const std::vector<FramePtr>& frames) {
    // Not earlier: only at the first step it is known whether the model was loaded.
    if (doneSteps() == 0) settleMethod();
    const bool readable = std::all_of(frames.begin(), frames.end(),
                                      [](const FramePtr& frame) { return frame != nullptr; });
    if (!readable) {
        stepDone();
        return;
    }
    ProductKey all;
    all.source = frames[0]->source;
    all.frame = frames[0]->index;
    all.other = frames[1]->index;
    all.flow = flow_;
    all.truth = truth_;
    all.engine = engine_.id;
    lane.start(
        [key = productKey("accuracy", all), frames, engine = engine_.engine, files = files_,
         stop = stopToken()] {
            ProductMaker products(frames, engine.get(), stop, files);
            return *products.make(key)->accuracy;
        },
        [self = QPointer<AccuracyRun>(this), frame = all.frame](Outcome<FlowAccuracy> outcome) {
            if (!self) return;
            if (!outcome.ok()) {
                self->stepFailed(outcome.error());
                return;
            }
            self->rows_.add(frame, outcome.value());
            self->stepDone();
        });
}

}  // namespace mcj

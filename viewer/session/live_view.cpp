#include "viewer/session/live_view.h"

#include <QPointer>
#include <utility>

#include "inference/analysis/flow_files.h"
#include "inference/engine/flow_command.h"
#include "inference/engine/flow_provider.h"
#include "media/base/flow_color.h"

namespace mcj {
namespace {

constexpr qsizetype kMostSources = 8;
constexpr float kScalePercentile = 99.0F;
/// A camera takes up to two seconds for its first picture.
constexpr int kPatienceMs = 4000;

bool same(const std::optional<LivePoint>& a, const std::optional<LivePoint>& b) {
    if (!a || !b) return a.has_value() == b.has_value();
    return a->frame == b->frame && a->where == b->where;
}

std::filesystem::path pathOf(const QString& path) { return path.toStdString(); }

}  // namespace

LiveView::LiveView(const Parts& parts, QObject* parent) : QObject(parent), parts_(parts) {
    connect(&lane_, &Lane::idle, this, &LiveView::readOn);
    connect(&lane_, &Lane::failed, this,
            [this](const Error& error) { Q_EMIT noticed(noticeOf(error)); });
    connect(&parts_.inference, &Lane::idle, this, &LiveView::serve);
    connect(&parts_.engines, &EnginePool::changed, this, &LiveView::serve);
    connect(&parts_.views, &ViewSet::flowChoiceChanged, this, [this] {
        answer_ = {};
        serve();
    });
    connect(&parts_.views, &ViewSet::layersChanged, this, [this] {
        if (!shown_) return;
        serve();
        Q_EMIT changed();
    });
    patience_.setSingleShot(true);
    patience_.setInterval(kPatienceMs);
    connect(&patience_, &QTimer::timeout, this, &LiveView::sayThatNothingComes);
    connectSeen();
}

// A recorder ignores a picture that it has already.
void LiveView::connectSeen() {
    connect(this, &LiveView::changed, &seen_, [this] {
        if (seen_.recording()) seen_.show(picture());
    });
    connect(&seen_, &SeenRecorder::changed, this, &LiveView::changed);
    connect(&seen_, &SeenRecorder::recorded, this, &LiveView::recorded);
    connect(&seen_, &SeenRecorder::noticed, this, &LiveView::noticed);
}

LiveView::~LiveView() {
    stop_.requestStop();
    lane_.wait();
    for (const auto& feed : {ending_, feed_}) {
        if (feed) (void)feed->finish();
    }
}

// Reading ----------------------------------------------------------------------------------------

void LiveView::open(const LiveRequest& wanted) {
    stop();
    source_ = QString::fromStdString(wanted.source);
    recent_.removeAll(source_);
    recent_.prepend(source_);
    recent_ = recent_.mid(0, kMostSources);
    next_ = wanted;
    state_ = LiveState::Waiting;
    patience_.start();
    readOn();
    Q_EMIT changed();
}

void LiveView::stop() {
    const bool wasOff = state_ == LiveState::Off;
    if (!orders_.keep.empty()) {
        Q_EMIT noticed(warningNotice(tr("%1 was not written: the live source was closed first")
                                         .arg(QString::fromStdString(orders_.keep.string()))));
    }
    seen_.end();
    patience_.stop();
    next_.reset();
    stop_.requestStop();
    if (feed_) ending_ = std::exchange(feed_, nullptr);
    readOn();
    orders_ = {};
    info_.reset();
    shown_.reset();
    before_.reset();
    answer_ = {};
    point_.reset();
    counts_ = {};
    progress_ = {};
    frozen_ = false;
    failureSaid_ = false;
    state_ = LiveState::Off;
    if (!wasOff) Q_EMIT changed();
}

void LiveView::sayThatNothingComes() {
    if (state_ != LiveState::Waiting) return;
    const auto kind = runGuarded([this] { return liveKindOf(source_.toStdString()); });
    QString hint = tr("Check that no other program uses it.");
    if (kind.ok() && kind.value() == LiveKind::Pipe) {
        hint = tr("A program has to write a video into it, for example: ffmpeg -re -i VIDEO -f "
                  "mpegts -y %1")
                   .arg(source_);
    }
    Q_EMIT noticed(warningNotice(tr("Nothing has come from %1 yet").arg(source_),
                                 hint + tr(" The window waits on; Stop ends it."),
                                 Notice::Topic::Opening));
}

void LiveView::readOn() {
    if (lane_.busy()) return;
    if (ending_) {
        // The step that was under way may have ended before it was stopped.
        lane_.start([feed = std::exchange(ending_, nullptr)] { return feed->finish(); },
                    [self = QPointer<LiveView>(this)](Outcome<LiveStep> outcome) {
                        if (self && outcome.ok()) self->tellFiles(outcome.value());
                    });
        return;
    }
    if (next_) {
        stop_ = {};
        feed_ = std::make_shared<LiveFeed>(*std::exchange(next_, std::nullopt), stop_.token());
    }
    if (feed_) startStep();
}

void LiveView::startStep() {
    lane_.start([feed = feed_, orders = orders_] { return feed->step(orders); },
                [self = QPointer<LiveView>(this), feed = feed_](Outcome<LiveStep> outcome) {
                    if (self && outcome.ok()) self->adoptStep(outcome.value(), feed);
                });
    orders_.keep.clear();
}

void LiveView::tellFiles(const LiveStep& step) {
    if (step.writing) Q_EMIT noticed(noticeOf(*step.writing));
    if (!step.written.empty()) Q_EMIT recorded(QString::fromStdString(step.written.string()));
    if (!step.kept.empty()) Q_EMIT kept(QString::fromStdString(step.kept.string()));
}

void LiveView::adoptStep(const LiveStep& step, const std::shared_ptr<LiveFeed>& feed) {
    tellFiles(step);
    if (feed != feed_) return;
    // What was to be kept meanwhile is written first: the frames are still in memory.
    const bool ended = step.ended && orders_.keep.empty();
    if (step.ended || step.failed == orders_.record) orders_.record.clear();
    progress_ = step.recorded;
    if (step.newest) counts_.arrived(step.newest->index, step.arrived);
    const bool first = !shown_ && step.newest;
    if (step.newest && !frozen_) {
        shown_ = step.newest;
        before_ = step.before;
        counts_.showed(step.arrived);
    }
    if (first) {
        info_ = step.info;
        state_ = LiveState::Running;
        patience_.stop();
    }
    if (ended) {
        feed_.reset();
        patience_.stop();
        seen_.show(picture());
        seen_.end();
        orders_ = {};
        state_ = shown_ ? LiveState::Ended : LiveState::Off;
    }
    if (first) {
        Q_EMIT started();
        parts_.views.requestEngines(parts_.engines);
        for (const std::string& warning : info_->warnings) {
            Q_EMIT noticed(warningNotice(QString::fromStdString(warning)));
        }
    }
    if (ended && step.reading) {
        Q_EMIT noticed(noticeOf(*step.reading, Notice::Topic::Opening));
    } else if (ended) {
        Q_EMIT noticed(infoNotice(tr("The live source has ended")));
    }
    serve();
    Q_EMIT changed();
}

void LiveView::setFrozen(bool frozen) {
    if (frozen == frozen_ || state_ != LiveState::Running) return;
    frozen_ = frozen;
    serve();
    Q_EMIT changed();
}

void LiveView::record(const QString& path) {
    if (state_ != LiveState::Running) return;
    orders_.record = pathOf(path);
    progress_ = {};
    Q_EMIT changed();
}

void LiveView::endRecording() {
    orders_.record.clear();
    Q_EMIT changed();
}

void LiveView::recordSeen(const QString& path) {
    if (state_ == LiveState::Running) seen_.begin(path, *info_);
}

void LiveView::keep(const QString& path) {
    if (state_ == LiveState::Running) orders_.keep = pathOf(path);
}

// Computing --------------------------------------------------------------------------------------

void LiveView::setPoint(PointF where) {
    if (!shown_) return;
    const SizePx size = shown_->size();
    if (where.x < 0.0F || where.y < 0.0F || where.x > static_cast<float>(size.width - 1) ||
        where.y > static_cast<float>(size.height - 1)) {
        return;
    }
    point_ = LivePoint{shown_, where};
    serve();
    Q_EMIT changed();
}

void LiveView::clearPoint() {
    point_.reset();
    Q_EMIT changed();
}

// While the picture moves, the quickest method: an answer that comes late is of a frame that is no
// longer there.
std::string LiveView::wantedMethod() const {
    const PooledEngine& engine = parts_.views.active().engine();
    std::string id = parts_.views.active().flowInUse();
    if (isFlowFiles(id) || isFlowCommand(id)) return kDisFlow;
    const bool rests = frozen_ || state_ == LiveState::Ended;
    if (rests && answer_.frame == shown_ && !answer_.method.empty()) return id;
    const bool slow = engine.info && engine.info->device == "cpu";
    while (slow && flowProvider(id).coarser != nullptr) id = flowProvider(id).coarser;
    return id;
}

std::optional<LiveView::Task> LiveView::nextTask() const {
    if (!shown_) return std::nullopt;
    const View& view = parts_.views.active();
    const PooledEngine& engine = view.engine();
    const bool known = answer_.frame == shown_;
    Task task{shown_, before_, {}, {}, view.level(), engine.engine};
    if (before_ && view.layers().layer(kFlowLayer).drawn()) {
        const std::string method = wantedMethod();
        if (!known || answer_.method != method) task.method = method;
    }
    if (point_ && view.layers().layer(kSimilarityLayer).drawn() &&
        engine.state == EngineState::Ready && !(known && same(answer_.point, point_))) {
        task.point = point_;
    }
    if (task.method.empty() && !task.point) return std::nullopt;
    return task;
}

void LiveView::serve() {
    if (!shown_ || parts_.inference.busy() || parts_.engines.serve()) return;
    const std::optional<Task> next = nextTask();
    if (!next) return;
    parts_.inference.start(
        [task = *next](const StopToken& stop) { return compute(task, stop); },
        [self = QPointer<LiveView>(this), task = *next](const Outcome<LiveAnswer>& outcome) {
            if (self) self->adoptAnswer(task, outcome);
        });
}

LivePicture LiveView::picture() const {
    LivePicture picture;
    picture.frame = shown_;
    if (!shown_) return picture;
    for (const Layer& layer : parts_.views.active().layers().layers()) {
        if (!layer.drawn()) continue;
        if (layer.id == kImageLayer) {
            picture.layers.push_back({LivePicture::Part::Image, layer.opacity});
        } else if (layer.id == kFlowLayer && answer_.motion) {
            picture.layers.push_back({LivePicture::Part::Motion, layer.opacity});
            picture.motion = answer_.motion;
            picture.scalePx = layer.flow().scalePx;
            picture.wheel = layer.flow().wheel;
        } else if (layer.id == kSimilarityLayer && point_ && answer_.similarity) {
            picture.layers.push_back({LivePicture::Part::Similarity, layer.opacity});
            picture.similarity = answer_.similarity;
            picture.similarityLook = layer.scalar();
        }
    }
    if (point_ && point_->frame == shown_) {
        picture.point = point_->where;
    } else if (point_ && answer_.match) {
        picture.match = answer_.match->where;
    }
    return picture;
}

LiveAnswer LiveView::compute(const Task& task, const StopToken& stop) {
    LiveAnswer answer;
    if (!task.method.empty()) {
        answer.motion = std::make_shared<const FlowField>(liveMotion(
            estimateFlow(task.method, task.frame, task.before, task.engine.get(), stop)));
    }
    if (task.point) {
        const FeatureMapPtr asked = task.engine->featureMap(task.point->frame, task.level, stop);
        const FeatureMapPtr there = task.engine->featureMap(task.frame, task.level, stop);
        SimilarityResult found = task.engine->similarity(*asked, task.point->where, *there);
        answer.similarity = std::make_shared<const ScalarMap>(std::move(found.map));
        answer.match = found.best;
    }
    return answer;
}

void LiveView::adoptAnswer(const Task& task, const Outcome<LiveAnswer>& outcome) {
    // Another source may have been opened meanwhile.
    if (!shown_ || task.frame->source != shown_->source) return;
    if (!outcome.ok() && outcome.error().code() == ErrorCode::Interrupted) return;
    // What failed counts as answered, so that it is not tried again on the same frame.
    const LiveAnswer found = outcome.ok() ? outcome.value() : LiveAnswer{};
    if (answer_.frame != task.frame) answer_ = {};
    answer_.frame = task.frame;
    if (!task.method.empty()) {
        answer_.method = task.method;
        answer_.motion = found.motion;
    }
    if (task.point) {
        answer_.point = task.point;
        answer_.similarity = found.similarity;
        answer_.match = found.match;
    }
    if (!outcome.ok() && !std::exchange(failureSaid_, true)) {
        Q_EMIT noticed(noticeOf(outcome.error()));
    }
    if (found.motion) {
        (void)parts_.views.active().layers().raiseFlowScale(
            flowMagnitudePercentile(*found.motion, kScalePercentile));
    }
    Q_EMIT changed();
}

}  // namespace mcj

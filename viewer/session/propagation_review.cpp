#include "viewer/session/propagation_review.h"

#include <QPointer>
#include <algorithm>
#include <utility>

namespace mcj {
namespace {

bool editsMasks(const Edit& edit) {
    return std::ranges::any_of(
        edit.parts, [](const EditPart& part) { return std::holds_alternative<MaskEdit>(part); });
}

}  // namespace

PropagationReview::PropagationReview(Document& document, MaskEditor& masks, QObject* parent)
    : QObject(parent), document_(document), masks_(masks) {
    connect(&masks_, &MaskEditor::propagated, this, &PropagationReview::begin);
    connect(&masks_, &MaskEditor::propagationStarting, this, &PropagationReview::close);
    connect(&document_, &Document::reset, this, &PropagationReview::close);
    connect(&document_, &Document::logChanged, this, &PropagationReview::logChanged);
    connect(&lane_, &Lane::idle, this, [this] {
        // The comparison of an earlier run has given way to that of this one.
        if (run_ && !measured_) measure();
        Q_EMIT changed();
    });
    connect(&lane_, &Lane::failed, this,
            [this](const Error& error) { Q_EMIT noticed(noticeOf(error)); });
}

bool PropagationReview::canUndo(ObjectId object) const {
    return !lane_.busy() && !undone(object) &&
           std::ranges::any_of(
               changes_, [object](const ObjectChange& change) { return change.object == object; });
}

void PropagationReview::begin(EditId run) {
    close();
    const EditLog& log = document_.log();
    for (std::size_t i = log.done(); i-- > 0;) {
        if (log.at(i).id == run) rewrites_ = rewritesOf(log.at(i).parts);
    }
    // Where no frame had a mask there is nothing to compare with.
    if (std::ranges::none_of(rewrites_, [](const auto& each) { return each.before.has_value(); })) {
        rewrites_.clear();
        return;
    }
    run_ = run;
    if (lane_.busy()) {
        lane_.stopJob();
    } else {
        measure();
    }
}

void PropagationReview::measure() {
    lane_.start(
        [rewrites = rewrites_](const StopToken& stop) { return changesByObject(rewrites, stop); },
        [self = QPointer<PropagationReview>(this),
         run = run_](Outcome<std::vector<ObjectChange>> outcome) {
            if (!self || self->run_ != run) return;
            self->measured_ = true;
            if (!outcome.ok()) {
                Q_EMIT self->noticed(noticeOf(outcome.error()));
                return;
            }
            self->changes_ = std::move(outcome).value();
        });
}

void PropagationReview::close() {
    if (!run_) return;
    run_.reset();
    rewrites_.clear();
    measured_ = false;
    changes_.clear();
    undos_.clear();
    undone_.clear();
    lane_.stopJob();
    Q_EMIT changed();
}

void PropagationReview::keep() { close(); }

void PropagationReview::undoObject(ObjectId object) {
    if (!canUndo(object)) return;
    lane_.start(
        [object, rewrites = rewrites_, track = masks_.track()](const StopToken& stop) {
            std::vector<PreparedMask> prepared;
            for (const FrameRewrite& rewrite : rewrites) {
                stop.throwIfStopped("restoring an object");
                const MaskEntry* now = track.find(rewrite.frame);
                if (now == nullptr || now->facts.locked) continue;
                std::optional<MaskEntry> restored = withObjectFrom(rewrite.before, *now, object);
                if (restored && *restored == *now) continue;
                prepared.push_back({rewrite.frame, *now, std::move(restored)});
            }
            return prepared;
        },
        [self = QPointer<PropagationReview>(this), object,
         run = run_](Outcome<std::vector<PreparedMask>> outcome) {
            if (!self || self->run_ != run) return;
            if (outcome.ok()) {
                self->apply(object, outcome.value());
            } else {
                Q_EMIT self->noticed(noticeOf(outcome.error()));
            }
        });
    Q_EMIT changed();
}

void PropagationReview::apply(ObjectId object, const std::vector<PreparedMask>& masks) {
    // What is being painted is kept: it is an edit of masks, which ends this.
    if (masks_.stroking()) masks_.endStroke();
    if (!run_) return;
    const MaskObject* row = masks_.object(object);
    const QString name =
        row != nullptr ? QString::fromStdString(row->name) : tr("object %1").arg(object);
    applying_ = true;
    const auto edit = runGuarded(
        [&] { return masks_.replacePrepared(tr("Undo propagation of %1").arg(name), masks); });
    applying_ = false;
    if (!edit.ok()) {
        Q_EMIT noticed(noticeOf(edit.error()));
    } else if (edit.value()) {
        undos_[*edit.value()] = object;
    } else {
        Q_EMIT noticed(infoNotice(tr("All frames on which %1 changed are locked").arg(name)));
    }
    logChanged();
}

void PropagationReview::logChanged() {
    // The id of an edit is known only after the signal for it.
    if (!run_ || applying_) return;
    const EditLog& log = document_.log();
    std::set<ObjectId> undone;
    for (std::size_t i = log.done(); i-- > 0;) {
        const Edit& edit = log.at(i);
        if (edit.id == *run_) {
            undone_ = std::move(undone);
            Q_EMIT changed();
            return;
        }
        const auto own = undos_.find(edit.id);
        if (own != undos_.end()) {
            undone.insert(own->second);
        } else if (editsMasks(edit)) {
            break;
        }
    }
    close();
}

}  // namespace mcj

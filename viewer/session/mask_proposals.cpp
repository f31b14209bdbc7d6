#include "viewer/session/mask_proposals.h"

#include <utility>

namespace mcj {

MaskProposals::MaskProposals(MaskEditor& masks, const Document& document, QObject* parent)
    : QObject(parent), masks_(masks) {
    connect(&masks, &MaskEditor::editStarting, this, &MaskProposals::stop);
    connect(&document, &Document::reset, this, &MaskProposals::stop);
    connect(&lane_, &Lane::idle, this, &MaskProposals::startNext);
    connect(&lane_, &Lane::failed, this,
            [this](const Error& error) { Q_EMIT noticed(noticeOf(error)); });
}

void MaskProposals::propose(const QString& text, Job job) {
    text_ = text;
    next_ = std::move(job);
    if (lane_.busy()) {
        lane_.stopJob();
    } else {
        startNext();
    }
    Q_EMIT changed();
}

void MaskProposals::stop() {
    if (text_.isEmpty()) return;
    ++series_;
    text_.clear();
    next_.reset();
    lane_.stopJob();
    Q_EMIT changed();
}

void MaskProposals::reject() {
    stop();
    masks_.dropPreview();
    Q_EMIT rejected();
}

void MaskProposals::startNext() {
    if (!next_ || lane_.busy()) {
        Q_EMIT changed();
        return;
    }
    Job job = std::move(*next_);
    next_.reset();
    // The lane is a member: it delivers nothing after this object.
    lane_.start(std::move(job), [this, series = series_](Outcome<MaskPreview> outcome) {
        deliver(series, std::move(outcome));
    });
}

void MaskProposals::deliver(int series, Outcome<MaskPreview> outcome) {
    // Not wanted any more; a newer one may be.
    if (series != series_ || text_.isEmpty()) return;
    if (!next_) text_.clear();
    if (outcome.ok()) {
        masks_.showPreview(std::move(outcome).value());
    } else if (outcome.error().code() != ErrorCode::Interrupted) {
        Q_EMIT noticed(noticeOf(outcome.error()));
    }
}

}  // namespace mcj

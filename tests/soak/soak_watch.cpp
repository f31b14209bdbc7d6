#include "tests/soak/soak_watch.h"

#include <unistd.h>

#include <QColor>
#include <algorithm>
#include <cstdio>
#include <span>

#include "segmentation/project_state.h"
#include "ui/theme.h"

namespace mcj::soak {
namespace {

/// Steps that are taken back and forward again by a thorough check.
constexpr std::size_t kSteps = 4;

double residentMb() {
    QFile file("/proc/self/statm");
    if (!file.open(QIODevice::ReadOnly)) return 0.0;
    const QList<QByteArray> pages = file.readAll().split(' ');
    return pages.value(1).toDouble() * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

double median(std::span<const double> values) {
    std::vector<double> sorted(values.begin(), values.end());
    std::sort(sorted.begin(), sorted.end());
    return sorted.empty() ? 0.0 : sorted[sorted.size() / 2];
}

}  // namespace

SoakWatch::SoakWatch(const Parts& parts, Model model, const QString& table)
    : app_(parts.app), session_(parts.session), messages_(parts.messages), model_(model),
      table_(table), probe_(std::make_unique<bench::EventProbe>(parts.app)) {
    clock_.start();
    connect(&session_, &Session::noticed, this, [this](const Notice& notice) {
        if (notice.level != Notice::Level::Failure) return;
        hearFailure(QStringLiteral("%1 (%2) %3").arg(notice.text, notice.hint, notice.details));
    });
    if (table.isEmpty()) return;
    if (!table_.open(QIODevice::WriteOnly | QIODevice::Text)) find("cannot write " + table);
    table_.write("seconds,actions,resident_mb,longest_wait_ms\n");
}

SoakWatch::~SoakWatch() = default;

void SoakWatch::hearFailure(const QString& text) {
    if (model_ == Model::Missing && text.contains("model", Qt::CaseInsensitive)) return;
    // The bar has a part of what the notice told.
    for (const QString& known : failures_) {
        if (known.startsWith(text)) return;
    }
    failures_ << text;
    find("failure: " + text);
}

void SoakWatch::find(const QString& finding) {
    const QString line = QStringLiteral("after \"%1\": %2").arg(QString(action_), finding);
    findings_ << line;
    std::printf("FOUND at %.1f s %s\n", secs(), qPrintable(line));
    std::fflush(stdout);
}

void SoakWatch::check(const char* action) {
    action_ = action;
    const EditLog& log = session_.document().log();
    if (log.done() > log.size()) find("more edits are done than there are");
    if (log.size() > EditLog::kMaxEdits) find("the log is longer than its limit");
    if (messages_.isVisible() && messages_.styleSheet().contains(QColor(Theme::kFailure).name())) {
        hearFailure(messages_.text());
    }
    if (session_.isOpen()) checkFrames();
}

void SoakWatch::checkFrames() {
    const FrameIndex frames = session_.frames().frameCount();
    const FrameIndex current = session_.playhead().current();
    if (current < 0 || (session_.frames().scanned() && current >= frames)) {
        find(QStringLiteral("frame %1 of %2").arg(current).arg(frames));
    }
    if (const FramePtr& shown = session_.playhead().shown()) {
        if (shown->index < 0 || (session_.frames().scanned() && shown->index >= frames)) {
            find(QStringLiteral("frame %1 of %2 is shown").arg(shown->index).arg(frames));
        }
        if (shown->size() != session_.frames().info().size) find("a frame has another size");
    }
    if (const MaskPtr mask = session_.mask(); mask && mask->size() != session_.document().size()) {
        find("a mask has another size than the clip");
    }
}

void SoakWatch::checkThoroughly() {
    Document& document = session_.document();
    if (!document.ready() || document.readOnly()) return;
    if (session_.runs().run() != nullptr || session_.masks().stroking()) return;
    takeWaits();
    probe_.reset();
    const ProjectState before = document.state();
    std::size_t back = 0;
    while (back < kSteps && document.log().nextUndo() != nullptr && document.undo()) ++back;
    for (std::size_t i = 0; i < back; ++i) {
        if (!document.redo()) find("a step that was taken back cannot be taken again");
    }
    if (!(document.state() == before)) find("undo and redo do not lead back");
    for (const auto& [frame, entry] : document.state().track().entries()) {
        if (!entry.packed || entry.mask()->size() != document.size()) {
            find(QStringLiteral("the mask of frame %1 has another size").arg(frame));
        }
    }
    probe_ = std::make_unique<bench::EventProbe>(app_);
}

void SoakWatch::takeWaits() {
    for (const double wait : probe_->waitsMs()) {
        waitSinceSampleMs_ = std::max(waitSinceSampleMs_, wait);
    }
    longestWaitMs_ = std::max(longestWaitMs_, waitSinceSampleMs_);
}

void SoakWatch::sample(std::int64_t actions) {
    if (secs() < static_cast<double>(kSampleSecs) * static_cast<double>(residentMb_.size() + 1)) {
        return;
    }
    takeWaits();
    // What it keeps of past waits would count as growing memory.
    probe_ = std::make_unique<bench::EventProbe>(app_);
    residentMb_.push_back(residentMb());
    if (table_.isOpen()) {
        table_.write(QStringLiteral("%1,%2,%3,%4\n")
                         .arg(secs(), 0, 'f', 1)
                         .arg(actions)
                         .arg(residentMb_.back(), 0, 'f', 1)
                         .arg(waitSinceSampleMs_, 0, 'f', 1)
                         .toUtf8());
        table_.flush();
    }
    waitSinceSampleMs_ = 0.0;
}

SoakWatch::Memory SoakWatch::memory() const {
    const std::span<const double> all(residentMb_);
    if (all.empty()) return {};
    const std::size_t third = all.size() / 3;
    const std::size_t sixth = std::max<std::size_t>(all.size() / 6, 1);
    return {.warmMb = median(all.subspan(third, std::min(sixth, all.size() - third))),
            .endMb = median(all.last(sixth)),
            .mostMb = *std::max_element(all.begin(), all.end())};
}

}  // namespace mcj::soak

#include "viewer/session/kept_settings.h"

#include "segmentation/project_paths.h"
#include "viewer/session/project_place.h"
#include "viewer/session/view_settings.h"

namespace mcj {
namespace {

/// Several changes in a row, such as a dragged in point, are written once.
constexpr int kDelayMs = 400;
constexpr const char* kCurves = "curves";
constexpr const char* kRibbon = "ribbon";
constexpr const char* kClasses = "classes";
constexpr const char* kWorkTime = "work-time";
constexpr const char* kReviews = "reviews";
constexpr const char* kForeignMasks = "foreign-masks";
constexpr const char* kComparedMasks = "compared-masks";

/// Of views, also in bookmarks; `LoadedFlow` does the same for its files.
PathChange toProject(const QString& project) {
    return [project](PathUse, const std::string& path) {
        return pathInProject(QString::fromStdString(path), project).toStdString();
    };
}

PathChange fromProject(const QString& project) {
    return [project](PathUse, const std::string& path) {
        return pathOfProject(QString::fromStdString(path), project).toStdString();
    };
}

}  // namespace

KeptSettings::KeptSettings(const Parts& parts, QObject* parent) : QObject(parent), parts_(parts) {
    timer_.setSingleShot(true);
    timer_.setInterval(kDelayMs);
    connect(&timer_, &QTimer::timeout, this, &KeptSettings::keepNow);
    connect(&parts_.document, &Document::restored, this, &KeptSettings::restore);
    connect(&parts_.timeline.marks, &Marks::changed, this, &KeptSettings::limitLoop);
    connect(&parts_.timeline.marks, &Marks::edited, &timer_, qOverload<>(&QTimer::start));
    connect(&parts_.timeline.bookmarks, &Bookmarks::edited, &timer_, qOverload<>(&QTimer::start));
    connect(&parts_.projectTools.classes, &Classes::edited, &timer_, qOverload<>(&QTimer::start));
    connect(&parts_.projectTools.workTime, &WorkTime::edited, &timer_, qOverload<>(&QTimer::start));
    connect(&parts_.projectTools.foreignMasks, &ForeignMasks::edited, &timer_,
            qOverload<>(&QTimer::start));
    connect(&parts_.timeline.curves, &Curves::edited, &timer_, qOverload<>(&QTimer::start));
    connect(&parts_.timeline.reviews, &MaskReviews::edited, &timer_, qOverload<>(&QTimer::start));
}

ProjectSettings KeptSettings::current() const {
    ProjectSettings all =
        settingsOf(parts_.views, parts_.masks, parts_.timeline.marks, parts_.playhead.current());
    const PathChange change = toProject(parts_.document.path());
    all[kViewsSetting] = withViewPaths(all[kViewsSetting], change);
    all.merge(parts_.flow.settings(parts_.document.path()));
    all[kCurves] = parts_.timeline.curves.toJson(identityOf(parts_.frames.info()).bytes);
    all[kRibbon] = parts_.timeline.ribbon.toJson();
    all[kBookmarksSetting] = withBookmarkPaths(parts_.timeline.bookmarks.toJson(), change);
    all[kClasses] = parts_.projectTools.classes.toJson();
    all[kWorkTime] = parts_.projectTools.workTime.toJson();
    all[kReviews] = parts_.timeline.reviews.toJson();
    all[kForeignMasks] = parts_.projectTools.foreignMasks.toJson(parts_.document.path());
    all[kComparedMasks] =
        pathInProject(parts_.projectTools.agreement.other(), parts_.document.path()).toStdString();
    return all;
}

void KeptSettings::restore(const ProjectSettings& settings) {
    ProjectSettings absolute = settings;
    const PathChange change = fromProject(parts_.document.path());
    if (const auto views = absolute.find(kViewsSetting); views != absolute.end()) {
        views->second = withViewPaths(views->second, change);
    }
    const FrameIndex frame =
        restoreSettings(absolute, parts_.views, parts_.masks, parts_.timeline.marks);
    parts_.flow.restore(settings, parts_.document.path());
    const auto curves = settings.find(kCurves);
    if (curves != settings.end()) {
        parts_.timeline.curves.fromJson(curves->second, identityOf(parts_.frames.info()).bytes);
    }
    const auto ribbon = settings.find(kRibbon);
    if (ribbon != settings.end()) parts_.timeline.ribbon.fromJson(ribbon->second);
    const auto bookmarks = settings.find(kBookmarksSetting);
    if (bookmarks != settings.end()) {
        parts_.timeline.bookmarks.fromJson(withBookmarkPaths(bookmarks->second, change));
    }
    const auto classes = settings.find(kClasses);
    if (classes != settings.end()) parts_.projectTools.classes.fromJson(classes->second);
    const auto workTime = settings.find(kWorkTime);
    if (workTime != settings.end()) parts_.projectTools.workTime.fromJson(workTime->second);
    const auto reviews = settings.find(kReviews);
    if (reviews != settings.end()) parts_.timeline.reviews.fromJson(reviews->second);
    restoreOtherMasks(settings);
    // A user who has gone elsewhere meanwhile stays there.
    if (parts_.playhead.current() == 0) parts_.playhead.seek(frame);
}

void KeptSettings::restoreOtherMasks(const ProjectSettings& settings) {
    const QString& project = parts_.document.path();
    if (const auto foreign = settings.find(kForeignMasks); foreign != settings.end()) {
        parts_.projectTools.foreignMasks.fromJson(foreign->second, project);
    }
    const auto compared = settings.find(kComparedMasks);
    if (compared == settings.end() || compared->second.empty()) return;
    parts_.projectTools.agreement.compareWhenReady(
        pathOfProject(QString::fromStdString(compared->second), project));
}

void KeptSettings::keepNow() {
    timer_.stop();
    if (!parts_.frames.isOpen()) return;
    parts_.document.keep(current());
    parts_.timeline.curves.markSaved();
}

void KeptSettings::leave() {
    if (timer_.isActive() || parts_.timeline.curves.unsaved()) keepNow();
    parts_.document.detach(current());
    parts_.flow.leave();
    parts_.timeline.marks.clear();
    parts_.timeline.curves.clear();
    parts_.timeline.ribbon.clear();
    parts_.timeline.reviews.clear();
    parts_.timeline.bookmarks.clear();
    parts_.projectTools.classes.clear();
    parts_.projectTools.workTime.clear();
    parts_.projectTools.foreignMasks.clear();
}

void KeptSettings::limitLoop() {
    // The last frame is not known before all are counted.
    const auto& out = parts_.timeline.marks.out();
    parts_.playhead.setLoopSpan(parts_.timeline.marks.in().value_or(0),
                                out ? std::optional<FrameIndex>(*out + 1) : std::nullopt);
}

}  // namespace mcj

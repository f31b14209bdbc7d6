#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QPointer>

#include "media/io/atomic_file.h"
#include "ui/command_registry.h"
#include "ui/commands/commands.h"
#include "ui/main_window.h"
#include "viewer/session/curves_run.h"
#include "viewer/session/session.h"

namespace mcj {
namespace {

void fillCurves(Session& session, MainWindow& window) {
    session.timeline().curves.setShown(true);
    const FrameSpan part = session.timeline().marks.span(session.frames().frameCount());
    std::vector<FrameIndex> missing = session.timeline().curves.missing(part);
    if (missing.empty()) {
        window.say(infoNotice(tr("The curves of these frames are complete")));
        return;
    }
    const View& view = session.view();
    (void)session.runs().start(
        std::make_unique<CurvesRun>(session.timeline().curves, session.engines(), view.engine().id,
                                    view.flowProvider(), std::move(missing)));
}

std::vector<CurvePoint> pointsOf(const Session& session) {
    std::map<FrameIndex, CurvePoint> points;
    for (const auto& [frame, numbers] : session.timeline().curves.numbers()) {
        points[frame].numbers = numbers;
    }
    for (const auto& [frame, score] : session.view().matchScores()) {
        points[frame].similarity = double{score};
    }
    std::vector<CurvePoint> rows;
    for (auto& [frame, point] : points) {
        point.frame = frame;
        point.secs = session.frames().timeSecs(frame);
        rows.push_back(point);
    }
    return rows;
}

void exportCurves(Session& session, MainWindow& window) {
    // The numbers as they are now: while the dialog waits, another video may be opened.
    const std::string text = curvesCsv(pointsOf(session));
    const QString video =
        QFileInfo(QString::fromStdString(session.frames().info().path)).completeBaseName();
    const QPointer<MainWindow> open(&window);
    const QString path = QFileDialog::getSaveFileName(
        &window, tr("Export curves"), QDir(window.folder()).filePath(video + "_curves.csv"),
        tr("Tables (*.csv)"));
    if (path.isEmpty() || !open) return;
    const auto outcome = runGuarded([&] {
        writeTextAtomically(path.toStdString(), text);
        return true;
    });
    window.say(outcome.ok() ? infoNotice(tr("Curves written to %1").arg(path))
                            : noticeOf(outcome.error()));
}

}  // namespace

void addCurveCommands(CommandRegistry& registry, Session& session, MainWindow& window) {
    registry.add(
        {.id = "show_curves",
         .menu = tr("&Play"),
         .submenu = tr("Cur&ves"),
         .text = tr("&Show curves"),
         .tip =
             tr("Show warp error, consistency and motion of every frame as rows of the timeline"),
         .kind = Command::Kind::Toggle,
         .separatorBefore = true,
         .toggle = [&session](bool shown) { session.timeline().curves.setShown(shown); },
         .enabled = [&session] { return showsPicture(session); },
         .checked = [&session] { return session.timeline().curves.shown(); }});
    registry.add(
        {.id = "fill_curves",
         .menu = tr("&Play"),
         .submenu = tr("Cur&ves"),
         .text = tr("&Compute curves"),
         .tip = tr("Compute the curves of all frames, or of the frames between the in and out "
                   "points; not available for flow from files, which has no backward flow"),
         .run = [&session, &window] { fillCurves(session, window); },
         .enabled =
             [&session] {
                 return showsPicture(session) && session.document().ready() &&
                        session.frames().scanned() && session.runs().run() == nullptr &&
                        !isFlowFiles(session.view().flowProvider());
             }});
    registry.add(
        {.id = "fill_similarity",
         .menu = tr("&Play"),
         .submenu = tr("Cur&ves"),
         .text = tr("&Fill similarity of all frames"),
         .tip = tr("Compute the selected pin's best similarity in every frame in spare time, for "
                   "the row Similarity of the timeline; off: only in frames that are shown"),
         .kind = Command::Kind::Toggle,
         .toggle =
             [&session](bool on) {
                 session.timeline().ribbon.setFilling(on ? RibbonFilling::On : RibbonFilling::Off);
             },
         .checked =
             [&session] { return session.timeline().ribbon.filling() == RibbonFilling::On; }});
    registry.add({.id = "export_curves",
                  .menu = tr("&Play"),
                  .submenu = tr("Cur&ves"),
                  .text = tr("&Export curves..."),
                  .tip = tr("Write the curves as a table (CSV)"),
                  .run = [&session, &window] { exportCurves(session, window); },
                  .enabled =
                      [&session] {
                          return showsPicture(session) &&
                                 !(session.timeline().curves.numbers().empty() &&
                                   session.view().matchScores().empty());
                      }});
}

}  // namespace mcj

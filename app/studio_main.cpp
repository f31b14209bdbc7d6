#include <QApplication>
#include <QCommandLineOption>
#include <QCommandLineParser>
#include <QElapsedTimer>
#include <QFileInfo>
#include <QList>
#include <QSurfaceFormat>
#include <QTimer>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>

#include "app/settings.h"
#include "app/studio_description.h"
#include "inference/engine/engine_limits.h"
#include "media/base/error.h"
#include "media/base/passive_threads.h"
#include "media/base/program_description.h"
#include "media/io/frame_index.h"
#include "ui/layers_dock.h"
#include "ui/main_window.h"
#include "ui/theme.h"
#include "viewer/canvas/canvas_widget.h"
#include "viewer/session/session.h"

namespace {

using namespace mcj;

struct StudioOptions {
    QString document;
    QString masks;                ///< of another program; empty: none
    std::filesystem::path model;  ///< empty: the shipped one
    GivenEngineOptions engine;
    QString screenshot;
    int afterMs = 1000;
    int giveUpMs = 0;
    std::optional<std::string> layer;  ///< its id
    std::optional<FrameIndex> frame;
    std::optional<PointF> point;
    std::optional<QSize> size;
};

int complain(ErrorCode code, const QString& text) {
    std::fprintf(stderr, "mcjepa-studio: %s\n", qPrintable(text));
    return static_cast<int>(code);
}

/// Checks for a display, because without one Qt would abort with a long message.
bool displayMissing() {
    return !qEnvironmentVariableIsSet("QT_QPA_PLATFORM") &&
           qEnvironmentVariableIsEmpty("DISPLAY") && qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY");
}

int complainOfDisplay(const QString& problem) {
    return complain(ErrorCode::Device,
                    problem +
                        "\nStart it from a desktop session, with `ssh -X`, or under "
                        "`xvfb-run`; `mcjepa` does the same work without a window.");
}

/// Handles Qt's messages while it opens the display. If the named display does not exist (a dead
/// `ssh -X`), Qt prints a long message and aborts.
void watchDisplayStart(QtMsgType type, const QMessageLogContext& context, const QString& text) {
    if (type == QtFatalMsg) {
        QStringList named;
        for (const char* name : {"QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY"}) {
            if (qEnvironmentVariableIsEmpty(name)) continue;
            named << QString("%1=%2").arg(name, qEnvironmentVariable(name));
        }
        // Nothing has to be closed yet, and Qt does not expect a return.
        std::_Exit(complainOfDisplay("the display cannot be opened: " + named.join(", ") + "."));
    }
    if (QLatin1String(context.category).startsWith(QLatin1String("qt.qpa"))) return;
    std::fprintf(stderr, "%s\n", qPrintable(qFormatLogMessage(type, context, text)));
}

/// Two numbers with `separator` between them.
std::optional<PointF> parsePair(const QString& text, QChar separator) {
    const QStringList parts = text.split(separator);
    bool okX = false;
    bool okY = false;
    if (parts.size() != 2) return std::nullopt;
    const PointF pair{parts[0].toFloat(&okX), parts[1].toFloat(&okY)};
    return okX && okY ? std::optional(pair) : std::nullopt;
}

class StudioCommandLine {
public:
    StudioCommandLine() {
        parser_.setApplicationDescription(
            "Shows motion and content of a video: flow, errors, similarity and masks.\n--device, "
            "--precision, --threads and --max-side override the preferences.");
        parser_.addPositionalArgument("document", kDocumentText, "[VIDEO | PROJECT]");
        parser_.addOptions(options_);
    }

    /// The exit code if the program ends here.
    std::optional<int> parse(const QStringList& arguments, StudioOptions& options) {
        if (!parser_.parse(arguments)) return complain(ErrorCode::Usage, parser_.errorText());
        if (parser_.isSet("help")) {
            // Qt only knows the program's name with an application, but help must not need a
            // display.
            std::printf(
                "%s", qPrintable(parser_.helpText().replace("<executable_name>", "mcjepa-studio")));
            return 0;
        }
        if (parser_.isSet("version")) {
            std::printf("mcjepa-studio %s\n", MCJ_VERSION);
            return 0;
        }
        if (parser_.isSet("manual") || parser_.isSet("completion")) return describe();
        const QString problem = read(options);
        if (!problem.isEmpty()) return complain(ErrorCode::Usage, problem);
        return std::nullopt;
    }

private:
    int describe() const {
        const ProgramDescription program = describeStudio(
            options_, parser_.applicationDescription(), QLatin1String(kDocumentText));
        const auto text = runGuarded([&] {
            return parser_.isSet("manual")
                       ? manualPage(program)
                       : shellCompletion(program,
                                         parseShell(parser_.value("completion").toStdString()));
        });
        if (!text.ok()) return complain(text.error().code(), text.error().what());
        std::fputs(text.value().c_str(), stdout);
        return 0;
    }

    QString read(StudioOptions& options) {
        if (parser_.positionalArguments().size() > 1) return "give one video or project";
        options.document = parser_.positionalArguments().value(0);
        options.masks = parser_.value("masks");
        if (!options.masks.isEmpty() && options.document.isEmpty()) {
            return "--masks needs the video that the masks belong to";
        }
        options.model = parser_.value("model").toStdString();
        const QString problem = readEngine(options.engine);
        if (!problem.isEmpty()) return problem;
        options.screenshot = parser_.value("screenshot");
        bool ok = true;
        options.afterMs = parser_.value("after").toInt(&ok);
        if (!ok || options.afterMs < 0)
            return "--after must be a number of milliseconds, at least 0";
        options.giveUpMs = parser_.value("give-up").toInt(&ok);
        if (!ok || options.giveUpMs < 0)
            return "--give-up must be a number of milliseconds, at least 0";
        if (parser_.isSet("frame")) {
            options.frame = parser_.value("frame").toLongLong(&ok);
            if (!ok || *options.frame < 0) return "--frame must be a number, at least 0";
        }
        if (parser_.isSet("show-layer")) {
            options.layer = parser_.value("show-layer").toStdString();
            if (findLayerTraits(*options.layer) == nullptr) {
                return "--show-layer must be one of " + layerNames();
            }
        }
        if (parser_.isSet("point")) {
            options.point = parsePair(parser_.value("point"), QLatin1Char(','));
            if (!options.point) return "--point must be X,Y in pixels";
        }
        if (parser_.isSet("size")) {
            const auto pair = parsePair(parser_.value("size"), QLatin1Char('x'));
            if (!pair) return "--size must be WxH, for example 1280x800";
            options.size = QSize(static_cast<int>(pair->x), static_cast<int>(pair->y));
        }
        return {};
    }

    QString readEngine(GivenEngineOptions& engine) {
        bool ok = true;
        if (parser_.isSet("device")) {
            engine.device = parser_.value("device").toStdString();
            const std::string problem = deviceProblem(*engine.device);
            if (!problem.empty()) return "--device: " + QString::fromStdString(problem);
        }
        if (parser_.isSet("precision")) {
            engine.precision = parser_.value("precision").toStdString();
            if (!isPrecision(*engine.precision)) {
                return "--precision must be auto, float32 or bfloat16";
            }
        }
        if (parser_.isSet("threads")) {
            engine.threads = parser_.value("threads").toInt(&ok);
            if (!ok || *engine.threads < 0 || *engine.threads > kMostThreads) {
                return QString("--threads must be a number from 0 to %1").arg(kMostThreads);
            }
        }
        if (parser_.isSet("max-side")) {
            engine.maxSidePx = parser_.value("max-side").toInt(&ok);
            if (!ok || !isMaxSide(*engine.maxSidePx)) {
                return QString("--max-side must be 0 or a number from %1 to %2")
                    .arg(kLeastMaxSidePx)
                    .arg(kMostMaxSidePx);
            }
        }
        return {};
    }

    static QString layerNames() {
        QStringList names;
        for (const LayerTraits& traits : layerTraits()) names << QLatin1String(traits.kind);
        return names.join(", ");
    }

    static constexpr const char* kDocumentText = "A video, a folder of images, or a project.";

    QList<QCommandLineOption> options_{
        {"masks",
         "Open masks of another program (Cutie, XMem, SAM 2 ...) in place of the project's: a "
         "folder or a file.",
         "MASKS"},
        {"model", "Use the model FILE instead of the shipped one.", "FILE"},
        {"device", "Device for computing: auto, cpu, cuda or cuda:N.", "NAME"},
        {"precision", "Number type of matrix products on the CPU: auto, float32 or bfloat16.",
         "NAME"},
        {"threads", "Threads for computing; 0: one per core.", "N"},
        {"max-side",
         "Reduce frames whose longer side exceeds this many pixels before computing; 0: full size.",
         "N"},
        {"screenshot", "Write a screenshot of the window to FILE and quit.", "FILE"},
        {"after", "Wait at least MS milliseconds before the screenshot.", "MS", "1000"},
        {"give-up", "Wait at most MS milliseconds for maps, and fail if they are not ready.", "MS",
         "180000"},
        {"show-layer", "Show this layer over the image.", "NAME"},
        {"frame", "Go to frame N, counted from 0.", "N"},
        {"point", "Show similarity to the point X,Y, in pixels of the frame.", "X,Y"},
        {"size", "Size of the window in pixels, for example 1280x800.", "WxH"},
        {{"h", "help"}, "Show this help."},
        {"manual", "Print the manual page."},
        {"completion",
         "Print the script with which SHELL completes this command line: bash, "
         "zsh or fish.",
         "SHELL"},
        {"version", "Show the version."}};

    QCommandLineParser parser_;
};

/// Beside the program when installed, else in the source tree.
QString samplePath() {
    const QString folder = QCoreApplication::applicationDirPath();
    for (const QString& path : {folder + "/../share/mcjepa-studio/samples/sample.mp4",
                                folder + "/../../../resources/samples/sample.mp4"}) {
        if (QFileInfo::exists(path)) return QFileInfo(path).canonicalFilePath();
    }
    return {};
}

/// Shows what the command line requests, once the video is open.
void showAsked(const StudioOptions& options, Session& session, MainWindow& window) {
    if (options.layer) {
        session.view().layers().showOnly(*options.layer);
        window.layers().choose(*options.layer);
    }
    if (options.frame) session.playhead().seek(*options.frame);
    if (!options.point) return;
    // The point belongs to the requested frame, which may still have to be decoded.
    auto* wait = new QTimer(&session);
    wait->setInterval(20);
    QObject::connect(wait, &QTimer::timeout, &session, [&session, wait, point = *options.point] {
        if (!session.playhead().shown() ||
            session.playhead().shown()->index != session.playhead().current())
            return;
        session.view().setQuery(point);
        wait->deleteLater();
    });
    wait->start();
}

/// Whether everything requested is on the screen and nothing is pending.
bool complete(const Session& session) {
    const EngineState engine = session.view().engine().state;
    const bool engineKnown = engine == EngineState::Ready || engine == EngineState::Failed;
    return session.settled() && !session.frames().isOpening() && (!session.isOpen() || engineKnown);
}

enum class Maps { Whole, Lacking };

/// Writes the picture and returns the program's exit code.
int takeScreenshot(const StudioOptions& options, MainWindow& window, Maps maps) {
    if (!window.grab().save(options.screenshot)) {
        return complain(ErrorCode::Input, "cannot write " + options.screenshot);
    }
    if (maps == Maps::Whole) return 0;
    return complain(ErrorCode::Internal,
                    QString("%1 was written without the maps that were not finished after %2 s")
                        .arg(options.screenshot)
                        .arg(options.giveUpMs / 1000.0));
}

/// Grabs the window when everything it shows is computed, and quits.
void scheduleScreenshot(const StudioOptions& options, Session& session, MainWindow& window) {
    auto* poll = new QTimer(&window);
    poll->setInterval(100);
    const auto failure = std::make_shared<Notice>();
    QObject::connect(&session, &Session::noticed, poll, [failure](const Notice& notice) {
        if (notice.level == Notice::Level::Failure) *failure = notice;
    });
    QElapsedTimer elapsed;
    elapsed.start();
    QObject::connect(poll, &QTimer::timeout, &window, [=, &options, &session, &window] {
        if (!options.document.isEmpty() && !session.isOpen() && !session.frames().isOpening()) {
            poll->stop();
            QString why = failure->text;
            if (!failure->hint.isEmpty()) why += '\n' + failure->hint;
            QCoreApplication::exit(complain(ErrorCode::Input, why));
            return;
        }
        if (elapsed.elapsed() < options.afterMs) return;
        const Maps maps = complete(session) ? Maps::Whole : Maps::Lacking;
        if (maps == Maps::Lacking && elapsed.elapsed() < options.giveUpMs) return;
        poll->stop();
        // Paint once more, because the newest maps may still have to be uploaded.
        QTimer::singleShot(300, &window, [&options, &window, maps] {
            QCoreApplication::exit(takeScreenshot(options, window, maps));
        });
    });
    poll->start();
}

}  // namespace

int main(int argc, char** argv) {
    StudioOptions options;
    StudioCommandLine commandLine;
    QStringList arguments;
    for (int i = 0; i < argc; ++i) arguments << QString::fromLocal8Bit(argv[i]);
    if (const auto code = commandLine.parse(arguments, options)) return *code;
    if (displayMissing()) {
        return complainOfDisplay("there is no display: DISPLAY and WAYLAND_DISPLAY are not set.");
    }
    QSurfaceFormat::setDefaultFormat(CanvasWidget::surfaceFormat());
    QCoreApplication::setOrganizationName("mcjepa");
    QCoreApplication::setApplicationName("mcjepa-studio");
    QCoreApplication::setApplicationVersion(MCJ_VERSION);
    qInstallMessageHandler(watchDisplayStart);
    QApplication app(argc, argv);
    qInstallMessageHandler(nullptr);
    QGuiApplication::setDesktopFileName("org.mcjepa.Studio");
    applyTheme(app);

    SessionOptions sessionOptions;
    sessionOptions.engine.model = options.model;
    sessionOptions.projectFolder = Settings::projectFolder();
    sessionOptions.frameIndexFolder = userFrameIndexFolder();
    sessionOptions.ribbon = RibbonFilling::On;
    sessionOptions.thumbnails = ThumbnailReading::On;
    Session session(sessionOptions);
    // A screenshot must not depend on the stored window state and preferences.
    const bool picture = !options.screenshot.isEmpty();
    session.preferences().begin(picture ? Preferences{} : Settings::preferences(), options.engine);
    if (!picture) Settings::restoreMethods(session);
    MainWindow window(session);
    window.setSample(samplePath());
    Settings settings;
    if (!picture) {
        settings.attach(window);
        settings.keepPreferences(session);
    }
    if (options.size) window.resize(*options.size);
    QObject::connect(&session, &Session::opened, &window,
                     [&] { showAsked(options, session, window); });
    if (!options.masks.isEmpty()) {
        // Not of a video that is opened later.
        QObject::connect(
            &session, &Session::opened, &window,
            [&] { session.projectTools().foreignMasks.open(options.masks); },
            Qt::SingleShotConnection);
    }
    bool wasLive = false;
    QObject::connect(&session.live(), &LiveView::started, &window, [&wasLive] { wasLive = true; });
    window.show();
    if (picture) scheduleScreenshot(options, session, window);
    if (!options.document.isEmpty()) window.open(options.document);
    const int code = QApplication::exec();
    if (!picture) {
        settings.saveWindow(window);
        Settings::saveMethods(session);
    }
    // Loading LibTorch and the model takes up to two seconds and cannot be stopped. Everything is
    // saved by now, so the process ends without waiting for it; only recordings of a live source
    // are completed by the end of the session.
    session.close();
    if (session.engines().loading() && !wasLive) std::_Exit(code);
    return code;
}

#pragma once

#include <QTemporaryDir>
#include <QtTest>
#include <memory>

#include "tests/support/test_video.h"
#include "viewer/session/session.h"

namespace mcj::test {

/// A disc over a background, both moving: small enough to be quick, textured enough for DIS.
inline MovingScene smallScene() {
    return MovingScene({96, 64}, {0.0F, 0.0F}, {{{30.0F, 32.0F}, {1.0F, 0.5F}, 13.0F}});
}

/// A session on a real small video, without a model: flow comes from DIS.
class SessionFixture {
public:
    explicit SessionFixture(int frames = 24) : frames_(frames) {
        video_ = folder_.filePath("clip.mkv");
        error_ = writeLossless(smallScene(), frames, video_);
    }
    [[nodiscard]] const QString& error() const { return error_; }
    [[nodiscard]] const QString& video() const { return video_; }
    [[nodiscard]] QString path(const QString& name) const { return folder_.filePath(name); }
    [[nodiscard]] int frames() const { return frames_; }

    [[nodiscard]] SessionOptions options() const {
        SessionOptions options;
        // Not a model: the engine's failure must leave everything else working.
        options.engine.model = folder_.filePath("no-model.safetensors").toStdString();
        options.projectFolder = folder_.filePath("projects");
        return options;
    }

    /// A session of its own, with DIS and propagation by DIS.
    [[nodiscard]] std::unique_ptr<Session> makeSession() const {
        auto session = std::make_unique<Session>(options());
        session->view().setFlowProvider(kDisFlow);
        PropagatorOptions propagator;
        propagator.method = PropagationMethod::DisFlow;
        session->propagation().setOptions(propagator);
        return session;
    }

    /// Opened, counted, and everything on screen computed.
    [[nodiscard]] std::unique_ptr<Session> openSession() const {
        auto session = makeSession();
        session->open(video_);
        (void)settle(*session);
        return session;
    }

    [[nodiscard]] static bool settle(Session& session) {
        return QTest::qWaitFor(
            [&session] {
                const EngineState engine = session.view().engine().state;
                return session.settled() && !session.frames().isOpening() &&
                       (!session.isOpen() || engine == EngineState::Failed ||
                        engine == EngineState::Ready);
            },
            30'000);
    }

private:
    QTemporaryDir folder_;
    QString video_;
    QString error_;
    int frames_;
};

/// Whether the files could be read.
inline bool loadFlow(Session& session, FlowRole role, const QString& path) {
    bool loaded = false;
    const auto heard = QObject::connect(&session.loadedFlow(), &LoadedFlow::loaded, &session,
                                        [&loaded] { loaded = true; });
    session.loadedFlow().load(role, path);
    const bool ended =
        QTest::qWaitFor([&session] { return !session.loadedFlow().waiting(); }, 30'000);
    QObject::disconnect(heard);
    return ended && loaded;
}

/// Draws a dot or a line as one drag.
inline void drag(Session& session, StrokeMode mode, PointF from, PointF to) {
    session.masks().beginStroke(session.playhead().current(), mode, from);
    session.masks().extendStroke(to);
    session.masks().endStroke();
}

/// Intersection over union of `object`.
inline double overlap(const Mask& mask, const Raster<std::uint8_t>& truth, ObjectId object) {
    double both = 0.0;
    double either = 0.0;
    for (std::size_t i = 0; i < truth.values().size(); ++i) {
        const bool a = mask.labels.values()[i] == object;
        const bool b = truth.values()[i] == object;
        both += a && b ? 1.0 : 0.0;
        either += a || b ? 1.0 : 0.0;
    }
    return either == 0.0 ? 1.0 : both / either;
}

}  // namespace mcj::test

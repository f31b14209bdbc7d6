#pragma once

#include <QObject>
#include <QString>

#include "viewer/session/preferences.h"

namespace mcj {

class MainWindow;
class Session;

/// The settings that are kept between starts: recent files, the window's geometry and panels,
/// changed shortcuts, preferences, the methods for flow and propagation, live sources and
/// thumbnails. The only user of QSettings.
class Settings : public QObject {
    Q_OBJECT
public:
    explicit Settings(QObject* parent = nullptr);
    [[nodiscard]] static Preferences preferences();
    /// Stores the preferences of `session`, which must outlive this object, when the user changes
    /// them.
    void keepPreferences(Session& session);
    /// Sets the preferred methods in `session`, or else those used last, before a window shows
    /// them, and switches thumbnails on or off. Methods that no longer exist are ignored.
    static void restoreMethods(Session& session);
    /// Stores the current methods and live sources of `session`, and whether thumbnails are shown.
    static void saveMethods(Session& session);
    /// Applies the stored values to `window`, which must outlive this object, and stores changes.
    void attach(MainWindow& window);
    /// Stores the window's geometry.
    void saveWindow(const MainWindow& window);
    /// The folder of projects whose video is in a folder that is not writable.
    [[nodiscard]] static QString projectFolder();
};

}  // namespace mcj

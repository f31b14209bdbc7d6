#pragma once

#include <QObject>
#include <QString>

namespace mcj {

class MainWindow;
class Session;

/// What the program remembers between starts: recent files, the window's place and panels, changed
/// keys, and the methods chosen for flow and propagation. The only place that knows QSettings.
class Settings : public QObject {
    Q_OBJECT
public:
    explicit Settings(QObject* parent = nullptr);
    /// Puts the chosen methods into `session`, before a window shows them. What is not known any
    /// more is passed over.
    static void restoreMethods(Session& session);
    /// Remembers the methods that `session` uses now.
    static void saveMethods(Session& session);
    /// Puts what is remembered into `window`, which outlives this, and remembers its changes.
    void attach(MainWindow& window);
    /// Remembers the window's place now.
    void saveWindow(const MainWindow& window);
    /// For project files whose video lies in a folder that cannot be written.
    [[nodiscard]] static QString projectFolder();
};

}  // namespace mcj

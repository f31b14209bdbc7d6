#pragma once

#include <QObject>
#include <QString>

namespace mcj {

class MainWindow;

/// What the program remembers between starts: recent files, the window's place and panels. The only
/// place that knows QSettings.
class Settings : public QObject {
    Q_OBJECT
public:
    explicit Settings(QObject* parent = nullptr);
    /// Puts what is remembered into `window`, which outlives this, and remembers its changes.
    void attach(MainWindow& window);
    /// Remembers the window's place now.
    void saveWindow(const MainWindow& window);
    /// For project files whose video lies in a folder that cannot be written.
    [[nodiscard]] static QString projectFolder();
};

}  // namespace mcj

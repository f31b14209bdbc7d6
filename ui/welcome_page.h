#pragma once

#include <QStringList>
#include <QWidget>

class QLabel;
class QVBoxLayout;

namespace mcj {

class CommandRegistry;

/// The page shown while no video is open: open buttons, recent files and a drop area.
class WelcomePage : public QWidget {
    Q_OBJECT
public:
    explicit WelcomePage(const CommandRegistry& commands, QWidget* parent = nullptr);
    void setRecent(const QStringList& paths);
    /// Shows that the file `name` is being opened; empty: no file.
    void setOpening(const QString& name);

Q_SIGNALS:
    void openRequested(const QString& path);

private:
    QVBoxLayout* recent_;
    QLabel* recentTitle_;
    QLabel* hint_;
    QString calmHint_;
};

}  // namespace mcj

#pragma once

#include <QStringList>
#include <QWidget>

class QLabel;
class QVBoxLayout;

namespace mcj {

class CommandRegistry;

/// What is seen before a video is open: open, the sample, recent files, where to drop.
class WelcomePage : public QWidget {
    Q_OBJECT
public:
    explicit WelcomePage(const CommandRegistry& commands, QWidget* parent = nullptr);
    void setRecent(const QStringList& paths);
    /// Says that a file is being opened; empty: nothing is.
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

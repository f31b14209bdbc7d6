#pragma once

#include <QObject>
#include <QString>
#include <optional>

#include "ui/export_dialog.h"
#include "viewer/session/session.h"

namespace mcj {

class Actions;
class MainWindow;

/// What the actions do: the one place where menus, keys and buttons meet the session.
class Commands : public QObject {
    Q_OBJECT
public:
    Commands(Session& session, MainWindow& window, Actions& actions, QObject* parent);
    void setSample(const QString& path);

private:
    void connectFile();
    void connectEdit();
    void connectTools();
    void connectPlay();
    void connectView();
    void refresh();
    void openVideo();
    void openFolder();
    void importMask();
    /// For a picture that is not a label map; nothing where it is not to be imported.
    [[nodiscard]] std::optional<int> askThreshold(const QString& reason);
    void showExport(ExportKind kind);
    void startExport(const ExportChoice& choice);
    void sizeBrush(float factor);
    void showAbout();
    void say(Notice::Level level, const QString& text, const QString& hint = {});

    Session& session_;
    MainWindow& window_;
    Actions& actions_;
    QString sample_;
};

}  // namespace mcj

#pragma once

#include <QWidget>

#include "viewer/session/session.h"

class QComboBox;
class QListWidget;
class QSlider;
class QLabel;

namespace mcj {

class CommandRegistry;

/// The list of objects, the brush, and the propagation of masks.
class ObjectsDock : public QWidget {
    Q_OBJECT
public:
    ObjectsDock(Session& session, const CommandRegistry& commands, QWidget* parent = nullptr);

private:
    void makeList();
    QLayout* makeButtons(const CommandRegistry& commands);
    QLayout* makeForm();
    QLayout* makeCarry(const CommandRegistry& commands);
    void refreshFrameState();
    void refresh();
    void refreshBrush();
    void pickColor(ObjectId id);

    Session& session_;
    QListWidget* list_;
    QSlider* brush_;
    QLabel* brushPx_;
    QComboBox* method_;
    QLabel* frameState_;
};

}  // namespace mcj

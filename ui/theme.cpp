#include "ui/theme.h"

#include <QApplication>
#include <QFont>
#include <QPalette>
#include <QStyleFactory>

/// Resources of a static library must be initialised explicitly; the macro works only outside
/// namespaces.
static void initResources() { Q_INIT_RESOURCE(resources); }

namespace mcj {
namespace {

QPalette darkPalette() {
    QPalette palette;
    const QColor text(Theme::kText);
    const QColor off(0xff6a717d);
    palette.setColor(QPalette::Window, QColor(Theme::kPanel));
    palette.setColor(QPalette::WindowText, text);
    palette.setColor(QPalette::Base, QColor(Theme::kField));
    palette.setColor(QPalette::AlternateBase, QColor(0xff1e2126));
    palette.setColor(QPalette::ToolTipBase, QColor(0xff2f343d));
    palette.setColor(QPalette::ToolTipText, text);
    palette.setColor(QPalette::Text, text);
    palette.setColor(QPalette::PlaceholderText, off);
    palette.setColor(QPalette::Button, QColor(Theme::kRaised));
    palette.setColor(QPalette::ButtonText, text);
    palette.setColor(QPalette::BrightText, Qt::white);
    palette.setColor(QPalette::Link, QColor(Theme::kAccent));
    palette.setColor(QPalette::Highlight, QColor(0xff3f7fb5));
    palette.setColor(QPalette::HighlightedText, Qt::white);
    palette.setColor(QPalette::Light, QColor(0xff3a3f49));
    palette.setColor(QPalette::Midlight, QColor(0xff333842));
    palette.setColor(QPalette::Mid, QColor(0xff2a2e36));
    palette.setColor(QPalette::Dark, QColor(0xff14161a));
    palette.setColor(QPalette::Shadow, QColor(0xff0c0d10));
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
        palette.setColor(QPalette::Disabled, role, off);
    }
    palette.setColor(QPalette::Disabled, QPalette::Highlight, QColor(0xff3a3f49));
    return palette;
}

QString styleSheet() {
    return QStringLiteral(R"(
QMainWindow::separator { background: #17191d; width: 4px; height: 4px; }
QMainWindow::separator:hover { background: #3f7fb5; }
QMenuBar { background: #202329; padding: 2px 4px; }
QMenuBar::item { padding: 4px 10px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: #2c3038; }
QMenu { background: #262a31; border: 1px solid #3a3f49; padding: 5px 0; }
QMenu::item { padding: 5px 28px 5px 30px; }
QMenu::item:selected { background: #35506a; }
QMenu::item:disabled { color: #6a717d; }
QMenu::separator { height: 1px; background: #3a3f49; margin: 5px 10px; }
QMenu::icon { padding-left: 8px; }
QToolBar { background: #202329; border: 0; border-bottom: 1px solid #17191d; padding: 4px 6px;
           spacing: 3px; }
#qt_toolbar_ext_button { background: #2c3038; padding: 0; }
QToolBar::separator { background: #363b45; width: 1px; margin: 6px 6px; }
QToolButton { border: 1px solid transparent; border-radius: 5px; padding: 5px; }
QToolButton:hover { background: #2c3038; }
QToolButton:pressed { background: #262a31; }
QToolButton:checked { background: #2f4a63; border-color: #4a80ab; }
QToolButton:focus { border-color: #5ea8e0; }
QDockWidget { font-weight: 600; titlebar-close-icon: url(:/icons/close.svg); }
QDockWidget::close-button { border: 0; background: transparent; icon-size: 14px; }
QDockWidget::close-button:hover { background: #363b45; border-radius: 4px; }
QDockWidget::title { background: #202329; padding: 8px 10px 6px 12px; text-align: left; }
QDockWidget > QWidget { background: #202329; }
QStatusBar { background: #1b1e23; border-top: 1px solid #17191d; }
QStatusBar::item { border: 0; }
QToolTip { background: #2f343d; color: #dde1e7; border: 1px solid #454b57; padding: 4px 6px; }
QListView { background: #191b20; border: 1px solid #2c3038; border-radius: 5px; outline: 0; }
QListView::item:selected { background: #2d4459; color: #ffffff; }
QListView::item:hover:!selected { background: #23272e; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: #3a404b; border-radius: 4px; margin: 1px; min-height: 24px; }
QScrollBar::handle:hover { background: #4a515e; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QLabel[dim="true"] { color: #98a0ac; }
QLabel[heading="true"] { font-weight: 600; }
QPushButton { padding: 6px 14px; background: #2c3038; border: 1px solid #3a404b;
              border-radius: 5px; }
QPushButton:hover { background: #363b45; }
QPushButton:pressed { background: #262a31; }
QPushButton:focus { border-color: #5ea8e0; }
QPushButton:disabled { color: #6a717d; background: #25282e; border-color: #2c3038; }
QPushButton[primary="true"] { background: #33689a; border: 1px solid #4a86b8; border-radius: 5px;
                              padding: 7px 18px; color: white; }
QPushButton[primary="true"]:hover { background: #3b76ad; }
QPushButton[primary="true"]:disabled { background: #2c3038; border-color: #363b45; color: #6a717d; }
QProgressBar { background: #191b20; border: 1px solid #2c3038; border-radius: 4px; height: 8px; }
QProgressBar::chunk { background: #4c8fc4; border-radius: 3px; }
)");
}

}  // namespace

void applyTheme(QApplication& app) {
    initResources();
    QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    QApplication::setPalette(darkPalette());
    QFont font = QApplication::font();
    if (font.pointSizeF() < 9.5) font.setPointSizeF(9.5);
    QApplication::setFont(font);
    app.setStyleSheet(styleSheet());
}

QIcon themeIcon(const QString& name) {
    return name.isEmpty() ? QIcon() : QIcon(QStringLiteral(":/icons/%1.svg").arg(name));
}

}  // namespace mcj

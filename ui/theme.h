#pragma once

#include <QColor>
#include <QIcon>
#include <QString>

class QApplication;

namespace mcj {

/// Colours of the window: dark and grey, so that only pictures have saturated colours.
struct Theme {
    static constexpr QRgb kBackground = 0xff17191d;  ///< behind pictures
    static constexpr QRgb kPanel = 0xff202329;       ///< docks, toolbars
    static constexpr QRgb kField = 0xff191b20;       ///< lists, inputs
    static constexpr QRgb kRaised = 0xff2c3038;      ///< buttons, hovered rows
    static constexpr QRgb kLine = 0xff363b45;        ///< separators
    static constexpr QRgb kText = 0xffdde1e7;
    static constexpr QRgb kDim = 0xff98a0ac;  ///< captions; 5.9:1 on kPanel
    static constexpr QRgb kAccent = 0xff5ea8e0;
    static constexpr QRgb kWarning = 0xffd9a441;
    static constexpr QRgb kFailure = 0xffe0736b;
    static constexpr QRgb kGood = 0xff6fbf8b;
};

/// Style, palette and style sheet for the whole program.
void applyTheme(QApplication& app);

/// The icon ":/icons/NAME.svg".
[[nodiscard]] QIcon themeIcon(const QString& name);

}  // namespace mcj

#include "viewer/session/time_left.h"

#include <QObject>
#include <cmath>

namespace mcj {

QString timeLeftText(double secs) {
    if (secs < 0.0) return {};
    if (secs < 1.0) return QObject::tr("almost done");
    if (secs < 90.0) return QObject::tr("about %1 s left").arg(std::lround(secs));
    if (secs < 5400.0) return QObject::tr("about %1 min left").arg(std::lround(secs / 60.0));
    return QObject::tr("about %1 h left").arg(secs / 3600.0, 0, 'f', 1);
}

}  // namespace mcj

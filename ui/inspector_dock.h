#pragma once

#include <QWidget>
#include <map>
#include <optional>

#include "viewer/session/session.h"

class QGridLayout;
class QLabel;

namespace mcj {

/// Shows the values at the pointer, and the query point with its best match in the shown frame.
class InspectorDock : public QWidget {
    Q_OBJECT
public:
    explicit InspectorDock(Session& session, QWidget* parent = nullptr);

public Q_SLOTS:
    void setPixel(std::optional<mcj::PointPx> pixel);

private:
    enum class Row {
        Pixel,
        Color,
        Vector,
        Length,
        WarpError,
        Consistency,
        FeatureError,
        Similarity,
        Object,
        Query,
        Match
    };

    void addRow(QGridLayout* grid, Row row, const QString& caption, const char* name,
                const QString& tip);
    void put(Row row, const QString& text);
    void refresh();

    Session& session_;
    std::optional<PointPx> pixel_;
    std::map<Row, QLabel*> values_;
};

}  // namespace mcj

#pragma once

#include <QWidget>
#include <map>
#include <optional>

#include "viewer/session/session.h"

class QGridLayout;
class QLabel;
class QListWidget;

namespace mcj {

/// Shows the values at the pointer, the pins, and the selected pin with its best match and its
/// trajectory in the shown frame.
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
        Match,
        Track,
        Distance
    };

    void addRow(QGridLayout* grid, Row row, const QString& caption, const char* name,
                const QString& tip);
    void put(Row row, const QString& text);
    void refresh();
    void refreshPins();
    /// What of which frame is searched.
    [[nodiscard]] QString textOf(const SimilarityQuery& query) const;

    Session& session_;
    std::optional<PointPx> pixel_;
    std::map<Row, QLabel*> values_;
    QListWidget* pins_;
};

}  // namespace mcj

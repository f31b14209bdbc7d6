#pragma once

#include <QWidget>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "viewer/session/session.h"

namespace mcj {

/// Every map of the shown frame side by side, small, on the layers' own scales. A click shows that
/// map alone on the canvas. While it is visible the session computes all of them.
class MapStrip : public QWidget {
    Q_OBJECT
public:
    explicit MapStrip(Session& session, QWidget* parent = nullptr);
    [[nodiscard]] QSize sizeHint() const override { return {900, 116}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {500, 108}; }

Q_SIGNALS:
    /// A click on the map of this layer.
    void chosen(const std::string& layer);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;
    bool event(QEvent* event) override;

private:
    struct Picture {
        std::shared_ptr<const void> content;  ///< what it was drawn from; null: nothing
        std::uint64_t layersRevision = 0;
        QSize size;
        QImage image;
    };

    [[nodiscard]] QRectF cell(int index) const;
    [[nodiscard]] int cellAt(QPointF pos) const;
    [[nodiscard]] const QImage& picture(const Layer& layer, QSize devicePixels);
    /// What there is to draw of the shown frame: pixels that never change, or null.
    [[nodiscard]] std::shared_ptr<const void> contentOf(const Layer& layer) const;
    [[nodiscard]] QString missingText(const Layer& layer) const;

    Session& session_;
    std::vector<std::string> shown_;  ///< ids of the layers, left to right
    std::map<std::string, Picture> pictures_;
    int hovered_ = -1;
};

}  // namespace mcj

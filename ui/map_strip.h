#pragma once

#include <QWidget>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "viewer/session/session.h"

namespace mcj {

/// Thumbnails of all maps of the shown frame that can be computed, with the scales of the layers. A
/// click shows only that map on the canvas. While the strip is visible, the session computes all
/// maps.
class MapStrip : public QWidget {
    Q_OBJECT
public:
    explicit MapStrip(Session& session, QWidget* parent = nullptr);
    [[nodiscard]] QSize sizeHint() const override { return {900, 116}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {500, 108}; }

Q_SIGNALS:
    /// The map of this layer was clicked.
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
        std::shared_ptr<const void> content;  ///< data it was drawn from; null: none
        std::uint64_t layersRevision = 0;
        QSize size;
        QImage image;
    };

    /// Maps of the truth are offered only where it is loaded.
    void chooseShown();
    [[nodiscard]] QRectF cell(int index) const;
    [[nodiscard]] int cellAt(QPointF pos) const;
    [[nodiscard]] const QImage& picture(const Layer& layer, QSize devicePixels);
    /// The data of the layer for the shown frame: immutable pixels, or null.
    [[nodiscard]] std::shared_ptr<const void> contentOf(const Layer& layer) const;
    [[nodiscard]] QString missingText(const Layer& layer) const;

    Session& session_;
    std::vector<std::string> shown_;  ///< ids of the layers, left to right
    std::map<std::string, Picture> pictures_;
    int hovered_ = -1;
};

}  // namespace mcj

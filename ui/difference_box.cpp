#include "ui/difference_box.h"

#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QSignalBlocker>
#include <algorithm>

namespace mcj {

DifferenceBox::DifferenceBox(Session& session, QWidget* parent)
    : QWidget(parent), session_(session) {
    setObjectName("differenceMaps");
    auto* form = new QFormLayout(this);
    form->setContentsMargins(0, 0, 0, 0);
    form->setLabelAlignment(Qt::AlignLeft);
    rows_ = {addRow("first", tr("Map from which the other is subtracted")),
             addRow("second", tr("Map that is subtracted"))};
    const std::array<QString, 2> words{tr("Map"), tr("Minus")};
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        auto* line = new QHBoxLayout;
        line->addWidget(rows_[i].map, 1);
        line->addWidget(rows_[i].view);
        form->addRow(words[i], line);
    }
}

DifferenceBox::Row DifferenceBox::addRow(const QString& name, const QString& spoken) {
    const Row row{new QComboBox(this), new QComboBox(this)};
    row.view->setObjectName("difference_view_" + name);
    row.view->setAccessibleName(tr("View of: %1").arg(spoken));
    row.view->setToolTip(tr(
        "The view whose method, checkpoint, level and frame distance are used to compute the map"));
    for (std::size_t i = 0; i < ViewSet::kMost; ++i) {
        row.view->addItem(tr("View %1").arg(QChar('A' + static_cast<int>(i))));
    }
    row.map->setObjectName("difference_map_" + name);
    row.map->setAccessibleName(spoken);
    for (const LayerTraits& traits : layerTraits()) {
        if (!isDifferenceTerm(traits)) continue;
        row.map->addItem(QString::fromUtf8(traits.title), QString::fromUtf8(traits.kind));
    }
    connect(row.view, &QComboBox::activated, this, &DifferenceBox::adopt);
    connect(row.map, &QComboBox::activated, this, &DifferenceBox::adopt);
    return row;
}

void DifferenceBox::adopt() {
    const auto termOf = [](const Row& row) {
        return DifferenceTerm{static_cast<std::size_t>(std::max(0, row.view->currentIndex())),
                              row.map->currentData().toString().toStdString()};
    };
    const MapDifference wanted{termOf(rows_[0]), termOf(rows_[1])};
    View& view = session_.view();
    // A view that does not exist yet begins as a copy of the active one.
    session_.views().ensure(std::max(wanted.first.view, wanted.second.view) + 1);
    const bool otherScale = wanted.first.layer != view.difference().first.layer;
    view.setDifference(wanted);
    if (!otherScale) return;
    Layer layer = view.layers().layer(kDifferenceLayer);
    layer.look = differenceLook(wanted);
    view.layers().set(layer);
}

void DifferenceBox::showLayer(const Layer& layer) {
    const bool shown = layer.kind == kDifferenceLayer;
    setVisible(shown);
    if (!shown) return;
    const MapDifference& difference = session_.view().difference();
    const std::array<DifferenceTerm, 2> terms{difference.first, difference.second};
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        const QSignalBlocker blockView(rows_[i].view);
        const QSignalBlocker blockMap(rows_[i].map);
        rows_[i].view->setCurrentIndex(static_cast<int>(terms[i].view));
        rows_[i].map->setCurrentIndex(
            rows_[i].map->findData(QString::fromStdString(terms[i].layer)));
    }
}

}  // namespace mcj

#include "ui/command_registry.h"
#include "ui/commands/commands.h"
#include "ui/layers_dock.h"
#include "ui/main_window.h"
#include "viewer/canvas/canvas_widget.h"
#include "viewer/session/session.h"

namespace mcj {
namespace {

constexpr double kZoomIn = 1.25;
constexpr double kZoomOut = 0.8;

void addZoom(CommandRegistry& registry, Session& session, MainWindow& window) {
    const QString menu = tr("&View");
    const auto shown = [&session] { return showsPicture(session); };
    registry.add({.id = "zoom_in",
                  .menu = menu,
                  .text = tr("Zoom &in"),
                  .tip = tr("Zoom in"),
                  .keys = "+; =",
                  .run = [&window] { window.canvas().zoomBy(kZoomIn); },
                  .enabled = shown});
    registry.add({.id = "zoom_out",
                  .menu = menu,
                  .text = tr("Zoom &out"),
                  .tip = tr("Zoom out"),
                  .keys = "-",
                  .run = [&window] { window.canvas().zoomBy(kZoomOut); },
                  .enabled = shown});
    registry.add({.id = "zoom_fit",
                  .menu = menu,
                  .text = tr("&Fit to window"),
                  .tip = tr("Show the whole picture"),
                  .keys = "0",
                  .icon = "fit",
                  .run = [&window] { window.canvas().zoomToFit(); },
                  .enabled = shown});
    registry.add({.id = "zoom_actual",
                  .menu = menu,
                  .text = tr("&Actual pixels"),
                  .tip = tr("Show one video pixel per screen pixel"),
                  .keys = "Ctrl+1",
                  .icon = "actual",
                  .run = [&window] { window.canvas().zoomToActual(); },
                  .enabled = shown});
}

void addLayerChoice(CommandRegistry& registry, Session& session, MainWindow& window) {
    struct Row {
        const char* layer;
        const char* id;
        QString text;
        QString tip;
        const char* keys;
    };
    bool first = true;
    for (const Row& row :
         {Row{kFlowLayer, "show_flow", tr("Flow only"), tr("Show the image and the flow"),
              "Ctrl+F1"},
          Row{kWarpErrorLayer, "show_warp_error", tr("Warp error only"),
              tr("Show the image and the warp error"), "Ctrl+F2"},
          Row{kConsistencyLayer, "show_consistency", tr("Consistency only"),
              tr("Show the image and the forward-backward error"), "Ctrl+F3"},
          Row{kOcclusionLayer, "show_occlusion", tr("Occlusion only"),
              tr("Show the image and the occlusion"), "Ctrl+F4"},
          Row{kFeatureErrorLayer, "show_feature_error", tr("Feature error only"),
              tr("Show the image and the feature error"), "Ctrl+F5"},
          Row{kSimilarityLayer, "show_similarity", tr("Similarity only"),
              tr("Show the image and the similarity to the selected pin"), "Ctrl+F6"},
          Row{kFeaturesLayer, "show_features", tr("Features only"),
              tr("Show the features as colours: similar content has similar colours"), "Ctrl+F7"},
          Row{kArrowsLayer, "show_arrows", tr("Arrows only"),
              tr("Show the image and the motion as arrows"), "Ctrl+F8"},
          Row{kStreamlinesLayer, "show_streamlines", tr("Streamlines only"),
              tr("Show the image and where its points move over the following frames"),
              "Ctrl+F9"}}) {
        registry.add({.id = row.id,
                      .menu = tr("&View"),
                      .text = row.text,
                      .tip = row.tip,
                      .keys = row.keys,
                      .separatorBefore = std::exchange(first, false),
                      .run = [&session, &window, layer = row.layer] {
                          session.view().layers().showOnly(layer);
                          window.layers().choose(layer);
                      }});
    }
}

}  // namespace

void addViewCommands(CommandRegistry& registry, Session& session, MainWindow& window) {
    addZoom(registry, session, window);
    addLayerChoice(registry, session, window);
    registry.add(
        {.id = "full_screen",
         .menu = tr("&View"),
         .text = tr("F&ull screen"),
         .tip = tr("Enter or leave full screen"),
         .keys = "F11",
         .kind = Command::Kind::Toggle,
         .separatorBefore = true,
         .toggle = [&window](bool full) { full ? window.showFullScreen() : window.showNormal(); },
         .checked = [&window] { return window.isFullScreen(); }});
    registry.add({.id = "hide_panels",
                  .menu = tr("&View"),
                  .text = tr("&Hide panels"),
                  .tip = tr("Show only the picture and the timeline"),
                  .keys = "Ctrl+B",
                  .kind = Command::Kind::Toggle,
                  .toggle = [&window](bool hidden) { window.setPanelsVisible(!hidden); },
                  .checked = [&window] { return !window.panelsVisible(); }});
    registry.add({.id = "show_thumbnails",
                  .menu = tr("&View"),
                  .text = tr("&Thumbnails"),
                  .tip = tr("Show thumbnails of the clip above the rows of the timeline; they are "
                            "read in spare time, once all frames are counted"),
                  .kind = Command::Kind::Toggle,
                  .toggle =
                      [&session](bool on) {
                          session.timeline().thumbnails.setReading(on ? ThumbnailReading::On
                                                                      : ThumbnailReading::Off);
                      },
                  .checked =
                      [&session] {
                          return session.timeline().thumbnails.reading() == ThumbnailReading::On;
                      }});
}

}  // namespace mcj

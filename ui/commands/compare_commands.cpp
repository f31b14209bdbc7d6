#include <QFileDialog>

#include "ui/command_registry.h"
#include "ui/commands/commands.h"
#include "ui/layers_dock.h"
#include "ui/main_window.h"
#include "viewer/session/level_comparison.h"
#include "viewer/session/session.h"

namespace mcj {
namespace {

void addArrangements(CommandRegistry& registry, Session& session) {
    struct Row {
        Arrangement arrangement;
        const char* id;
        QString text;
        QString tip;
        const char* keys;
    };
    for (const Row& row :
         {Row{Arrangement::Single, "view_single", tr("&One view"), tr("Show the active view alone"),
              "Shift+F1"},
          Row{Arrangement::SideBySide, "view_two", tr("&Two views"),
              tr("Show two views side by side"), "Shift+F2"},
          Row{Arrangement::Wipe, "view_wipe", tr("&Wipe"),
              tr("Show two views in the same place, divided by a line that can be dragged"),
              "Shift+F3"},
          Row{Arrangement::Grid, "view_four", tr("&Four views"), tr("Show four views"), "Shift+F4"},
          Row{Arrangement::Difference, "view_difference", tr("&Difference"),
              tr("Show the absolute difference of the colours of two views"), "Shift+F5"}}) {
        registry.add({.id = row.id,
                      .menu = tr("&Compare"),
                      .text = row.text,
                      .tip = row.tip,
                      .keys = row.keys,
                      .kind = Command::Kind::Toggle,
                      .toggle = [&session, arrangement = row.arrangement](
                                    bool) { session.views().arrange(arrangement); },
                      .enabled = [&session] { return showsPicture(session); },
                      .checked =
                          [&session, arrangement = row.arrangement] {
                              return session.views().arrangement() == arrangement;
                          }});
    }
}

void chooseCheckpoint(Session& session, MainWindow& window) {
    const QString path = QFileDialog::getOpenFileName(
        &window,
        tr("Checkpoint for view %1")
            .arg(QChar('A' + static_cast<int>(session.views().activeIndex()))),
        window.folder(), tr("Models (*.safetensors);;All files (*)"));
    if (path.isEmpty()) return;
    EngineOptions options = session.view().engine().options;
    options.model = path.toStdString();
    session.view().setEngine(session.engines().add(options));
    session.views().requestEngines(session.engines());
}

void addLevels(CommandRegistry& registry, Session& session, MainWindow& window) {
    const QString menu = tr("&Compare");
    registry.add({.id = "view_feature_levels",
                  .menu = menu,
                  .text = tr("Feature &levels side by side"),
                  .tip = tr("Show the features of four levels as colours in four views, from fine "
                            "to coarse"),
                  .keys = "Ctrl+Shift+L",
                  .run =
                      [&session, &window] {
                          showFeatureLevels(session.views());
                          session.views().requestEngines(session.engines());
                          window.layers().choose(kFeaturesLayer);
                      },
                  .enabled =
                      [&session] {
                          return showsPicture(session) &&
                                 session.view().engine().state == EngineState::Ready;
                      }});
    registry.add({.id = "view_flow_levels",
                  .menu = menu,
                  .text = tr("Flo&w levels side by side"),
                  .tip = tr("Show the flow that the network estimates at four of its levels in "
                            "four views, from fine to coarse"),
                  .keys = "Ctrl+Alt+L",
                  .run =
                      [&session, &window] {
                          showFlowLevels(session.views());
                          session.views().requestEngines(session.engines());
                          window.layers().choose(kFlowLayer);
                      },
                  .enabled =
                      [&session] {
                          const PooledEngine& engine = session.view().engine();
                          return showsPicture(session) && engine.info && engine.info->hasFlow;
                      }});
}

}  // namespace

void addCompareCommands(CommandRegistry& registry, Session& session, MainWindow& window) {
    const QString menu = tr("&Compare");
    const auto shown = [&session] { return showsPicture(session); };
    addArrangements(registry, session);
    addLevels(registry, session, window);
    registry.add({.id = "view_flip",
                  .menu = menu,
                  .text = tr("Fli&p A and B"),
                  .tip = tr("Switch between the first two views, shown in the same place"),
                  .keys = "X",
                  .separatorBefore = true,
                  .run = [&session] { session.views().flip(); },
                  .enabled = shown});
    registry.add({.id = "view_next",
                  .menu = menu,
                  .text = tr("&Next view"),
                  .tip = tr("Make the next view on screen the active one"),
                  .keys = "Ctrl+Tab",
                  .run =
                      [&session] {
                          const std::size_t count = session.views().shown().size();
                          session.views().activate((session.views().activeIndex() + 1) % count);
                      },
                  .enabled = [&session] { return session.views().shown().size() > 1; }});
    registry.add(
        {.id = "link_frames",
         .menu = menu,
         .text = tr("&Link frames"),
         .tip = tr("On: all views move through the clip together, each at its frame offset. Off: "
                   "only the active view moves, and the others keep their frames"),
         .kind = Command::Kind::Toggle,
         .toggle =
             [&session](bool linked) {
                 session.views().setFrameLinking(linked ? FrameLinking::Linked
                                                        : FrameLinking::Separate);
             },
         .enabled = shown,
         .checked = [&session] { return session.views().frameLinking() == FrameLinking::Linked; }});
    registry.add(
        {.id = "link_places",
         .menu = menu,
         .text = tr("Link &zoom and position"),
         .tip = tr("On: all views show the same part of the picture. Off: with two or four views "
                   "side by side, only the active one is zoomed and moved"),
         .kind = Command::Kind::Toggle,
         .toggle =
             [&session](bool linked) {
                 session.views().setPlaceLinking(linked ? PlaceLinking::Linked
                                                        : PlaceLinking::Separate);
             },
         .enabled = shown,
         .checked = [&session] { return session.views().placeLinking() == PlaceLinking::Linked; }});
    registry.add({.id = "view_checkpoint",
                  .menu = menu,
                  .text = tr("&Checkpoint of this view..."),
                  .tip = tr("Compute the active view with another model file"),
                  .keys = "Ctrl+Shift+K",
                  .separatorBefore = true,
                  .run = [&session, &window] { chooseCheckpoint(session, window); },
                  .enabled = shown});
}

}  // namespace mcj

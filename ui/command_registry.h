#pragma once

#include <QAction>
#include <QActionGroup>
#include <QKeySequence>
#include <QList>
#include <QObject>
#include <QString>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace mcj {

/// Something the user can do by menu, button or key. Everything about it is defined in one place:
/// its texts, its keys, what it does, and when it is enabled.
struct Command {
    enum class Kind { Trigger, Toggle, Tool };

    std::string id;        ///< "propagate_forward": in settings, so it never changes
    QString menu = {};     ///< "&File"; empty: in no menu
    QString submenu = {};  ///< "&Speed": a menu within `menu`; empty: in `menu` itself
    QString text = {};     ///< "&Play or pause"
    QString tip = {};      ///< one sentence
    QString keys = {};     ///< "Space; K": the first is shown, the others work too
    QString icon = {};     ///< ":/icons/ICON.svg"; may be empty
    Kind kind = Kind::Trigger;
    bool separatorBefore = false;
    std::function<void()> run = {};
    std::function<void(bool)> toggle = {};    ///< instead of `run`, for a Toggle
    std::function<bool()> enabled = {};       ///< none: always
    std::function<bool()> checked = {};       ///< of a Toggle or Tool
    std::function<void(QAction&)> look = {};  ///< where text or icon depend on the state
};

/// A command's text or menu without the mark of its key and without dots.
[[nodiscard]] QString plainText(QString text);

/// The commands of one window, in the order of the menus, and their keys. GUI thread.
class CommandRegistry : public QObject {
    Q_OBJECT
public:
    explicit CommandRegistry(QObject* parent);

    /// `command.id` must be new.
    void add(Command command);
    [[nodiscard]] const std::deque<Command>& commands() const noexcept { return commands_; }
    /// Throws `Error{Internal}` where there is no such command.
    [[nodiscard]] QAction& operator[](std::string_view id) const;
    [[nodiscard]] QList<QAction*> actions() const;
    /// Asks every command whether it is enabled and checked, and how it looks.
    void refresh();

    // Keys --------------------------------------------------------------------------------------
    /// "Space, K", as the desktop writes keys.
    [[nodiscard]] QString keysText(std::string_view id) const;
    /// Replaces the keys of a command; an empty list leaves it without keys. Returns the text of
    /// the command that has one of `keys` already, and changes nothing then; empty on success.
    QString setKeys(std::string_view id, const QList<QKeySequence>& keys);
    void resetKeys();
    /// The keys that differ from the defaults, by id: "Space; K" in portable form.
    [[nodiscard]] std::map<QString, QString> changedKeys() const;
    /// Applies what `changedKeys` returned in an earlier run. Unknown ids and keys that are taken
    /// are ignored.
    void restoreKeys(const std::map<QString, QString>& changed);

Q_SIGNALS:
    void keysChanged();

private:
    void applyKeys(const Command& command, const QList<QKeySequence>& keys);

    std::deque<Command> commands_;  ///< a deque: actions refer to its elements
    std::map<std::string, QAction*, std::less<>> actions_;
    QActionGroup* tools_;
};

}  // namespace mcj

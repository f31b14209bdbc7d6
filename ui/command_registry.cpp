#include "ui/command_registry.h"

#include "media/base/error.h"
#include "ui/theme.h"

namespace mcj {
namespace {

constexpr const char* kSeparator = "; ";

QList<QKeySequence> keysFrom(const QString& text) {
    QList<QKeySequence> keys;
    for (const QString& part : text.split(QLatin1String(kSeparator), Qt::SkipEmptyParts)) {
        keys << QKeySequence(part, QKeySequence::PortableText);
    }
    return keys;
}

QString textOf(const QList<QKeySequence>& keys, QKeySequence::SequenceFormat format,
               const QString& separator) {
    QStringList parts;
    for (const QKeySequence& key : keys) parts << key.toString(format);
    return parts.join(separator);
}

}  // namespace

QString plainText(QString text) {
    return text.remove(QLatin1Char('&')).remove(QStringLiteral("..."));
}

CommandRegistry::CommandRegistry(QObject* parent)
    : QObject(parent), tools_(new QActionGroup(this)) {}

void CommandRegistry::add(Command added) {
    const Command& command = commands_.emplace_back(std::move(added));
    auto* action = new QAction(command.text, this);
    if (!actions_.emplace(command.id, action).second) {
        throw Error(ErrorCode::Internal, "the command " + command.id + " was added twice");
    }
    action->setObjectName(QStringLiteral("action_") + QString::fromStdString(command.id));
    action->setStatusTip(command.tip);
    if (!command.icon.isEmpty()) action->setIcon(themeIcon(command.icon));
    action->setIconVisibleInMenu(false);
    action->setCheckable(command.kind != Command::Kind::Trigger);
    if (command.kind == Command::Kind::Tool) tools_->addAction(action);
    applyKeys(command, keysFrom(command.keys));
    connect(action, &QAction::triggered, this, [this, &command](bool checked) {
        command.toggle ? command.toggle(checked) : command.run();
        refresh();
    });
}

QAction& CommandRegistry::operator[](std::string_view id) const {
    const auto found = actions_.find(id);
    if (found != actions_.end()) return *found->second;
    throw Error(ErrorCode::Internal, "there is no command " + std::string(id));
}

QList<QAction*> CommandRegistry::actions() const {
    QList<QAction*> list;
    for (const Command& command : commands_) list << &(*this)[command.id];
    return list;
}

void CommandRegistry::refresh() {
    for (const Command& command : commands_) {
        QAction& action = (*this)[command.id];
        action.setEnabled(!command.enabled || command.enabled());
        if (command.checked) action.setChecked(command.checked());
        if (command.look) command.look(action);
    }
}

// Keys -------------------------------------------------------------------------------------------

void CommandRegistry::applyKeys(const Command& command, const QList<QKeySequence>& keys) {
    QAction& action = (*this)[command.id];
    action.setShortcuts(keys);
    const QString shown = keysText(command.id);
    action.setToolTip(shown.isEmpty()
                          ? command.tip
                          : QStringLiteral("%1  <span style='color:#98a0ac'>(%2)</span>")
                                .arg(command.tip.toHtmlEscaped(), shown.toHtmlEscaped()));
}

QString CommandRegistry::keysText(std::string_view id) const {
    return textOf((*this)[id].shortcuts(), QKeySequence::NativeText, QStringLiteral(", "));
}

QString CommandRegistry::setKeys(std::string_view id, const QList<QKeySequence>& keys) {
    const Command* changed = nullptr;
    for (const Command& command : commands_) {
        if (command.id == id) {
            changed = &command;
            continue;
        }
        for (const QKeySequence& key : (*this)[command.id].shortcuts()) {
            if (keys.contains(key)) return QString(command.text).remove(QLatin1Char('&'));
        }
    }
    if (changed == nullptr) return {};
    applyKeys(*changed, keys);
    Q_EMIT keysChanged();
    return {};
}

void CommandRegistry::resetKeys() {
    for (const Command& command : commands_) applyKeys(command, keysFrom(command.keys));
    Q_EMIT keysChanged();
}

std::map<QString, QString> CommandRegistry::changedKeys() const {
    std::map<QString, QString> changed;
    for (const Command& command : commands_) {
        const QList<QKeySequence> keys = (*this)[command.id].shortcuts();
        if (keys == keysFrom(command.keys)) continue;
        changed[QString::fromStdString(command.id)] =
            textOf(keys, QKeySequence::PortableText, QLatin1String(kSeparator));
    }
    return changed;
}

void CommandRegistry::restoreKeys(const std::map<QString, QString>& changed) {
    // All at once gives up their defaults first: two commands may have exchanged keys.
    for (const Command& command : commands_) {
        if (changed.contains(QString::fromStdString(command.id))) applyKeys(command, {});
    }
    for (const Command& command : commands_) {
        const auto kept = changed.find(QString::fromStdString(command.id));
        if (kept == changed.end()) continue;
        const bool taken = !setKeys(command.id, keysFrom(kept->second)).isEmpty();
        if (taken) (void)setKeys(command.id, keysFrom(command.keys));
    }
}

}  // namespace mcj

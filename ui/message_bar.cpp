#include "ui/message_bar.h"

#include <QApplication>
#include <QClipboard>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/theme.h"

namespace mcj {
namespace {

/// Maximum number of notices; older ones are dropped.
constexpr std::size_t kMostWaiting = 20;

}  // namespace

MessageBar::MessageBar(QWidget* parent) : QFrame(parent) {
    parent->installEventFilter(this);
    setObjectName("messageBar");
    setAccessibleName(tr("Messages"));
    text_ = new QLabel(this);
    text_->setObjectName("messageText");
    text_->setProperty("heading", true);
    hint_ = new QLabel(this);
    hint_->setObjectName("messageHint");
    for (QLabel* label : {text_, hint_}) {
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
        label->setTextFormat(Qt::PlainText);
    }
    count_ = new QLabel(this);
    count_->setProperty("dim", true);
    copy_ = new QToolButton(this);
    copy_->setObjectName("messageDetails");
    copy_->setText(tr("Copy details"));
    copy_->setToolTip(tr("Copy the message and its details for a bug report"));
    close_ = new QToolButton(this);
    close_->setObjectName("messageClose");
    close_->setIcon(themeIcon("close"));
    close_->setToolTip(tr("Dismiss"));
    close_->setAccessibleName(tr("Dismiss the message"));
    auto* words = new QVBoxLayout;
    words->setSpacing(2);
    words->addWidget(text_);
    words->addWidget(hint_);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(14, 8, 8, 8);
    row->setSpacing(10);
    row->addLayout(words, 1);
    row->addWidget(count_);
    row->addWidget(copy_);
    row->addWidget(close_);
    for (QToolButton* button : {copy_, close_}) button->setFocusPolicy(Qt::TabFocus);
    connect(close_, &QToolButton::clicked, this, &MessageBar::dismiss);
    connect(copy_, &QToolButton::clicked, this, [this] {
        if (notices_.empty()) return;
        const Notice& notice = notices_.front();
        QApplication::clipboard()->setText(
            QStringList{notice.text, notice.hint, notice.details}.join(QLatin1Char('\n')));
    });
    setVisible(false);
}

QString MessageBar::text() const { return notices_.empty() ? QString() : notices_.front().text; }

void MessageBar::say(const Notice& notice) {
    const bool known = std::any_of(notices_.begin(), notices_.end(),
                                   [&](const Notice& other) { return other.text == notice.text; });
    if (known) return;
    if (notice.topic != Notice::Topic::General && notice.topic != Notice::Topic::Video) {
        std::erase_if(notices_, [&](const Notice& other) { return other.topic == notice.topic; });
    }
    notices_.push_front(notice);
    if (notices_.size() > kMostWaiting) notices_.pop_back();
    refresh();
}

void MessageBar::dismiss() {
    if (!notices_.empty()) notices_.pop_front();
    refresh();
}

void MessageBar::settle(Notice::Topic topic) {
    if (std::erase_if(notices_, [&](const Notice& other) { return other.topic == topic; }) > 0) {
        refresh();
    }
}

void MessageBar::clear() {
    notices_.clear();
    refresh();
}

bool MessageBar::eventFilter(QObject* watched, QEvent* event) {
    if (watched == parent() && event->type() == QEvent::Resize) place();
    return QFrame::eventFilter(watched, event);
}

void MessageBar::place() {
    const int width = parentWidget()->width();
    const int height = hasHeightForWidth() ? heightForWidth(width) : sizeHint().height();
    setGeometry(0, 0, width, std::min(height, parentWidget()->height()));
    raise();
}

void MessageBar::refresh() {
    setVisible(!notices_.empty());
    if (notices_.empty()) return;
    const Notice& notice = notices_.front();
    const bool failure = notice.level == Notice::Level::Failure;
    const QColor line(failure ? Theme::kFailure : Theme::kWarning);
    setStyleSheet(QStringLiteral("#messageBar { background: #2a2d34; border: 0; "
                                 "border-left: 4px solid %1; }")
                      .arg(line.name()));
    text_->setText(notice.text);
    hint_->setText(notice.hint);
    hint_->setVisible(!notice.hint.isEmpty());
    count_->setText(notices_.size() > 1 ? tr("1 of %1").arg(notices_.size()) : QString());
    layout()->activate();
    place();
}

}  // namespace mcj

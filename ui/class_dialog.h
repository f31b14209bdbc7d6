#pragma once

#include <QString>
#include <functional>

#include "segmentation/class_list.h"

class QWidget;

namespace mcj {

class Session;

/// Lets the user choose one of the project's classes; typing finds one by its name. Returns at
/// once; `chosen` is called with the choice.
void askClass(Session& session, const QString& title,
              const std::function<void(const ObjectClass&)>& chosen, QWidget* parent);

}  // namespace mcj

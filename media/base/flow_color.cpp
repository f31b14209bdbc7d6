#include "media/base/flow_color.h"

#include "media/base/colormap.h"

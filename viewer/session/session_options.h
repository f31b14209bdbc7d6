#pragma once

#include <QString>
#include <cstddef>
#include <filesystem>

#include "viewer/session/engine_pool.h"
#include "viewer/session/ribbon.h"
#include "viewer/session/thumbnails.h"

namespace mcj {

struct SessionOptions {
    EngineOptions engine;
    EngineLoader loadEngine = &mcj::loadEngine;  ///< replaced in tests
    std::size_t frameBytes = std::size_t{512} << 20;
    std::size_t mapBytes = std::size_t{768} << 20;
    QString projectFolder;  ///< folder of project files; empty: beside the video
    RibbonFilling ribbon = RibbonFilling::Off;  ///< until a project or the user changes it
    ThumbnailReading thumbnails = ThumbnailReading::Off;
    /// Where exact indexes of videos are stored for the next opening; empty: not stored.
    std::filesystem::path frameIndexFolder;
};

}  // namespace mcj

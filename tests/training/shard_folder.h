#pragma once

#include <QTemporaryDir>

#include <filesystem>
#include <string>

#include "tests/training/tiny_training.h"

namespace tiny {

/// A folder of a test's own for the shards of `tiny::writeShards` and the runs on them. A base of
/// tests, which call `writeShards()` in initTestCase.
class ShardFolder {
public:
    [[nodiscard]] std::filesystem::path path() const { return folder_.path().toStdString(); }
    /// `name` in the folder.
    [[nodiscard]] std::filesystem::path at(const std::string& name) const { return path() / name; }

    void writeShards() const { tiny::writeShards(path()); }
    /// Of the run called `run`, on the shards.
    [[nodiscard]] mcj::TrainOptions options(const std::string& run) const {
        return tiny::options(path(), run);
    }

private:
    QTemporaryDir folder_;
};

}  // namespace tiny

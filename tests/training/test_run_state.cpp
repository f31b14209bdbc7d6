// Checkpoints of runs: they come back as they were, and damaged ones are named.
#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>
#include <functional>
#include <string>

#include <ATen/ATen.h>

#include "inference/model/checkpoint.h"
#include "media/base/error.h"
#include "tests/support/test_program.h"
#include "tests/training/shard_folder.h"
#include "tests/training/tiny_training.h"
#include "training/run_state.h"

namespace {

namespace fs = std::filesystem;

using Damage = std::function<void(mcj::TensorFile&)>;

class TestRunState : public QObject, private tiny::ShardFolder {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        writeShards();
        recipe_ = tiny::recipe("mc-jepa");
        (void)tiny::train(recipe_, options("run"));
        file_ = at("run") / "last.safetensors";
        QVERIFY2(fs::exists(file_), file_.c_str());
    }

    void whatWasSavedComesBack() {
        const mcj::RunState state = mcj::resumeRun(recipe_, file_, at::kCPU);
        QCOMPARE(state.step, std::int64_t{recipe_.steps});
        mcj::saveRun(state, at("again.safetensors"));
        const auto first = mcj::readTensors(file_);
        const auto again = mcj::readTensors(at("again.safetensors"));
        QVERIFY(first.metadata == again.metadata);
        QCOMPARE(first.tensors.size(), again.tensors.size());
        for (const auto& [name, tensor] : first.tensors) {
            QVERIFY2(at::equal(tensor, again.tensors.at(name)), name.c_str());
        }
    }

    void damagedOnesAreNamed_data() {
        QTest::addColumn<int>("row");
        for (int row = 0; row < static_cast<int>(damages().size()); ++row) {
            QTest::newRow(damages()[static_cast<std::size_t>(row)].first) << row;
        }
    }

    void damagedOnesAreNamed() {
        QFETCH(int, row);
        auto file = mcj::readTensors(file_);
        damages()[static_cast<std::size_t>(row)].second(file);
        mcj::writeTensors(at("damaged.safetensors"), file);
        try {
            (void)mcj::resumeRun(recipe_, at("damaged.safetensors"), at::kCPU);
            QFAIL("a damaged checkpoint must not be taken");
        } catch (const mcj::Error& error) {
            QCOMPARE(error.code(), mcj::ErrorCode::Input);
            QVERIFY2(QString(error.what()).contains("damaged.safetensors"), error.what());
            QVERIFY2(!QString(error.what()).contains("stoll"), error.what());
        }
    }

private:
    static std::string firstWith(const mcj::TensorFile& file, const std::string& prefix) {
        for (const auto& [name, tensor] : file.tensors) {
            if (name.starts_with(prefix) && tensor.numel() > 1) return name;
        }
        return {};
    }

    static const std::vector<std::pair<const char*, Damage>>& damages() {
        const auto put = [](const char* key, const char* text) {
            return [key, text](mcj::TensorFile& file) { file.metadata[key] = text; };
        };
        const auto drop = [](const char* prefix) {
            return [prefix](mcj::TensorFile& file) { file.tensors.erase(firstWith(file, prefix)); };
        };
        const auto reshape = [](const char* prefix) {
            return [prefix](mcj::TensorFile& file) {
                file.tensors[firstWith(file, prefix)] = at::zeros({3});
            };
        };
        static const std::vector<std::pair<const char*, Damage>> kDamages{
            {"step, letters", put("step", "six")},
            {"step, empty", put("step", "")},
            {"step, behind it", put("step", "6 steps")},
            {"step, too large", put("step", "99999999999999999999")},
            {"step, negative", put("step", "-1")},
            {"step, missing", [](mcj::TensorFile& file) { file.metadata.erase("step"); }},
            {"error", put("best_error_px", "x")},
            {"error, nan", put("best_error_px", "nan")},
            {"threads", put("threads", "4294967296")},
            {"recipe", put("recipe", "{\"steps\": ")},
            {"data", put("data", "[]")},
            {"weight dropped", drop("model.")},
            {"mean dropped", drop("mean.")},
            {"mean reshaped", reshape("mean.")},
            {"first moment reshaped", reshape("adam.first.")},
            {"second moment dropped", drop("adam.second.")},
            {"second moment reshaped", reshape("adam.second.")},
            {"steps of a weight",
             [](mcj::TensorFile& file) {
                 for (auto& [name, tensor] : file.tensors) {
                     if (name.starts_with("adam.steps.")) tensor = at::zeros({2});
                 }
             }},
        };
        return kDamages;
    }

    mcj::Recipe recipe_;
    fs::path file_;
};

}  // namespace

MCJ_TEST(TestRunState)
#include "test_run_state.moc"

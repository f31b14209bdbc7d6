#include "media/io/manifest.h"

#include <QCryptographicHash>
#include <QTemporaryDir>
#include <QtTest>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "media/base/error.h"

namespace {

namespace fs = std::filesystem;

void writeText(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

std::string textOf(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

mcj::Manifest someManifest() {
    mcj::Manifest manifest;
    manifest.program = "mcjepa analyze";
    manifest.version = "0.1.0";
    manifest.sourcePath = "clips/a \"quoted\" näme.mp4";
    manifest.sourceBytes = 12345678901ULL;
    manifest.sourceSha256 = std::string(64, 'a');
    manifest.source.size = {1920, 1080};
    manifest.source.frames = 4;
    manifest.source.pts = {0, 512, std::nullopt, -3};
    manifest.source.timeBase = {1, 12800};
    manifest.modelName = "mcjepa-small";
    manifest.precision = "bfloat16";
    manifest.modelSha256 = std::string(64, 'b');
    manifest.options = {{"maps", "flow,backward"}, {"max-side", "1024"}};
    manifest.files = {"flow/000001.flo", "flow/000000.flo"};
    manifest.complete = true;
    return manifest;
}

QString complaint(const std::function<void()>& act) {
    try {
        act();
    } catch (const mcj::Error& error) {
        return error.code() == mcj::ErrorCode::Input ? QString(error.what()) : QString();
    }
    return {};
}

class TestManifest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everythingSurvives() {
        const mcj::Manifest manifest = someManifest();
        mcj::writeManifest(file("manifest.json"), manifest);
        const mcj::Manifest back = mcj::readManifest(file("manifest.json"));
        QCOMPARE(back.program, manifest.program);
        QCOMPARE(back.version, manifest.version);
        QCOMPARE(back.sourcePath, manifest.sourcePath);
        QCOMPARE(back.sourceBytes, manifest.sourceBytes);
        QCOMPARE(back.sourceSha256, manifest.sourceSha256);
        QVERIFY(back.source.size == manifest.source.size);
        QVERIFY(back.source.frames == manifest.source.frames);
        QVERIFY(back.source.pts == manifest.source.pts);
        QVERIFY(back.source.timeBase == manifest.source.timeBase);
        QCOMPARE(back.modelName, manifest.modelName);
        QCOMPARE(back.precision, manifest.precision);
        QCOMPARE(back.modelSha256, manifest.modelSha256);
        QVERIFY(back.options == manifest.options);
        QVERIFY(back.files == manifest.files);
        QVERIFY(back.complete);
    }

    void anEmptyOneSurvivesToo() {
        mcj::writeManifest(file("manifest.json"), {});
        const mcj::Manifest back = mcj::readManifest(file("manifest.json"));
        QVERIFY(!back.complete && !back.source.frames && back.files.empty());
    }

    void theKeysAreTheContracts() {
        mcj::writeManifest(file("manifest.json"), someManifest());
        const auto json = nlohmann::json::parse(textOf(file("manifest.json")));
        for (const char* key :
             {"source", "model", "options", "version", "program", "files", "complete"}) {
            QVERIFY2(json.contains(key), key);
        }
        for (const char* key :
             {"path", "size_bytes", "sha256", "width", "height", "frames", "pts", "time_base"}) {
            QVERIFY2(json["source"].contains(key), key);
        }
        QVERIFY(json["model"].contains("name") && json["model"].contains("sha256"));
        QCOMPARE(json["source"]["pts"].size(), std::size_t{4});
        QVERIFY(json["source"]["pts"][2].is_null());
        QCOMPARE(json["source"]["time_base"].get<std::string>(), std::string("1/12800"));
        QVERIFY(json["complete"].get<bool>());
    }

    void unknownKeysAreIgnored() {
        mcj::writeManifest(file("manifest.json"), someManifest());
        auto json = nlohmann::json::parse(textOf(file("manifest.json")));
        json["later"] = {{"more", {1, 2, 3}}};
        json["source"]["codec"] = "h264";
        QCOMPARE(mcj::parseManifest(json.dump(), "m").version, std::string("0.1.0"));
    }

    void wrongTypesAreNamedWithTheirKey() {
        mcj::writeManifest(file("manifest.json"), someManifest());
        const auto good = nlohmann::json::parse(textOf(file("manifest.json")));
        const std::vector<std::pair<std::string, nlohmann::json>> patches = {
            {"/source/width", "wide"},
            {"/source/width", -1},
            {"/source/width", 1e30},
            {"/source/height", 18446744073709551615ULL},
            {"/source/frames", 2.5},
            {"/source/pts", 7},
            {"/source/pts/1", "x"},
            {"/source/time_base", "1:25"},
            {"/source/time_base", "1/0"},
            {"/source/size_bytes", -5},
            {"/source/path", 3},
            {"/source", 3},
            {"/source", nullptr},
            {"/model", "m"},
            {"/options", {1, 2}},
            {"/options/maps", 4},
            {"/files", "a"},
            {"/files/0", 1},
            {"/complete", "yes"},
            {"/program", {1}}};
        for (const auto& [pointer, value] : patches) {
            auto bad = good;
            bad[nlohmann::json::json_pointer(pointer)] = value;
            const QString text =
                complaint([&] { (void)mcj::parseManifest(bad.dump(), "bad.json"); });
            const QString key = QString::fromStdString(pointer).section('/', 1, 1);
            QVERIFY2(text.contains("bad.json") && text.contains(key),
                     qPrintable(QString::fromStdString(pointer) + " " + text));
        }
    }

    void everyTruncationIsAnError() {
        mcj::writeManifest(file("manifest.json"), someManifest());
        const std::string text = textOf(file("manifest.json"));
        // The last byte is the line's end.
        for (std::size_t length = 0; length + 1 < text.size(); ++length) {
            const QString error =
                complaint([&] { (void)mcj::parseManifest(text.substr(0, length), "cut.json"); });
            QVERIFY(error.contains("cut.json"));
        }
        QVERIFY(
            complaint([&] { (void)mcj::readManifest(file("none.json")); }).contains("none.json"));
        QVERIFY(!complaint([&] {
                     (void)mcj::parseManifest(std::string(200000, '['), "deep.json");
                 }).isEmpty());
    }

    void namesThatAreNoUtf8DoNotStopTheExport() {
        mcj::Manifest manifest = someManifest();
        manifest.sourcePath = "bad\xFFname.mp4";
        mcj::writeManifest(file("manifest.json"), manifest);
        QVERIFY(mcj::readManifest(file("manifest.json")).sourcePath.starts_with("bad"));
    }

    void sha256IsTheStandards() {
        writeText(file("abc"), "abc");
        QCOMPARE(mcj::sha256OfFile(file("abc")),
                 std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        writeText(file("empty"), "");
        QCOMPARE(mcj::sha256OfFile(file("empty")),
                 std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
        // Longer than a block, against Qt's own.
        const std::string large(3 * 1024 * 1024 + 17, 'q');
        writeText(file("large"), large);
        const QByteArray theirs =
            QCryptographicHash::hash(QByteArray::fromStdString(large), QCryptographicHash::Sha256)
                .toHex();
        QCOMPARE(QByteArray::fromStdString(mcj::sha256OfFile(file("large"))), theirs);
        QVERIFY(complaint([&] { (void)mcj::sha256OfFile(file("none")); }).contains("none"));
        QVERIFY(!complaint([&] { (void)mcj::sha256OfFile(file("")); }).isEmpty());
    }

    void onlyListedFilesInsideTheFolderAreRemoved() {
        const fs::path folder = file("export");
        fs::create_directories(folder / "maps/deep");
        fs::create_directories(folder / "kept");
        for (const char* name : {"a.csv", "maps/deep/0.png", "kept/0.png", "kept/mine.txt"}) {
            writeText(folder / name, "x");
        }
        writeText(file("outside.txt"), "x");
        mcj::Manifest manifest;
        manifest.files = {"a.csv",          "maps/deep/0.png",        "kept/0.png", "gone.png",
                          "../outside.txt", "maps/../../outside.txt", "",           "."};
        manifest.files.push_back(file("outside.txt").string());
        mcj::removeListedFiles(folder, manifest);
        QVERIFY(fs::exists(file("outside.txt")));
        QVERIFY(fs::exists(folder / "kept/mine.txt"));
        QVERIFY(!fs::exists(folder / "kept/0.png"));
        QVERIFY(!fs::exists(folder / "maps") && !fs::exists(folder / "a.csv"));
        QVERIFY(fs::exists(folder));
    }

    void sourcesAreToldApart() {
        writeText(file("v.mp4"), "abc");
        mcj::Manifest video;
        mcj::describeSource(file("v.mp4").string(), video);
        QCOMPARE(video.sourceBytes, std::uint64_t{3});
        QCOMPARE(video.sourceSha256, mcj::sha256OfFile(file("v.mp4")));

        fs::create_directory(file("frames"));
        writeText(file("frames/0.png"), "12345");
        writeText(file("frames/1.png"), "67");
        const auto digest = [](const std::string& path) {
            mcj::Manifest manifest;
            mcj::describeSource(path, manifest);
            return std::pair{manifest.sourceSha256, manifest.sourceBytes};
        };
        const auto folder = digest(file("frames").string());
        QCOMPARE(folder.first.size(), std::size_t{64});
        QCOMPARE(folder.second, std::uint64_t{7});
        QVERIFY(folder == digest(file("frames/*.png").string()));
        QVERIFY(folder == digest(file("frames").string()));
        writeText(file("frames/1.png"), "678");
        const auto longer = digest(file("frames").string());
        QVERIFY(longer.first != folder.first);
        fs::rename(file("frames/1.png"), file("frames/2.png"));
        QVERIFY(digest(file("frames").string()).first != longer.first);
        QVERIFY(
            complaint([&] { (void)digest(file("nothing*.png").string()); }).contains("nothing"));
    }

private:
    fs::path file(const std::string& name) const {
        return fs::path(folder_.path().toStdString()) / name;
    }
    QTemporaryDir folder_;
};

}  // namespace

QTEST_GUILESS_MAIN(TestManifest)
#include "test_manifest.moc"

// Walking through folders, and names for files that are not whole yet.
#include "media/io/folder_walk.h"

#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <fstream>
#include <memory>

#include "media/base/error.h"
#include "media/base/file_extension.h"
#include "media/base/partial_path.h"
#include "media/io/perceptual_hash.h"

namespace {

namespace fs = std::filesystem;

class TestFolderWalk : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        root_ = fs::path(folder_->path().toStdString()) / "root";
        for (const char* name : {"a/b", "c"}) fs::create_directories(root_ / name);
        std::ofstream(root_ / "a" / "b" / "1.PNG") << "x";
        std::ofstream(root_ / "c" / "2.png") << "x";
    }

    void everyFolderIsFoundOnce() { QCOMPARE(names(), list({".", "a", "a/b", "c"})); }

    void linksToTheFolderItselfEnd() {
        fs::create_directory_symlink(".", root_ / "self");
        fs::create_directory_symlink("..", root_ / "a" / "b" / "up");
        fs::create_directory_symlink(root_, root_ / "c" / "top");
        QCOMPARE(names(), list({".", "a", "a/b", "c"}));
        QCOMPARE(mcj::filesUnder(root_, {".png"}).size(), std::size_t{2});
    }

    void linksInACircleEnd() {
        fs::create_directory_symlink("../c", root_ / "a" / "to_c");
        fs::create_directory_symlink("../a", root_ / "c" / "to_a");
        QCOMPARE(names(), list({".", "a", "a/b", "c"}));
    }

    void linksToThemselvesAndToNothingAreLeftOut() {
        fs::create_symlink("loop", root_ / "loop");
        fs::create_symlink("loop.png", root_ / "c" / "loop.png");
        fs::create_symlink("nowhere", root_ / "gone");
        QCOMPARE(names(), list({".", "a", "a/b", "c"}));
        QCOMPARE(mcj::filesIn(root_ / "c").size(), std::size_t{1});
    }

    void linksElsewhereAreFollowed() {
        const fs::path other = root_.parent_path() / "other" / "deep";
        fs::create_directories(other);
        fs::create_directory_symlink(other.parent_path(), root_ / "b");
        QCOMPARE(names(), list({".", "a", "a/b", "b", "b/deep", "c"}));
        // The folder above holds the root: what lies beside the root is not below it.
        fs::create_directory_symlink(root_.parent_path(), root_ / "above");
        QCOMPARE(names(), list({".", "a", "a/b", "b", "b/deep", "c"}));
    }

    void whatIsNotAFolderIsNamed() {
        QVERIFY_EXCEPTION_THROWN((void)mcj::foldersUnder(root_ / "nowhere"), mcj::Error);
        QVERIFY_EXCEPTION_THROWN((void)mcj::foldersUnder(root_ / "c" / "2.png"), mcj::Error);
    }

    void namesOfPartsAreNeverTooLong() {
        for (const std::size_t length : {1U, 200U, 246U, 247U, 248U, 251U, 255U}) {
            const fs::path whole = root_ / std::string(length, 'o');
            for (const auto& [prefix, suffix] :
                 {std::pair{"", ".part"}, std::pair{".", ".1234567.part"}}) {
                const fs::path part = mcj::partialPath(whole, prefix, suffix);
                QVERIFY(part.filename().string().size() <= mcj::kLongestNameBytes);
                QCOMPARE(part.parent_path(), whole.parent_path());
                QVERIFY(part != whole);
                std::ofstream file(part);
                QVERIFY2(file.good(), part.c_str());
            }
        }
        QCOMPARE(mcj::partialPath(root_ / "a.mp4", ".", ".7.part"), root_ / ".a.mp4.7.part");
        // Long names that differ at their ends have parts of their own, and letters stay whole.
        std::string text;
        while (text.size() < 252) text += "\u00e9";
        const fs::path one = mcj::partialPath(root_ / (text + "a"), ".", ".part");
        const fs::path two = mcj::partialPath(root_ / (text + "b"), ".", ".part");
        QVERIFY(one != two);
        QVERIFY(QString::fromStdString(one.filename().string()).toStdString() ==
                one.filename().string());
    }

    void extensionsAreComparedInSmallLetters() {
        QCOMPARE(mcj::lowerExtension("a/B.PnG"), std::string(".png"));
        QCOMPARE(mcj::lowerExtension("noext"), std::string());
    }

private:
    [[nodiscard]] QStringList names() const {
        QStringList found;
        for (const fs::path& path : mcj::foldersUnder(root_)) {
            found << (path == root_
                          ? "."
                          : QString::fromStdString(path.lexically_relative(root_).string()));
        }
        found.sort();
        return found;
    }
    static QStringList list(QStringList names) { return names; }

    std::unique_ptr<QTemporaryDir> folder_;
    fs::path root_;
};

}  // namespace

QTEST_GUILESS_MAIN(TestFolderWalk)
#include "test_folder_walk.moc"

#include "media/io/atomic_file.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <QTemporaryDir>
#include <QtTest>
#include <csignal>
#include <fstream>
#include <functional>
#include <optional>

#include "media/base/error.h"

namespace {

namespace fs = std::filesystem;

std::string textOf(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::optional<mcj::Error> failure(const std::function<void()>& act) {
    try {
        act();
    } catch (const mcj::Error& error) {
        return error;
    }
    return std::nullopt;
}

class TestAtomicFile : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theFileAppearsWithCommitAndNotBefore() {
        const fs::path path = file("a.txt");
        mcj::AtomicFile atomic(path);
        atomic.write("hello", 5);
        QVERIFY(!fs::exists(path));
        QCOMPARE(fs::path(atomic.temporaryPath()).parent_path(), path.parent_path());
        atomic.commit();
        QCOMPARE(textOf(path), std::string("hello"));
        QCOMPARE(entries(), 1);
    }

    void droppedItLeavesTheOldContentAndNothingElse() {
        const fs::path path = file("a.txt");
        mcj::writeTextAtomically(path, "old");
        {
            mcj::AtomicFile atomic(path);
            atomic.write("new", 3);
        }
        QCOMPARE(textOf(path), std::string("old"));
        QCOMPARE(entries(), 1);
        mcj::writeTextAtomically(path, "newer");
        QCOMPARE(textOf(path), std::string("newer"));
    }

    void seekOverwritesInPlace() {
        mcj::AtomicFile atomic(file("s.txt"));
        atomic.write("0123456789", 10);
        atomic.seek(3);
        atomic.write("xy", 2);
        QCOMPARE(atomic.position(), std::uint64_t{5});
        atomic.commit();
        QCOMPARE(textOf(file("s.txt")), std::string("012xy56789"));
    }

    void rightsFollowTheUmask() {
        const mode_t before = ::umask(022);
        mcj::writeTextAtomically(file("r.txt"), "x");
        ::umask(before);
        struct stat status = {};
        QCOMPARE(::stat(file("r.txt").c_str(), &status), 0);
        QCOMPARE(status.st_mode & 0777, mode_t{0644});
    }

    void aMissingFolderAndAFolderInTheWayAreNamed() {
        const auto missing = failure([&] { mcj::writeTextAtomically(file("no/a.txt"), "x"); });
        QVERIFY(missing && missing->code() == mcj::ErrorCode::Input);
        QVERIFY(QString(missing->what()).contains("no/a.txt"));
        QVERIFY(QString::fromStdString(missing->hint()).contains("does not exist"));
        fs::create_directory(file("folder"));
        const auto inTheWay = failure([&] { mcj::writeTextAtomically(file("folder"), "x"); });
        QVERIFY(inTheWay && QString(inTheWay->what()).contains("folder"));
        fs::remove(file("folder"));
    }

    void aWriteThatFailsHalfwayLeavesNothing() {
        const fs::path path = file("big.bin");
        mcj::writeTextAtomically(path, "old");
        const int before = entries();
        // A limit on the size of files stands in for a full disk.
        struct rlimit limit = {};
        ::getrlimit(RLIMIT_FSIZE, &limit);
        const struct rlimit small = {1 << 16, limit.rlim_max};
        const auto handler = std::signal(SIGXFSZ, SIG_IGN);
        ::setrlimit(RLIMIT_FSIZE, &small);
        const auto error =
            failure([&] { mcj::writeTextAtomically(path, std::string(1 << 18, 'x')); });
        ::setrlimit(RLIMIT_FSIZE, &limit);
        std::signal(SIGXFSZ, handler);
        QVERIFY(error && QString(error->what()).contains("big.bin"));
        QVERIFY(!error->hint().empty());
        QCOMPARE(textOf(path), std::string("old"));
        QCOMPARE(entries(), before);
    }

    void aFailureThatWasSwallowedComesBackAtCommit() {
        struct rlimit limit = {};
        ::getrlimit(RLIMIT_FSIZE, &limit);
        const struct rlimit small = {1 << 16, limit.rlim_max};
        const auto handler = std::signal(SIGXFSZ, SIG_IGN);
        ::setrlimit(RLIMIT_FSIZE, &small);
        mcj::AtomicFile atomic(file("swallowed.bin"));
        const std::string much(1 << 18, 'x');
        const auto first = failure([&] { atomic.write(much.data(), much.size()); });
        ::setrlimit(RLIMIT_FSIZE, &limit);
        std::signal(SIGXFSZ, handler);
        QVERIFY(first);
        QVERIFY(failure([&] { atomic.commit(); }));
        QVERIFY(!fs::exists(file("swallowed.bin")));
    }

    void onlyRegularFilesAreReadWhole() {
        mcj::writeTextAtomically(file("t"), "abc");
        QCOMPARE(mcj::readFileBytes(file("t")).size(), std::size_t{3});
        QVERIFY(failure([&] { (void)mcj::readFileBytes(file("t"), 2); }));
        QVERIFY(failure([&] { (void)mcj::readFileBytes(file("none")); }));
        QVERIFY(failure([&] { (void)mcj::readFileBytes(file("")); }));
        QCOMPARE(::mkfifo(file("pipe").c_str(), 0600), 0);
        QVERIFY(failure([&] { (void)mcj::readFileBytes(file("pipe")); }));
        fs::remove(file("pipe"));
    }

private:
    fs::path file(const std::string& name) const {
        return fs::path(folder_.path().toStdString()) / name;
    }
    int entries() const {
        return static_cast<int>(
            std::distance(fs::directory_iterator(folder_.path().toStdString()), {}));
    }
    QTemporaryDir folder_;
};

}  // namespace

QTEST_GUILESS_MAIN(TestAtomicFile)
#include "test_atomic_file.moc"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

#include <memory>
#include <optional>

#include "media/base/available_memory.h"

using namespace mcj;

/// Memory as trees of files like /proc and /sys describe it.
class TestAvailableMemory : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        write("proc/meminfo",
              "MemTotal:       2000 kB\nMemFree:  100 kB\nMemAvailable:   1000 kB\n"
              "SwapFree:        500 kB\n");
    }

    void isTheSystemsWithoutGroups() {
        const auto memory = look();
        QVERIFY(memory.has_value());
        QCOMPARE(memory->ramBytes, std::uint64_t{1000 * 1024});
        QCOMPARE(memory->swapBytes, std::uint64_t{500 * 1024});
    }

    void isUnknownWhereTheSystemDoesNotSay() {
        write("proc/meminfo", "MemTotal: 2000 kB\n");
        QVERIFY(!look().has_value());
        QVERIFY(QFile::remove(folder_->filePath("proc/meminfo")));
        QVERIFY(!look().has_value());
    }

    void aGroupsLimitHolds() {
        write("proc/self/cgroup", "0::/job/step\n");
        write("sys/fs/cgroup/job/step/memory.max", "400000\n");
        write("sys/fs/cgroup/job/step/memory.current", "300000\n");
        // What the group has read can be dropped, what a program wrote cannot.
        write("sys/fs/cgroup/job/step/memory.stat",
              "anon 250000\nfile 45000\nshmem 5000\ninactive_file 30000\nactive_file 10000\n"
              "slab_reclaimable 2000\n");
        write("sys/fs/cgroup/job/step/memory.swap.max", "0\n");
        QCOMPARE(look()->ramBytes, std::uint64_t{142000});
        QCOMPARE(look()->swapBytes, std::uint64_t{0});
    }

    void soDoesThatOfAGroupAbove() {
        write("proc/self/cgroup", "0::/job/step\n");
        write("sys/fs/cgroup/job/step/memory.max", "max\n");
        write("sys/fs/cgroup/job/memory.max", "200000\n");
        write("sys/fs/cgroup/job/memory.current", "250000\n");
        QCOMPARE(look()->ramBytes, std::uint64_t{0});
        QCOMPARE(look()->swapBytes, std::uint64_t{500 * 1024});
    }

    void aContainerSeesItsGroupAtTheMount() {
        // The path is the host's; the folder is not there.
        write("proc/self/cgroup", "0::/host/container\n");
        write("sys/fs/cgroup/memory.max", "123000\n");
        write("sys/fs/cgroup/memory.current", "23000\n");
        QCOMPARE(look()->ramBytes, std::uint64_t{100000});
    }

    void firstVersionsAreRead() {
        write("proc/self/cgroup", "9:name=systemd:/\n4:cpu,memory:/box\n0::/\n");
        write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        write("sys/fs/cgroup/memory/box/memory.limit_in_bytes", "500000\n");
        write("sys/fs/cgroup/memory/box/memory.usage_in_bytes", "450000\n");
        write("sys/fs/cgroup/memory/box/memory.stat",
              "inactive_file 7\ntotal_inactive_file 8000\ntotal_active_file 2000\n");
        QCOMPARE(look()->ramBytes, std::uint64_t{60000});
    }

    void aWideLimitChangesNothing() {
        write("proc/self/cgroup", "0::/\n");
        write("sys/fs/cgroup/memory.max", "999999999999\n");
        write("sys/fs/cgroup/memory.current", "1\n");
        QCOMPARE(look()->ramBytes, std::uint64_t{1000 * 1024});
    }

    void thisMachineHasSome() {
        const auto memory = availableMemory();
        if (!memory) QSKIP("the system does not say what is available");
        QVERIFY(memory->ramBytes > 0);
    }

private:
    void write(const QString& name, const QByteArray& text) {
        const QString path = folder_->filePath(name);
        QVERIFY(QDir().mkpath(QFileInfo(path).path()));
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        QCOMPARE(file.write(text), qint64{text.size()});
    }
    [[nodiscard]] std::optional<AvailableMemory> look() const {
        return availableMemory(folder_->path().toStdString());
    }

    std::unique_ptr<QTemporaryDir> folder_;
};

QTEST_GUILESS_MAIN(TestAvailableMemory)
#include "test_available_memory.moc"

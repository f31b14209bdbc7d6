#include <QTest>
#include <random>
#include <set>

#include "media/base/budget_cache.h"

using namespace mcj;

namespace {

using Cache = BudgetCache<std::int64_t, int>;

std::shared_ptr<const int> value(int number) { return std::make_shared<const int>(number); }

class TestBudgetCache : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void keepsWhatFits();
    void dropsTheFarthestAndBehindFirst();
    void refusesWhatIsOfLeastUse();
    void pinnedEntriesStay();
    void replacingCountsOnce();
    void droppedValuesLiveOnWithTheirHolders();
    void keysMayHaveAPositionOfTheirOwn();
    void budgetHoldsWhateverHappens();
    void entriesCanBeErasedByTheirKeys();
};

void TestBudgetCache::entriesCanBeErasedByTheirKeys() {
    Cache cache(100);
    for (std::int64_t key = 0; key < 10; ++key) cache.put(key, value(1), 10);
    cache.eraseIf([](std::int64_t key) { return key % 2 == 1; });
    QCOMPARE(cache.size(), std::size_t(5));
    QCOMPARE(cache.bytes(), std::size_t(50));
    for (std::int64_t key = 0; key < 10; ++key) QCOMPARE(cache.contains(key), key % 2 == 0);
}

void TestBudgetCache::keepsWhatFits() {
    Cache cache(100);
    for (int i = 0; i < 10; ++i) QVERIFY(cache.put(i, value(i), 10));
    QCOMPARE(cache.size(), std::size_t{10});
    QCOMPARE(cache.bytes(), std::size_t{100});
    for (int i = 0; i < 10; ++i) QCOMPARE(*cache.get(i), i);
    QVERIFY(!cache.get(10));
    cache.erase(3);
    QVERIFY(!cache.contains(3));
    QCOMPARE(cache.bytes(), std::size_t{90});
    cache.clear();
    QCOMPARE(cache.bytes(), std::size_t{0});
}

void TestBudgetCache::dropsTheFarthestAndBehindFirst() {
    Cache cache(30);
    cache.setPlayhead(100);
    cache.put(96, value(96), 10);    // 4 behind counts as 12
    cache.put(110, value(110), 10);  // 10 ahead
    cache.put(100, value(100), 10);
    cache.put(101, value(101), 10);
    QVERIFY(!cache.contains(96));
    QVERIFY(cache.contains(110));
    cache.put(102, value(102), 10);
    QVERIFY(!cache.contains(110));
    QVERIFY(cache.contains(100) && cache.contains(101) && cache.contains(102));
}

void TestBudgetCache::refusesWhatIsOfLeastUse() {
    Cache cache(20);
    cache.put(0, value(0), 10);
    cache.put(1, value(1), 10);
    QVERIFY(!cache.put(50, value(50), 10));
    QVERIFY(cache.contains(0) && cache.contains(1));
    QVERIFY(!cache.put(2, value(2), 1000));
    QVERIFY(cache.bytes() <= 20);
}

void TestBudgetCache::pinnedEntriesStay() {
    Cache cache(20);
    cache.put(5, value(5), 10);
    cache.pin(5);
    cache.setPlayhead(1000);
    cache.put(1000, value(1000), 10);
    cache.put(1001, value(1001), 10);
    QVERIFY(cache.contains(5));
    QVERIFY(cache.isPinned(5));
    cache.setBudget(0);
    QCOMPARE(cache.size(), std::size_t{1});
    cache.unpin(5);
    QCOMPARE(cache.size(), std::size_t{0});
    cache.pin(7);
    QVERIFY(!cache.isPinned(7));
}

void TestBudgetCache::replacingCountsOnce() {
    Cache cache(100);
    cache.put(1, value(1), 60);
    cache.put(1, value(2), 70);
    QCOMPARE(cache.bytes(), std::size_t{70});
    QCOMPARE(*cache.get(1), 2);
    QCOMPARE(cache.size(), std::size_t{1});
}

void TestBudgetCache::droppedValuesLiveOnWithTheirHolders() {
    Cache cache(10);
    const auto held = value(1);
    cache.put(1, held, 10);
    cache.setPlayhead(50);
    cache.put(50, value(50), 10);
    QVERIFY(!cache.contains(1));
    QCOMPARE(*held, 1);
}

void TestBudgetCache::keysMayHaveAPositionOfTheirOwn() {
    BudgetCache<std::string, int> cache(
        20, [](const std::string& key) { return static_cast<std::int64_t>(key.size()); });
    cache.setPlayhead(3);
    cache.put("aaa", value(1), 10);
    cache.put("bbb", value(2), 10);
    cache.put("cccccccc", value(3), 10);
    QVERIFY(cache.contains("aaa") && cache.contains("bbb") && !cache.contains("cccccccc"));
}

// Against a plain list: after every step the budget holds and what was dropped was no nearer than
// what was kept.
void TestBudgetCache::budgetHoldsWhateverHappens() {
    std::mt19937 random(1);
    Cache cache(500);
    for (int step = 0; step < 3000; ++step) {
        const auto key = static_cast<std::int64_t>(random() % 200);
        if (random() % 10 == 0) cache.setPlayhead(static_cast<std::int64_t>(random() % 200));
        std::set<std::int64_t> before;
        for (std::int64_t i = 0; i < 200; ++i) {
            if (cache.contains(i)) before.insert(i);
        }
        before.insert(key);
        cache.put(key, value(1), 1 + random() % 60);
        QVERIFY(cache.bytes() <= 500);
        std::int64_t farthestKept = -1;
        std::int64_t nearestDropped = 1 << 20;
        for (const std::int64_t i : before) {
            const std::int64_t distance = cache.distance(i);
            if (cache.contains(i))
                farthestKept = std::max(farthestKept, distance);
            else
                nearestDropped = std::min(nearestDropped, distance);
        }
        QVERIFY(nearestDropped >= farthestKept);
    }
}

}  // namespace

QTEST_GUILESS_MAIN(TestBudgetCache)
#include "test_budget_cache.moc"

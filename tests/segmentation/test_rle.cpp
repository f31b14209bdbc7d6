#include <QTest>

#include "media/base/error.h"
#include "segmentation/packed_mask.h"
#include "segmentation/rle.h"
#include "tests/segmentation/made_masks.h"

namespace mcj {
namespace {

class TestRle : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void decodingInvertsEncoding() {
        for (std::uint32_t seed = 0; seed < 60; ++seed) {
            const SizePx size{1 + static_cast<int>(seed * 7 % 61), 1 + static_cast<int>(seed % 17)};
            const Mask mask = randomMask(size, seed % 2 == 0 ? 256 : 3, seed);
            QVERIFY(decodeRle(encodeRle(mask.labels)) == mask.labels);
            QVERIFY(rleSize(encodeRle(mask.labels)) == size);
            QVERIFY(*PackedMask::pack(mask)->unpack() == mask);
        }
        QVERIFY(decodeRle(encodeRle(Raster<std::uint8_t>())).empty());
    }

    void bytesAreAsDocumented() {
        Mask mask({300, 1});
        mask.labels.at(0, 299) = 7;
        const std::vector<std::uint8_t> expected{0xAC, 0x02, 1, 0, 0xAB, 0x02, 7, 1};
        QCOMPARE(encodeRle(mask.labels), expected);
    }

    void damageIsRefused() {
        const std::vector<std::uint8_t> whole = encodeRle(randomMask({40, 30}, 5, 3).labels);
        for (std::size_t length = 0; length < whole.size(); ++length) {
            const std::span<const std::uint8_t> cut(whole.data(), length);
            QVERIFY_EXCEPTION_THROWN((void)decodeRle(cut), Error);
        }
        auto longer = whole;
        longer.push_back(0);
        QVERIFY_EXCEPTION_THROWN((void)decodeRle(longer), Error);
        // 2^20 x 2^20 pixels in a few bytes, an empty run, a run past the end, an endless number.
        const std::vector<std::vector<std::uint8_t>> bad{
            {0x80, 0x80, 0x40, 0x80, 0x80, 0x40, 0, 1},
            {2, 1, 5, 0, 5, 2},
            {2, 1, 5, 3},
            {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1}};
        for (const auto& bytes : bad) {
            QVERIFY_EXCEPTION_THROWN((void)decodeRle(bytes), Error);
            QVERIFY_EXCEPTION_THROWN((void)PackedMask::fromBytes(bytes), Error);
        }
    }

    void anyBytesDecodeOrThrow() {
        std::mt19937 random(5);
        int decoded = 0;
        for (int round = 0; round < 4000; ++round) {
            std::vector<std::uint8_t> bytes(random() % 12);
            for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random() % 6);
            try {
                const auto labels = decodeRle(bytes, 1 << 12);
                QVERIFY(decodeRle(encodeRle(labels)) == labels);
                ++decoded;
            } catch (const Error& error) {
                QCOMPARE(int(error.code()), int(ErrorCode::Input));
            }
        }
        QVERIFY(decoded > 0);
    }

    void cocoInvertsAndCountsColumns() {
        for (std::uint32_t seed = 0; seed < 30; ++seed) {
            const Mask mask = randomMask({31, 23}, 4, seed);
            const CocoRle rle = encodeCocoRle(mask, 2);
            const auto values = decodeCocoRle(rle);
            for (int y = 0; y < 23; ++y) {
                for (int x = 0; x < 31; ++x) {
                    QCOMPARE(values.at(y, x) != 0, mask.labels.at(y, x) == 2);
                }
            }
            QCOMPARE(cocoCountsFromString(cocoCountsToString(rle.counts)), rle.counts);
        }
        Mask mask({3, 2});
        mask.labels.at(1, 0) = mask.labels.at(0, 1) = 1;
        QCOMPARE(encodeCocoRle(mask, 1).counts, (std::vector<std::uint32_t>{1, 2, 3}));
    }

    void cocoStringsEqualPycocotools() {
        // Written by pycocotools 2.0.11 for the masks drawn here.
        Mask odd({13, 9});
        for (int y = 2; y < 7; ++y) {
            for (int x = 3; x < 9; ++x) odd.labels.at(y, x) = 1;
        }
        odd.labels.at(4, 5) = 0;
        odd.labels.at(8, 12) = 1;
        QCOMPARE(cocoCountsToString(encodeCocoRle(odd, 1).counts),
                 std::string("m05400MM0330000Q1L"));
        Mask full({4, 5});
        std::ranges::fill(full.labels.values(), std::uint8_t{1});
        QCOMPARE(cocoCountsToString(encodeCocoRle(full, 1).counts), std::string("0d0"));
        const Mask disk = diskMask({300, 200}, {140, 90}, 60);
        QCOMPARE(cocoCountsToString(encodeCocoRle(disk, 1).counts),
                 std::string(
                     "jf?1m5d0A:H6J6K4K6K4M2M4L4M2M4M2N2N2N2N2N2N2N2N2N2N2N2O0O2N2O0O2O0O2N2O0O2O"
                     "000O2O0O2O000O2O000O2O0000000O2O00000000000000000O20N10000000000000000"
                     "01N100000001N10001N10001N101N10001N101N2N101N101N2N101N2N2N2N2N2N2N2N2"
                     "N2N2N2N3L3N3L4L3N3L5J5L5J6J8F?\\OXXc0"));
    }

    void cocoDamageIsRefused() {
        QVERIFY_EXCEPTION_THROWN((void)decodeCocoRle({{2, 2}, {1, 2}}), Error);
        QVERIFY_EXCEPTION_THROWN((void)decodeCocoRle({{2, 2}, {1, 4}}), Error);
        QVERIFY_EXCEPTION_THROWN((void)decodeCocoRle({{1 << 30, 1 << 30}, {}}), Error);
        for (const char* text : {"P", "1P", " ", "\x7f", "oooooooo1", "@"}) {
            QVERIFY_EXCEPTION_THROWN((void)cocoCountsFromString(text), Error);
        }
        QVERIFY_EXCEPTION_THROWN((void)cocoCountsFromString("11111", 4), Error);
    }
};

}  // namespace
}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestRle)
#include "test_rle.moc"

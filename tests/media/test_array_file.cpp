#include "media/io/array_file.h"

#include <QTemporaryDir>
#include <QtTest>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>

#include "media/base/error.h"
#include "media/io/exr_file.h"
#include "media/io/pfm_file.h"

namespace {

namespace fs = std::filesystem;

std::string bytesOf(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

mcj::ByteView view(const std::string& bytes) {
    return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

/// A file as NumPy writes it: version 1, or 2 with its longer length field.
std::string npy(const std::string& dictionary, const std::string& values, int version = 1) {
    std::string bytes = "\x93NUMPY";
    bytes += static_cast<char>(version);
    bytes += '\0';
    const auto length = static_cast<std::uint32_t>(dictionary.size() + 1);
    for (int i = 0; i < (version == 1 ? 2 : 4); ++i) bytes += static_cast<char>(length >> (8 * i));
    return bytes + dictionary + "\n" + values;
}

std::string dictionary(const std::string& descr, const std::string& shape,
                       const std::string& fortran = "False") {
    return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
}

template <typename T>
std::string raw(const std::vector<T>& values) {
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

QString complaint(const std::string& bytes) {
    try {
        (void)mcj::decodeNpy(view(bytes), "x.npy");
    } catch (const mcj::Error& error) {
        return error.code() == mcj::ErrorCode::Input ? QString(error.what()) : QString();
    }
    return {};
}

class TestArrayFile : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void arraysReturnAsTheyWere() {
        const std::vector<std::vector<std::int64_t>> shapes = {{}, {5}, {3, 4}, {2, 3, 2}, {0, 7}};
        for (const auto& shape : shapes) {
            mcj::FloatArray array{shape, {}};
            std::int64_t count = 1;
            for (const auto side : shape) count *= side;
            for (std::int64_t i = 0; i < count; ++i) array.values.push_back(0.1F * float(i) - 1.0F);
            mcj::writeNpy(file("a.npy"), array);
            const mcj::FloatArray back = mcj::readNpy(file("a.npy"));
            QVERIFY(back.shape == array.shape);
            QVERIFY(back.values == array.values);
        }
    }

    void theHeaderIsNumPys() {
        mcj::writeNpy(file("a.npy"), {{3, 1}, {1.0F, 2.0F, 3.0F}});
        const std::string bytes = bytesOf(file("a.npy"));
        QCOMPARE(bytes.substr(0, 8), std::string("\x93NUMPY\x01\0", 8));
        const std::size_t length =
            static_cast<std::uint8_t>(bytes[8]) + 256U * static_cast<std::uint8_t>(bytes[9]);
        QCOMPARE((10 + length) % 64, std::size_t{0});
        QCOMPARE(bytes.size(), 10 + length + 12);
        QCOMPARE(bytes[10 + length - 1], '\n');
        QVERIFY(bytes.find("'shape': (3,1,)") != std::string::npos);
    }

    void everyElementKindIsRead() {
        const std::string shape = "(2, 2)";
        const std::vector<float> expected = {0.0F, 1.0F, 2.0F, 5.0F};
        const std::vector<std::pair<std::string, std::string>> files = {
            {"<f4", raw<float>({0, 1, 2, 5})},
            {"<f8", raw<double>({0, 1, 2, 5})},
            {"|u1", raw<std::uint8_t>({0, 1, 2, 5})},
            {"<f2", raw<std::uint16_t>({0x0000, 0x3C00, 0x4000, 0x4500})}};
        for (const auto& [descr, values] : files) {
            for (const int version : {1, 2, 3}) {
                const auto array =
                    mcj::decodeNpy(view(npy(dictionary(descr, shape), values, version)), "x.npy");
                QVERIFY(array.values == expected);
                QVERIFY((array.shape == std::vector<std::int64_t>{2, 2}));
            }
        }
    }

    void halvesAreExact() {
        const std::vector<std::uint16_t> bits = {0x3555, 0xC000, 0x0001, 0x03FF, 0x0400,
                                                 0x7BFF, 0x7C00, 0xFC00, 0x7E00};
        const auto array = mcj::decodeNpy(view(npy(dictionary("<f2", "(9,)"), raw(bits))), "x.npy");
        const float inf = std::numeric_limits<float>::infinity();
        const std::vector<float> expected = {0.333251953125F,
                                             -2.0F,
                                             5.9604644775390625e-8F,
                                             6.09755516052246e-5F,
                                             6.103515625e-5F,
                                             65504.0F,
                                             inf,
                                             -inf};
        for (std::size_t i = 0; i < expected.size(); ++i) QCOMPARE(array.values[i], expected[i]);
        QVERIFY(std::isnan(array.values[8]));
    }

    void doublesBeyondFloatBecomeInfinite() {
        const auto array = mcj::decodeNpy(
            view(npy(dictionary("<f8", "(3,)"), raw<double>({1e300, -1e300, NAN}))), "x.npy");
        QVERIFY(std::isinf(array.values[0]) && array.values[0] > 0);
        QVERIFY(std::isinf(array.values[1]) && array.values[1] < 0);
        QVERIFY(std::isnan(array.values[2]));
    }

    void fortranOrderIsTurned() {
        // Element (i, j, k) of a 2 x 3 x 2 array is 100 i + 10 j + k.
        std::vector<float> columnMajor;
        std::vector<float> rowMajor;
        for (int k = 0; k < 2; ++k) {
            for (int j = 0; j < 3; ++j) {
                for (int i = 0; i < 2; ++i) columnMajor.push_back(float(100 * i + 10 * j + k));
            }
        }
        for (int i = 0; i < 2; ++i) {
            for (int j = 0; j < 3; ++j) {
                for (int k = 0; k < 2; ++k) rowMajor.push_back(float(100 * i + 10 * j + k));
            }
        }
        const auto array = mcj::decodeNpy(
            view(npy(dictionary("<f4", "(2, 3, 2)", "True"), raw(columnMajor))), "x.npy");
        QVERIFY(array.values == rowMajor);
    }

    void damagedHeadersAreRefused() {
        const std::string four(16, '\0');
        for (const std::string& header :
             {std::string(), std::string("{"), std::string("{}"), dictionary("<f4", "(2, 2"),
              dictionary("<f4", "(-2, 2)"), dictionary("<f4", "(2.5,)"), dictionary(">f4", "(4,)"),
              dictionary("<i4", "(4,)"), dictionary("O", "(4,)"),
              dictionary("<f4", "(4,)", "Maybe"), std::string("{'descr': '<f4', 'shape': (4,), }"),
              std::string("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (4,)}"),
              dictionary("<f4", "(99999999999999999999,)"),
              dictionary("<f4", "(4611686018427387904, 4611686018427387904)"),
              dictionary("<f4", "(2147483648,)"), dictionary("<f4", "(5,)")}) {
            const QString text = complaint(npy(header, four));
            QVERIFY2(text.contains("x.npy"), header.c_str());
        }
        QVERIFY(complaint("\x93NUMPY").contains("x.npy"));
        QVERIFY(complaint(npy(dictionary("<f4", "(4,)"), four, 9)).contains("version"));
        QVERIFY(complaint(npy(dictionary("<f4", "(4,)"), four)).isEmpty());
    }

    void scalarMapsKeepTheirNumbersInEveryFormat() {
        mcj::ScalarMap map({5, 3}, "warp error", "levels of 255", 0.0F, 255.0F);
        float next = -3.0F;
        for (float& value : map.values.values()) value = next += 1.37F;
        map.values.at(1, 2) = std::numeric_limits<float>::quiet_NaN();
        mcj::writeScalarNpy(file("s.npy"), map);
        mcj::writeScalarExr(file("s.exr"), map);
        mcj::writeScalarPfm(file("s.pfm"), map);
        const auto array = mcj::readNpy(file("s.npy"));
        QVERIFY((array.shape == std::vector<std::int64_t>{3, 5}));
        const auto exr = mcj::decodeExr(view(bytesOf(file("s.exr"))), "s.exr", {{"warp_error"}});
        QCOMPARE(exr.text.at("unit"), std::string("levels of 255"));
        const auto pfm = mcj::decodePfm(view(bytesOf(file("s.pfm"))), "s.pfm");
        QCOMPARE(pfm.channels(), 1);
        for (std::size_t i = 0; i < map.values.values().size(); ++i) {
            const auto expected = std::bit_cast<std::uint32_t>(map.values.values()[i]);
            for (const float value : {array.values[i], exr.values.values()[i], pfm.values()[i]}) {
                QCOMPARE(std::bit_cast<std::uint32_t>(value), expected);
            }
        }
        // The file's first row of floats is the picture's last.
        const std::string bytes = bytesOf(file("s.pfm"));
        float first = 0.0F;
        std::memcpy(&first, bytes.data() + bytes.size() - 15 * 4, 4);
        QCOMPARE(first, map.values.at(2, 0));
    }

    void exrWithoutTheChannelSaysWhich() {
        mcj::ScalarMap map({2, 2}, "cosine", "1", -1.0F, 1.0F);
        mcj::writeScalarExr(file("c.exr"), map);
        try {
            (void)mcj::decodeExr(view(bytesOf(file("c.exr"))), "c.exr",
                                 {{"forward.u", "forward.v"}, {"u"}});
            QFAIL("it was read");
        } catch (const mcj::Error& error) {
            QVERIFY(QString(error.what()).contains("forward.u and forward.v, or u"));
        }
    }

private:
    fs::path file(const std::string& name) const {
        return fs::path(folder_.path().toStdString()) / name;
    }
    QTemporaryDir folder_;
};

}  // namespace

QTEST_GUILESS_MAIN(TestArrayFile)
#include "test_array_file.moc"

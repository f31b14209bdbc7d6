#include <QByteArray>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <tuple>

#include "media/base/error.h"
#include "media/base/xml_text.h"
#include "media/figure/figure_file.h"
#include "media/figure/figure_grid.h"
#include "media/figure/figure_pdf.h"
#include "media/io/image_file.h"

using namespace mcj;

namespace {

namespace fs = std::filesystem;

Raster<std::uint8_t> plain(SizePx size, std::uint8_t value) {
    return Raster<std::uint8_t>(size, 3, value);
}

/// Three columns and two rows: different shapes, a missing picture, captions, legends, long words.
FigureGrid someGrid() {
    FigureGrid grid;
    grid.cellWidthPx = 120;
    grid.columns = {"first frame", "a model with a name that is much too long for it", "truth"};
    FigureRow wide;
    wide.label = "kitti <000000> & more";
    wide.cells = {{plain({200, 60}, 10), ""}, {plain({200, 60}, 20), "EPE 1.25 px"}, {{}, "none"}};
    wide.legend = FigureLegend{plain({50, 50}, 40), "10 px"};
    FigureRow tall;
    tall.label = "portrait";
    tall.cells = {{plain({60, 90}, 50), "a"}, {plain({90, 60}, 60), ""}, {plain({60, 90}, 70), ""}};
    grid.rows = {wide, tall};
    grid.note = "what it means";
    return grid;
}

bool apart(const BoxPx& a, const BoxPx& b) {
    return a.x1 <= b.x0 || b.x1 <= a.x0 || a.y1 <= b.y0 || b.y1 <= a.y0;
}

/// Around the letters of a line: at most its longest width, from its ascenders to its descenders.
BoxPx boxOf(const SheetText& text) {
    const double width = text.maxWidthPx;
    const double left = text.anchor == TextAnchor::Middle ? text.x - width / 2.0
                        : text.anchor == TextAnchor::End  ? text.x - width
                                                          : text.x;
    return {static_cast<int>(std::floor(left)),
            static_cast<int>(std::floor(text.baselineY - 0.8 * text.sizePx)),
            static_cast<int>(std::ceil(left + width)),
            static_cast<int>(std::ceil(text.baselineY + 0.25 * text.sizePx))};
}

FigureSheet oneLine(const std::string& text, double maxWidth, TextAnchor anchor) {
    FigureSheet sheet;
    sheet.size = {200, 40};
    sheet.texts.push_back({text, 100.0, 26.0, 15.0, maxWidth, anchor, TextWeight::Regular});
    return sheet;
}

/// The box of what is darker than paper.
BoxPx inkOf(const Raster<std::uint8_t>& rgb) {
    BoxPx box{rgb.width(), rgb.height(), 0, 0};
    for (int y = 0; y < rgb.height(); ++y) {
        for (int x = 0; x < rgb.width(); ++x) {
            if (rgb.at(y, x) > 200) continue;
            box = {std::min(box.x0, x), std::min(box.y0, y), std::max(box.x1, x + 1),
                   std::max(box.y1, y + 1)};
        }
    }
    return box;
}

}  // namespace

class TestFigureSheet : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void nothingOverlapsAndNothingIsCut() {
        const FigureSheet sheet = layOut(someGrid());
        QCOMPARE(sheet.pictures.size(), std::size_t{7});
        for (std::size_t i = 0; i < sheet.pictures.size(); ++i) {
            const BoxPx& box = sheet.pictures[i].box;
            QVERIFY(box.x0 >= 0 && box.y0 >= 0 && !box.empty());
            QVERIFY(box.x1 <= sheet.size.width && box.y1 <= sheet.size.height);
            for (std::size_t j = 0; j < i; ++j) QVERIFY(apart(box, sheet.pictures[j].box));
        }
        for (const SheetText& text : sheet.texts) {
            const BoxPx box = boxOf(text);
            QVERIFY2(text.maxWidthPx > 0.0, text.text.c_str());
            QVERIFY2(box.x0 >= 0 && box.y0 >= 0 && box.x1 <= sheet.size.width &&
                         box.y1 <= sheet.size.height,
                     text.text.c_str());
            for (const SheetText& other : sheet.texts) {
                QVERIFY2(&other == &text || apart(box, boxOf(other)), text.text.c_str());
            }
            // The word of a missing picture stands in its place, all others clear of pictures.
            if (text.text == "none") continue;
            for (const SheetPicture& picture : sheet.pictures) {
                QVERIFY2(apart(box, picture.box), text.text.c_str());
            }
        }
    }

    void columnsAreEqualAndShapesAreKept() {
        const FigureSheet sheet = layOut(someGrid());
        const auto boxAt = [&](std::size_t i) { return sheet.pictures[i].box; };
        // Row one: two pictures and the grey of the missing one, all 120 x 36; then its legend.
        for (const std::size_t i : {0, 1, 2}) {
            QCOMPARE(boxAt(i).size(), (SizePx{120, 36}));
            QCOMPARE(boxAt(i).y0, boxAt(0).y0);
        }
        QCOMPARE(boxAt(1).x0 - boxAt(0).x0, boxAt(2).x0 - boxAt(1).x0);
        QVERIFY(boxAt(3).x0 >= boxAt(2).x1);
        QCOMPARE(boxAt(3).size().width, boxAt(3).size().height);
        // Row two: the tall ones set the height, the wide one keeps its shape in the middle.
        QCOMPARE(boxAt(4).size(), (SizePx{120, 180}));
        QCOMPARE(boxAt(5).size(), (SizePx{120, 80}));
        QCOMPARE(boxAt(5).y0 - boxAt(4).y0, 50);
        QCOMPARE(boxAt(4).x0, boxAt(0).x0);
        QVERIFY(boxAt(4).y0 > boxAt(3).y1);
    }

    void badGridsAreRefused() {
        QVERIFY_EXCEPTION_THROWN((void)layOut({}), Error);
        FigureGrid grid = someGrid();
        grid.rows[1].cells.pop_back();
        QVERIFY_EXCEPTION_THROWN((void)layOut(grid), Error);
    }

    void drawingHasEveryPictureInItsPlace() {
        const FigureSheet sheet = layOut(someGrid());
        const Raster<std::uint8_t> drawn = drawSheet(sheet);
        QCOMPARE(drawn.size(), sheet.size);
        QCOMPARE(drawn.at(0, 0), std::uint8_t{255});
        for (const SheetPicture& picture : sheet.pictures) {
            if (picture.rgb.size() == SizePx{1, 1}) continue;  // a word stands on it
            for (const int x : {picture.box.x0, picture.box.x1 - 1}) {
                for (const int y : {picture.box.y0, picture.box.y1 - 1}) {
                    QCOMPARE(drawn.at(y, x, 1), picture.rgb.at(0, 0, 1));
                }
            }
        }
    }

    void whatLiesBesideTheSheetIsCutOff() {
        FigureSheet sheet;
        sheet.size = {20, 10};
        sheet.pictures.push_back({{15, 5, 40, 30}, plain({25, 25}, 60)});
        sheet.pictures.push_back({{-5, -5, 2, 2}, plain({7, 7}, 70)});
        sheet.pictures.push_back({{30, 2, 35, 4}, plain({5, 2}, 80)});
        const Raster<std::uint8_t> drawn = drawSheet(sheet);
        QCOMPARE(drawn.at(9, 19), std::uint8_t{60});
        QCOMPARE(drawn.at(1, 1), std::uint8_t{70});
        QCOMPARE(drawn.at(9, 0), std::uint8_t{255});
        QCOMPARE(drawn.at(3, 10), std::uint8_t{255});
    }

    void lettersStandWhereTheyShould() {
        for (const auto& [anchor, low, high] :
             {std::tuple(TextAnchor::Start, 98, 104), std::tuple(TextAnchor::Middle, 0, 100),
              std::tuple(TextAnchor::End, 0, 100)}) {
            const BoxPx ink = inkOf(drawSheet(oneLine("EPE 1.25", 0.0, anchor)));
            QVERIFY(!ink.empty());
            QVERIFY2(ink.x0 >= low && ink.x0 <= high, qPrintable(QString::number(ink.x0)));
            // On the line, as tall as capitals are.
            QVERIFY(std::abs(ink.y1 - 26) <= 2);
            QVERIFY(std::abs(ink.size().height - 11) <= 3);
        }
        const BoxPx middle = inkOf(drawSheet(oneLine("HHHH", 0.0, TextAnchor::Middle)));
        QVERIFY(std::abs((middle.x0 + middle.x1) / 2 - 100) <= 2);
        const BoxPx end = inkOf(drawSheet(oneLine("HHHH", 0.0, TextAnchor::End)));
        QVERIFY(std::abs(end.x1 - 100) <= 3);
    }

    void lettersOutsideAsciiAreThemselves() {
        const auto drawn = [](const std::string& text) {
            return drawSheet(oneLine(text, 0.0, TextAnchor::Start));
        };
        QVERIFY(!(drawn("5 \xc3\x97 3 \xc2\xb5m") == drawn("5 ? 3 ?m")));
        QVERIFY(!(drawn("\xc3\xa9") == drawn("e")));
        // What is not UTF-8 is shown as such, one sign for a byte.
        QVERIFY(drawn("\xe9") == drawn("\xef\xbf\xbd"));
        QVERIFY(drawn("\x07") == drawn(""));
    }

    void colorsAreThoseOfTheSheet() {
        FigureSheet sheet = oneLine("HHHH", 0.0, TextAnchor::Start);
        sheet.paper = {10, 20, 30};
        sheet.texts.front().ink = {200, 100, 50};
        const Raster<std::uint8_t> rgb = drawSheet(sheet);
        QCOMPARE(rgb.at(0, 0, 2), std::uint8_t{30});
        int inked = 0;
        for (int x = 0; x < rgb.width(); ++x) inked += rgb.at(21, x, 0) > 100 ? 1 : 0;
        QVERIFY(inked >= 4);
        QVERIFY(svgOf(sheet).find("#0a141e") != std::string::npos);
        QVERIFY(svgOf(sheet).find("#c86432") != std::string::npos);
    }

    void longTextIsMadeToFit() {
        const std::string words = "a line of words that is far longer than its room";
        const BoxPx ink = inkOf(drawSheet(oneLine(words, 90.0, TextAnchor::Middle)));
        QVERIFY(ink.x0 >= 54 && ink.x1 <= 146);
        QVERIFY(ink.size().width > 70);
        const BoxPx free = inkOf(drawSheet(oneLine(words, 0.0, TextAnchor::Middle)));
        QVERIFY(free.size().width > 150);
    }

    void textOfAnyBytesLeavesTheSvgWellFormed() {
        for (const char* label :
             {"latin\xe9", "cut\xe2\x82", "\xff\xfe", "half\xed\xa0\x80", "none\xef\xbf\xbe",
              "bell\x07\x1b[0m", "a&b<c>\"d'e", "\xc0\xaf"}) {
            FigureGrid grid = someGrid();
            grid.rows[0].label = label;
            grid.columns[0] = label;
            grid.note = label;
            const QByteArray svg = QByteArray::fromStdString(svgOf(layOut(grid)));
            QXmlStreamReader xml(svg);
            while (!xml.atEnd()) xml.readNext();
            QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
            QCOMPARE(QString::fromUtf8(svg).toUtf8(), svg);
            (void)drawSheet(layOut(grid));
        }
        QCOMPARE(escapeXml("caf\xc3\xa9 & \xe9"), std::string("caf\xc3\xa9 &amp; \xef\xbf\xbd"));
    }

    void svgIsWellFormedAndHoldsThePictures() {
        FigureGrid grid = someGrid();
        Raster<std::uint8_t> pattern({100, 30}, 3);
        for (std::size_t i = 0; i < pattern.values().size(); ++i) {
            pattern.values()[i] = static_cast<std::uint8_t>(i * 7 % 251);
        }
        grid.rows[0].cells[0].rgb = pattern;
        grid.rows[0].cells[1].rgb = plain({2000, 600}, 20);
        const FigureSheet sheet = layOut(grid);
        QXmlStreamReader xml(QByteArray::fromStdString(svgOf(sheet)));
        const QTemporaryDir folder;
        const fs::path file = fs::path(folder.path().toStdString()) / "embedded.png";
        std::size_t pictures = 0;
        QStringList words;
        while (!xml.atEnd()) {
            if (xml.readNext() != QXmlStreamReader::StartElement) continue;
            if (xml.name() == QString("svg")) {
                QCOMPARE(xml.attributes().value("width").toInt(), sheet.size.width);
            } else if (xml.name() == QString("text")) {
                QVERIFY(xml.attributes().value("font-size").toDouble() <= 16.0);
                words << xml.readElementText();
            } else if (xml.name() == QString("image")) {
                const SheetPicture& picture = sheet.pictures[pictures++];
                QCOMPARE(xml.attributes().value("x").toInt(), picture.box.x0);
                QCOMPARE(xml.attributes().value("height").toInt(), picture.box.size().height);
                const QString link =
                    xml.attributes().value("http://www.w3.org/1999/xlink", "href").toString();
                const QString head = "data:image/png;base64,";
                QVERIFY(link.startsWith(head));
                const QByteArray bytes = QByteArray::fromBase64(link.mid(head.size()).toLatin1());
                std::ofstream(file, std::ios::binary) << bytes.toStdString();
                const Raster<std::uint8_t> embedded = readRgbImage(file);
                if (pictures == 1) QVERIFY(embedded == pattern);
                // Two pixels for one of the sheet are enough.
                QVERIFY(embedded.width() <= 2 * picture.box.size().width);
            }
        }
        QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
        QCOMPARE(pictures, sheet.pictures.size());
        QCOMPARE(words.size(), static_cast<qsizetype>(sheet.texts.size()));
        QVERIFY(words.contains("kitti <000000> & more"));
    }

    void theEndingChoosesTheFormat() {
        const QTemporaryDir folder;
        const fs::path root = folder.path().toStdString();
        const FigureSheet sheet = layOut(someGrid());
        writeFigure(root / "a.PNG", sheet);
        QVERIFY(readRgbImage(root / "a.PNG") == drawSheet(sheet));
        writeFigure(root / "a.svg", sheet);
        std::ifstream svg(root / "a.svg");
        std::string start;
        std::getline(svg, start);
        QVERIFY(start.starts_with("<?xml"));
        writeFigure(root / "a.pdf", sheet);
        std::ifstream pdf(root / "a.pdf");
        std::getline(pdf, start);
        QVERIFY(start.starts_with("%PDF-"));
    }

    void pdfHasItsObjectsWhereItsTableSays() {
        const FigureSheet sheet = layOut(someGrid());
        const QByteArray pdf = QByteArray::fromStdString(pdfOf(sheet));
        QCOMPARE(QByteArray::fromStdString(pdfOf(sheet)), pdf);
        const qsizetype table =
            pdf.mid(pdf.lastIndexOf("startxref") + 9).simplified().split(' ').first().toLongLong();
        QVERIFY(pdf.mid(table).startsWith("xref\n0 "));
        const QList<QByteArray> lines = pdf.mid(table).split('\n');
        const int count = lines[1].split(' ')[1].toInt();
        QCOMPARE(std::size_t(count), sheet.pictures.size() + 5);
        for (int i = 1; i < count; ++i) {
            QCOMPARE(lines[2 + i].size(), qsizetype{19});  // 20 bytes with the line's end
            const qsizetype place = lines[2 + i].left(10).toLongLong();
            QVERIFY2(pdf.mid(place).startsWith(QByteArray::number(i) + " 0 obj"),
                     lines[2 + i].constData());
        }
        // The first picture comes back without loss.
        const Raster<std::uint8_t>& picture = sheet.pictures[0].rgb;
        const QByteArray bytes = unpacked(pdf, 5);
        QCOMPARE(bytes.size(), qsizetype(picture.values().size()));
        QVERIFY(std::equal(picture.values().begin(), picture.values().end(),
                           reinterpret_cast<const std::uint8_t*>(bytes.constData())));
    }

    void pdfDrawsTextAsOutlines() {
        FigureSheet sheet;
        sheet.size = {200, 100};
        sheet.texts.push_back(
            {"l", 20.0, 80.0, 40.0, 0.0, TextAnchor::Start, TextWeight::Regular, {255, 0, 0}});
        const QByteArray page = unpacked(QByteArray::fromStdString(pdfOf(sheet)), 4);
        QVERIFY(page.contains("1 0 0 rg") && page.contains(" m\n") && page.contains("f\n"));
        // The letter is an upright bar: all points lie in its box, y up from the bottom.
        for (const QByteArray& line : page.split('\n')) {
            const QList<QByteArray> words = line.split(' ');
            if (words.size() != 3 || (words[2] != "m" && words[2] != "l")) continue;
            QVERIFY(words[0].toDouble() > 20.0 && words[0].toDouble() < 40.0);
            QVERIFY(words[1].toDouble() > 19.0 && words[1].toDouble() < 60.0);
        }
        // Text that is longer than its room is set smaller, as in the other formats.
        sheet.texts[0].text = "wwwwwwwwww";
        sheet.texts[0].maxWidthPx = 50.0;
        for (const QByteArray& line :
             unpacked(QByteArray::fromStdString(pdfOf(sheet)), 4).split('\n')) {
            if (line.endsWith(" m")) QVERIFY(line.split(' ')[0].toDouble() < 72.0);
        }
    }

private:
    /// The content of the stream of an object.
    static QByteArray unpacked(const QByteArray& pdf, int object) {
        const qsizetype begin = pdf.indexOf("\n" + QByteArray::number(object) + " 0 obj\n");
        const qsizetype data = pdf.indexOf("stream\n", begin) + 7;
        QByteArray packed = pdf.mid(data, pdf.indexOf("\nendstream", data) - data);
        // qUncompress wants the length in front, of which it takes no more than a hint.
        packed.prepend(QByteArray("\x01\x00\x00\x00", 4));
        return qUncompress(packed);
    }
};

QTEST_GUILESS_MAIN(TestFigureSheet)
#include "test_figure_sheet.moc"

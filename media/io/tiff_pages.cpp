#include "media/io/tiff_pages.h"

#include <tiffio.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <string>
#include <vector>

#include "media/base/error.h"
#include "media/io/byte_reader.h"
#include "media/io/exif_orientation.h"
#include "media/io/sample_scaling.h"

namespace mcj {

namespace {

constexpr std::size_t kMostPages = 1U << 20;
// Deflate, LZW and the like do not shrink more than this; a file that claims more is malicious.
constexpr std::uint64_t kMostShrinking = 1500;

struct TiffCloser {
    void operator()(TIFF* tiff) const { TIFFClose(tiff); }
};
struct OptionsCloser {
    void operator()(TIFFOpenOptions* options) const { TIFFOpenOptionsFree(options); }
};

/// Keeps libtiff's first complaint for the message of the exception.
int keepError(TIFF* /*tiff*/, void* user, const char* /*module*/, const char* format,
              va_list values) {
    auto* text = static_cast<std::string*>(user);
    if (text->empty()) {
        std::array<char, 256> line{};
        std::vsnprintf(line.data(), line.size(), format, values);
        *text = line.data();
    }
    return 1;
}

int dropWarning(TIFF* /*tiff*/, void* /*user*/, const char* /*module*/, const char* /*format*/,
                va_list /*values*/) {
    return 1;
}

/// The fields of a page that its pixels depend on.
struct PageLayout {
    SizePx size;
    SampleType type;
    int samples = 1;
    int photometric = PHOTOMETRIC_MINISBLACK;
    bool planar = false;
    bool tiled = false;
    bool hasTransparency = false;
    ExifOrientation orientation = kUpright;

    [[nodiscard]] bool isRgb() const { return photometric == PHOTOMETRIC_RGB && samples >= 3; }
    /// Whether samples are read as they are stored, not through libtiff's RGBA interface.
    [[nodiscard]] bool readsRaw() const {
        const bool grey =
            photometric == PHOTOMETRIC_MINISBLACK || photometric == PHOTOMETRIC_MINISWHITE;
        const bool palette = photometric == PHOTOMETRIC_PALETTE && type.bits <= 16 &&
                             type.format == SampleFormat::Unsigned;
        return type.supported() && (grey || palette || isRgb());
    }
};

class TiffPages final : public PictureStack {
public:
    explicit TiffPages(const std::filesystem::path& path);

    [[nodiscard]] int count() const override { return static_cast<int>(pages_.size()); }
    [[nodiscard]] std::optional<SizePx> size(int page) override;
    [[nodiscard]] std::string damage(int page) override;
    [[nodiscard]] Raster<std::uint8_t> read(int page, std::vector<std::string>& notes) override;
    [[nodiscard]] bool hasTransparency() override;
    [[nodiscard]] std::optional<std::int64_t> startMs(int /*page*/) const override {
        return std::nullopt;
    }

private:
    [[noreturn]] void fail(int page, const std::string& why) const;
    bool select(int page);
    [[nodiscard]] PageLayout layout() const;
    void checkClaims(int page, const PageLayout& layout) const;
    [[nodiscard]] Raster<double> readSamples(int page, const PageLayout& layout);
    void readTileRows(const PageLayout& layout, int plane, int y, std::vector<std::uint8_t>& rows,
                      std::size_t rowBytes, int page);
    [[nodiscard]] Raster<std::uint8_t> applyPalette(const Raster<double>& indices) const;
    [[nodiscard]] Raster<std::uint8_t> readRgba(int page, const PageLayout& layout);

    std::string path_;
    std::string complaint_;
    std::unique_ptr<TIFF, TiffCloser> tiff_;
    std::vector<std::uint64_t> pages_;  ///< where each page's directory lies
    std::uint64_t fileBytes_ = 0;
};

TiffPages::TiffPages(const std::filesystem::path& path) : path_(path.string()) {
    const std::unique_ptr<TIFFOpenOptions, OptionsCloser> options(TIFFOpenOptionsAlloc());
    if (!options) throw std::bad_alloc();
    TIFFOpenOptionsSetErrorHandlerExtR(options.get(), keepError, &complaint_);
    TIFFOpenOptionsSetWarningHandlerExtR(options.get(), dropWarning, nullptr);
    std::error_code failure;
    fileBytes_ = std::filesystem::file_size(path, failure);
    tiff_.reset(TIFFOpenExt(path_.c_str(), "rm", options.get()));  // m: not mapped into memory
    if (!tiff_) fail(0, complaint_.empty() ? "it is damaged" : complaint_);
    do {
        std::uint32_t kind = 0;
        TIFFGetFieldDefaulted(tiff_.get(), TIFFTAG_SUBFILETYPE, &kind);
        const bool isPage = (kind & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) == 0;
        if (isPage || pages_.empty()) pages_.push_back(TIFFCurrentDirOffset(tiff_.get()));
    } while (pages_.size() < kMostPages && TIFFReadDirectory(tiff_.get()) != 0);
}

void TiffPages::fail(int page, const std::string& why) const {
    std::string where = "the image '" + path_ + "'";
    if (page > 0) where = "page " + std::to_string(page) + " of " + where;
    throw Error(ErrorCode::Input, "cannot read " + where + ": " + why,
                "The file may be damaged or not completely copied.");
}

bool TiffPages::select(int page) {
    complaint_.clear();
    return TIFFSetSubDirectory(tiff_.get(), pages_[static_cast<std::size_t>(page)]) != 0;
}

PageLayout TiffPages::layout() const {
    TIFF* tiff = tiff_.get();
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::uint16_t bits = 1;
    std::uint16_t samples = 1;
    std::uint16_t format = SAMPLEFORMAT_UINT;
    std::uint16_t photometric = PHOTOMETRIC_MINISBLACK;
    std::uint16_t planar = PLANARCONFIG_CONTIG;
    std::uint16_t orientation = ORIENTATION_TOPLEFT;
    std::uint16_t extras = 0;
    std::uint16_t* extraKinds = nullptr;
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &format);
    TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &planar);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &orientation);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &extras, &extraKinds);
    PageLayout page;
    if (width <= static_cast<std::uint32_t>(kMaxFileSidePx) &&
        height <= static_cast<std::uint32_t>(kMaxFileSidePx)) {
        page.size = {static_cast<int>(width), static_cast<int>(height)};
    }
    page.type.format = format == SAMPLEFORMAT_INT      ? SampleFormat::Signed
                       : format == SAMPLEFORMAT_IEEEFP ? SampleFormat::Float
                                                       : SampleFormat::Unsigned;
    page.type.bits =
        format == SAMPLEFORMAT_COMPLEXINT || format == SAMPLEFORMAT_COMPLEXIEEEFP ? 0 : bits;
    page.samples = samples;
    page.photometric = photometric;
    page.planar = planar == PLANARCONFIG_SEPARATE && samples > 1;
    page.tiled = TIFFIsTiled(tiff) != 0;
    // A fourth sample without a description is taken for transparency, as most programs do.
    page.hasTransparency = photometric == PHOTOMETRIC_RGB && samples == 4;
    for (int i = 0; i < extras; ++i) {
        page.hasTransparency = page.hasTransparency || extraKinds[i] == EXTRASAMPLE_ASSOCALPHA ||
                               extraKinds[i] == EXTRASAMPLE_UNASSALPHA;
    }
    page.orientation = orientation;
    return page;
}

std::optional<SizePx> TiffPages::size(int page) {
    if (!select(page)) return std::nullopt;
    const PageLayout found = layout();
    if (found.size.empty()) return std::nullopt;
    return uprightSize(found.size, found.orientation);
}

std::string TiffPages::damage(int page) {
    if (!select(page)) return complaint_.empty() ? "its directory is damaged" : complaint_;
    const PageLayout found = layout();
    if (found.size.empty()) return "its size is invalid";
    const std::uint32_t pieces =
        found.tiled ? TIFFNumberOfTiles(tiff_.get()) : TIFFNumberOfStrips(tiff_.get());
    for (std::uint32_t i = 0; i < pieces; ++i) {
        const std::uint64_t from = TIFFGetStrileOffset(tiff_.get(), i);
        const std::uint64_t bytes = TIFFGetStrileByteCount(tiff_.get(), i);
        if (from > fileBytes_ || bytes > fileBytes_ - from) return "the file ends early";
    }
    return {};
}

bool TiffPages::hasTransparency() { return select(0) && layout().hasTransparency; }

void TiffPages::checkClaims(int page, const PageLayout& found) const {
    if (found.size.empty()) fail(page, "its size is invalid");
    const std::uint64_t bits = found.size.area() * static_cast<std::uint64_t>(found.samples) *
                               static_cast<std::uint64_t>(std::max(1, found.type.bits));
    std::uint16_t compression = COMPRESSION_NONE;
    TIFFGetFieldDefaulted(tiff_.get(), TIFFTAG_COMPRESSION, &compression);
    // Fax codes store a white page in a few bytes, at one bit per pixel.
    const bool fax = found.type.bits == 1;
    const std::uint64_t shrinking = compression == COMPRESSION_NONE ? 1
                                    : fax                           ? kMostShrinking * 100
                                                                    : kMostShrinking;
    if (bits / 8 > shrinking * fileBytes_ + 1024) {
        fail(page, "it is too short for the " + std::to_string(found.size.width) + "x" +
                       std::to_string(found.size.height) + " pixels in its header");
    }
}

// Fills `rows` with the rows of the tiles that row `y` lies in, from the tiles' top on.
void TiffPages::readTileRows(const PageLayout& found, int plane, int y,
                             std::vector<std::uint8_t>& rows, std::size_t rowBytes, int page) {
    std::uint32_t tileWidth = 0;
    std::uint32_t tileHeight = 0;
    TIFFGetField(tiff_.get(), TIFFTAG_TILEWIDTH, &tileWidth);
    TIFFGetField(tiff_.get(), TIFFTAG_TILELENGTH, &tileHeight);
    const std::size_t tileRowBytes = static_cast<std::size_t>(TIFFTileRowSize64(tiff_.get()));
    if (tileWidth == 0 || tileHeight == 0 || tileRowBytes == 0 ||
        tileHeight > static_cast<std::uint32_t>(kMaxFileSidePx)) {
        fail(page, "its tile layout is invalid");
    }
    std::vector<std::uint8_t> tile(static_cast<std::size_t>(TIFFTileSize64(tiff_.get())));
    rows.assign(rowBytes * tileHeight, 0);
    std::size_t to = 0;
    for (std::uint32_t x = 0; x < static_cast<std::uint32_t>(found.size.width); x += tileWidth) {
        if (TIFFReadTile(tiff_.get(), tile.data(), x, static_cast<std::uint32_t>(y), 0,
                         static_cast<std::uint16_t>(plane)) < 0) {
            fail(page, complaint_.empty() ? "a tile cannot be decoded" : complaint_);
        }
        const std::size_t bytes = std::min(tileRowBytes, rowBytes - std::min(to, rowBytes));
        for (std::size_t row = 0; row < tileHeight && (row + 1) * tileRowBytes <= tile.size();
             ++row) {
            std::copy_n(tile.data() + row * tileRowBytes, bytes, rows.data() + row * rowBytes + to);
        }
        to += tileRowBytes;
    }
}

Raster<double> TiffPages::readSamples(int page, const PageLayout& found) {
    const int channels = found.isRgb() ? 3 : 1;
    const auto width = static_cast<std::size_t>(found.size.width);
    const std::size_t perPixel = found.planar ? 1 : static_cast<std::size_t>(found.samples);
    const std::size_t rowBytes =
        (width * perPixel * static_cast<std::size_t>(found.type.bits) + 7) / 8;
    Raster<double> values(found.size, channels);
    std::vector<double> line(width);
    std::vector<std::uint8_t> rows;
    std::uint32_t tileHeight = 1;
    if (found.tiled) {
        TIFFGetField(tiff_.get(), TIFFTAG_TILELENGTH, &tileHeight);
        if (tileHeight == 0) fail(page, "its tile layout is invalid");
    } else {
        rows.resize(std::max(rowBytes, static_cast<std::size_t>(TIFFScanlineSize64(tiff_.get()))));
    }
    for (int plane = 0; plane < (found.planar ? channels : 1); ++plane) {
        for (int y = 0; y < found.size.height; ++y) {
            const auto inTile = static_cast<std::size_t>(y) % tileHeight;
            if (found.tiled && inTile == 0) readTileRows(found, plane, y, rows, rowBytes, page);
            if (!found.tiled &&
                TIFFReadScanline(tiff_.get(), rows.data(), static_cast<std::uint32_t>(y),
                                 static_cast<std::uint16_t>(plane)) < 0) {
                fail(page, complaint_.empty() ? "a row cannot be decoded" : complaint_);
            }
            const ByteView row(rows.data() + (found.tiled ? inTile * rowBytes : 0), rowBytes);
            for (int c = 0; c < (found.planar ? 1 : channels); ++c) {
                unpackSamples(row, found.type, static_cast<std::size_t>(c), perPixel, width,
                              line.data());
                const int channel = found.planar ? plane : c;
                for (std::size_t x = 0; x < width; ++x) {
                    values.at(y, static_cast<int>(x), channel) = line[x];
                }
            }
        }
    }
    return values;
}

Raster<std::uint8_t> TiffPages::applyPalette(const Raster<double>& indices) const {
    std::uint16_t* maps[3] = {};
    std::uint16_t bits = 8;
    TIFFGetFieldDefaulted(tiff_.get(), TIFFTAG_BITSPERSAMPLE, &bits);
    if (TIFFGetField(tiff_.get(), TIFFTAG_COLORMAP, &maps[0], &maps[1], &maps[2]) == 0) {
        fail(0, "it has no palette");
    }
    const std::size_t entries = std::size_t{1} << bits;
    // Some writers store palettes of 8 bits although 16 are asked for.
    bool wide = false;
    for (const auto* map : maps) {
        wide = wide || std::any_of(map, map + entries, [](std::uint16_t v) { return v > 255; });
    }
    Raster<std::uint8_t> rgb(indices.size(), 3);
    for (int y = 0; y < rgb.height(); ++y) {
        for (int x = 0; x < rgb.width(); ++x) {
            const auto index = static_cast<std::size_t>(indices.at(y, x));
            for (int c = 0; c < 3; ++c) {
                const std::uint16_t value = maps[c][std::min(index, entries - 1)];
                rgb.at(y, x, c) = static_cast<std::uint8_t>(wide ? (value + 128) / 257 : value);
            }
        }
    }
    return rgb;
}

Raster<std::uint8_t> TiffPages::readRgba(int page, const PageLayout& found) {
    std::array<char, 1024> why{};
    if (TIFFRGBAImageOK(tiff_.get(), why.data()) == 0) fail(page, why.data());
    // Reads the rows as they are stored; they are turned upright afterwards.
    TIFFSetField(tiff_.get(), TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    std::vector<std::uint32_t> pixels(found.size.area());
    if (TIFFReadRGBAImageOriented(tiff_.get(), static_cast<std::uint32_t>(found.size.width),
                                  static_cast<std::uint32_t>(found.size.height), pixels.data(),
                                  ORIENTATION_TOPLEFT, 1) == 0) {
        fail(page, complaint_.empty() ? "it cannot be decoded" : complaint_);
    }
    Raster<std::uint8_t> rgb(found.size, 3);
    for (std::size_t i = 0; i < pixels.size(); ++i) {
        rgb.data()[3 * i] = static_cast<std::uint8_t>(TIFFGetR(pixels[i]));
        rgb.data()[3 * i + 1] = static_cast<std::uint8_t>(TIFFGetG(pixels[i]));
        rgb.data()[3 * i + 2] = static_cast<std::uint8_t>(TIFFGetB(pixels[i]));
    }
    return rgb;
}

Raster<std::uint8_t> TiffPages::read(int page, std::vector<std::string>& notes) {
    if (page < 0 || page >= count() || !select(page)) {
        fail(page, complaint_.empty() ? "its directory is damaged" : complaint_);
    }
    const PageLayout found = layout();
    checkClaims(page, found);
    if (!found.readsRaw()) return turnUpright(readRgba(page, found), found.orientation);
    const Raster<double> values = readSamples(page, found);
    if (found.photometric == PHOTOMETRIC_PALETTE) {
        return turnUpright(applyPalette(values), found.orientation);
    }
    Raster<std::uint8_t> bytes = scaleToBytes(values, found.type, notes);
    if (found.photometric == PHOTOMETRIC_MINISWHITE) {
        for (std::uint8_t& value : bytes.values()) value = static_cast<std::uint8_t>(255 - value);
    }
    if (bytes.channels() == 1) {
        Raster<std::uint8_t> rgb(bytes.size(), 3);
        for (std::size_t i = 0; i < bytes.size().area(); ++i) {
            std::fill_n(rgb.data() + 3 * i, 3, bytes.data()[i]);
        }
        bytes = std::move(rgb);
    }
    return turnUpright(std::move(bytes), found.orientation);
}

}  // namespace

std::unique_ptr<PictureStack> openTiffPages(const std::filesystem::path& path) {
    return std::make_unique<TiffPages>(path);
}

}  // namespace mcj

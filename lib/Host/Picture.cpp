//===- Picture.cpp - Tensors as images -----------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Picture.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <new>
#include <zlib.h>

namespace symc::host {

namespace {

constexpr int64_t maxExamples = 3, maxTiles = 64, maxSide = 4096;
constexpr uint8_t gap = 255; // between tiles

void addBigEndian(std::string &bytes, uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes += static_cast<char>(number >> shift);
}

void addChunk(std::string &file, const std::string &type, const std::string &data) {
  addBigEndian(file, static_cast<uint32_t>(data.size()));
  std::string checked = type + data;
  file += checked;
  addBigEndian(file, static_cast<uint32_t>(
                         crc32(0, reinterpret_cast<const Bytef *>(checked.data()), static_cast<uInt>(checked.size()))));
}

/// Numbers to bytes.
class Scale {
public:
  Scale(const double *values, int64_t count) {
    for (int64_t i = 0; i < count; ++i)
      if (std::isfinite(values[i])) {
        low = std::min(low, values[i]);
        high = std::max(high, values[i]);
      }
  }
  uint8_t operator()(double value) const {
    if (std::isnan(value) || !(high > low))
      return 0;
    // Halves, so that the range of the largest numbers is finite.
    double part = (value / 2 - low / 2) / (high / 2 - low / 2);
    return static_cast<uint8_t>(std::lround(255 * std::clamp(part, 0.0, 1.0)));
  }

private:
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
};

/// Tiles of height × width in rows and columns, with a line between them.
struct Tiles {
  int64_t height, width, rows, columns;
  int channels = 1;

  /// As near to a square as `count` tiles come.
  static Tiles square(int64_t height, int64_t width, int64_t count, int channels = 1) {
    auto columns = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(count))));
    return {height, width, (count + columns - 1) / columns, columns, channels};
  }

  /// `element(tile, y, x, channel)`; tiles from `count` on are empty. Of tiles that make more than `maxSide` rows or
  /// columns every second, third, … is drawn.
  Picture draw(int64_t count, const std::function<uint8_t(int64_t, int64_t, int64_t, int)> &element) const {
    int64_t step = std::max<int64_t>(1, (std::max(rows * height, columns * width) + maxSide - 1) / maxSide);
    if (step > 1)
      return Tiles{(height + step - 1) / step, (width + step - 1) / step, rows, columns, channels}.draw(
          count, [&](int64_t tile, int64_t y, int64_t x, int c) { return element(tile, y * step, x * step, c); });
    Picture picture;
    picture.channels = channels;
    picture.height = rows * (height + 1) - 1;
    picture.width = columns * (width + 1) - 1;
    picture.pixels.assign(picture.height * picture.width * channels, gap);
    for (int64_t tile = 0; tile < count; ++tile)
      for (int64_t y = 0; y < height; ++y)
        for (int64_t x = 0; x < width; ++x) {
          int64_t row = tile / columns * (height + 1) + y, column = tile % columns * (width + 1) + x;
          for (int c = 0; c < channels; ++c)
            picture.pixels[(row * picture.width + column) * channels + c] = element(tile, y, x, c);
        }
    return picture;
  }
};

} // namespace

std::string encodePng(const Picture &picture) {
  std::string header;
  addBigEndian(header, static_cast<uint32_t>(picture.width));
  addBigEndian(header, static_cast<uint32_t>(picture.height));
  header += '\x08';                                  // bits
  header += picture.channels == 3 ? '\x02' : '\x00'; // colours or gray
  header += std::string(3, '\0');                    // deflate, no filters but those of rows, no interlacing
  std::string rows;
  size_t rowBytes = picture.width * picture.channels;
  for (int64_t y = 0; y < picture.height; ++y) {
    rows += '\0'; // not filtered
    rows.append(reinterpret_cast<const char *>(&picture.pixels[y * rowBytes]), rowBytes);
  }
  uLongf size = compressBound(rows.size());
  std::string packed(size, '\0');
  if (compress2(reinterpret_cast<Bytef *>(packed.data()), &size, reinterpret_cast<const Bytef *>(rows.data()),
                rows.size(), Z_DEFAULT_COMPRESSION) != Z_OK)
    throw std::bad_alloc(); // nothing else can be wrong
  packed.resize(size);
  std::string file = "\x89PNG\r\n\x1a\n";
  addChunk(file, "IHDR", header);
  addChunk(file, "IDAT", packed);
  addChunk(file, "IEND", "");
  return file;
}

bool isShowable(int32_t rank) { return rank >= 2 && rank <= 4; }

std::vector<Picture> picturesOf(const std::vector<double> &values, const Shape &shape) {
  std::vector<Picture> pictures;
  if (values.empty())
    return pictures;
  bool hasExamples = shape.size() > 2;
  int64_t height = shape[hasExamples], width = shape[1 + hasExamples], channels = shape.size() == 4 ? shape[3] : 1;
  int64_t each = height * width * channels;
  for (int64_t i = 0; i < (hasExamples ? std::min(shape[0], maxExamples) : 1); ++i) {
    const double *example = &values[i * each];
    Scale scale(example, each);
    int colours = channels == 3 ? 3 : 1;
    int64_t tiles = std::min(channels / colours, maxTiles);
    auto element = [&](int64_t tile, int64_t y, int64_t x, int c) {
      return scale(example[(y * width + x) * channels + tile + c]);
    };
    pictures.push_back(Tiles::square(height, width, tiles, colours).draw(tiles, element));
  }
  return pictures;
}

Picture filtersOf(const std::vector<double> &values, const Shape &shape) {
  int64_t height = shape[0], width = shape[1], in = shape[2], out = shape[3];
  Scale scale(values.data(), static_cast<int64_t>(values.size()));
  auto at = [&](int64_t y, int64_t x, int64_t i, int64_t o) {
    return scale(values[((y * width + x) * in + i) * out + o]);
  };
  int64_t columns = std::min(out, maxTiles), rows = std::min(in, maxTiles);
  if (in == 1 || in == 3)
    return Tiles::square(height, width, columns, static_cast<int>(in))
        .draw(columns, [&](int64_t tile, int64_t y, int64_t x, int c) { return at(y, x, c, tile); });
  return Tiles{height, width, rows, columns}.draw(rows * columns, [&](int64_t tile, int64_t y, int64_t x, int) {
    return at(y, x, tile / columns, tile % columns);
  });
}

} // namespace symc::host

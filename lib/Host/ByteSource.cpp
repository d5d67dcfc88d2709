//===- ByteSource.cpp - Plain, gzipped and zipped bytes, streamed ---------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/ByteSource.h"
#include "lib/Host/Errors.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>
#include <zlib.h>

namespace symc::host {

namespace {

class PlainFile : public ByteSource {
public:
  PlainFile(std::string path, int file, uint64_t size) : ByteSource(std::move(path)), file(file), left(size) {}
  ~PlainFile() override { close(file); }

  size_t read(void *out, size_t bytes) override {
    size_t done = 0;
    while (done < bytes) {
      ssize_t got = ::read(file, static_cast<char *>(out) + done, std::min<size_t>(bytes - done, 1 << 30));
      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        throw dataError(code::DataUnreadable, where, std::string("cannot be read: ") + strerror(errno));
      if (got == 0)
        break;
      done += got;
    }
    left -= std::min<uint64_t>(done, left);
    return done;
  }
  std::optional<uint64_t> remaining() const override { return left; }

private:
  int file;
  uint64_t left;
};

/// One or several gzip streams after each other, as `gzip` reads them. What follows the last one is an error, unless it
/// is zeros, with which files are padded.
class GzipFile : public ByteSource {
public:
  GzipFile(std::string path, int descriptor) : ByteSource(path), file(std::move(path), descriptor, 0), chunk(1 << 16) {
    if (inflateInit2(&stream, 15 + 16) != Z_OK)
      throw std::bad_alloc();
  }
  ~GzipFile() override { inflateEnd(&stream); }

  size_t read(void *out, size_t bytes) override {
    size_t done = 0;
    while (done < bytes && !ended) {
      if (between && !nextStream())
        break;
      if (!stream.avail_in)
        refill();
      stream.next_out = static_cast<Bytef *>(out) + done;
      uInt room = static_cast<uInt>(std::min<size_t>(bytes - done, 1 << 30));
      stream.avail_out = room;
      int code = inflate(&stream, Z_NO_FLUSH);
      done += room - stream.avail_out;
      between = code == Z_STREAM_END;
      if (code == Z_MEM_ERROR)
        throw std::bad_alloc();
      if (code != Z_OK && code != Z_STREAM_END)
        fail(stream.avail_in || filled ? (stream.msg ? stream.msg : "damaged data") : "it ends too early");
    }
    return done;
  }

private:
  [[noreturn]] void fail(const std::string &what) {
    throw dataError(code::DataFormat, where, "is not a whole gzip file: " + what);
  }

  void refill() {
    filled = file.read(chunk.data(), chunk.size());
    stream.next_in = reinterpret_cast<Bytef *>(chunk.data());
    stream.avail_in = static_cast<uInt>(filled);
  }

  /// Goes on to the stream that follows; false when there is none.
  bool nextStream() {
    bool padding = false;
    while (true) {
      if (!stream.avail_in)
        refill();
      if (!stream.avail_in)
        break;
      if (*stream.next_in) {
        if (padding || *stream.next_in != 0x1f)
          fail("bytes follow the compressed data");
        inflateReset(&stream);
        between = false;
        return true;
      }
      padding = true;
      ++stream.next_in;
      --stream.avail_in;
    }
    ended = true;
    return false;
  }

  PlainFile file;
  std::vector<char> chunk;
  z_stream stream = {};
  size_t filled = 0;
  bool between = false, ended = false;
};

class MemoryBytes : public ByteSource {
public:
  MemoryBytes(std::string where, const char *data, size_t size)
      : ByteSource(std::move(where)), data(data), left(size) {}
  size_t read(void *out, size_t bytes) override {
    size_t count = std::min(bytes, left);
    if (count)
      memcpy(out, data, count);
    data += count;
    left -= count;
    return count;
  }
  std::optional<uint64_t> remaining() const override { return left; }

private:
  const char *data;
  size_t left;
};

} // namespace

void ByteSource::readExactly(void *out, size_t bytes, const char *what) {
  if (read(out, bytes) != bytes)
    throw dataError(code::DataFormat, where, std::string("ends inside ") + what);
}

int openRegularFile(const std::string &path) {
  // Without O_NONBLOCK opening a FIFO waits for a writer.
  int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0)
    throw dataError(code::DataUnreadable, path, std::string("cannot be opened: ") + strerror(errno));
  struct stat status;
  if (fstat(file, &status) || !S_ISREG(status.st_mode)) {
    close(file);
    throw dataError(code::DataUnreadable, path,
                    S_ISDIR(status.st_mode) ? "is a directory, not a file" : "is not a regular file");
  }
  return file;
}

std::string firstBytes(const std::string &path, size_t count) {
  int file = openRegularFile(path);
  PlainFile source(path, file, 0);
  std::string bytes(count, '\0');
  bytes.resize(source.read(bytes.data(), count));
  return bytes;
}

std::unique_ptr<ByteSource> openFile(const std::string &path) {
  std::string start = firstBytes(path, 2);
  int file = openRegularFile(path);
  if (start == "\x1f\x8b")
    return std::make_unique<GzipFile>(path, file);
  struct stat status;
  fstat(file, &status);
  return std::make_unique<PlainFile>(path, file, status.st_size);
}

std::unique_ptr<ByteSource> openMemory(std::string where, const void *data, size_t size) {
  return std::make_unique<MemoryBytes>(std::move(where), static_cast<const char *>(data), size);
}

} // namespace symc::host

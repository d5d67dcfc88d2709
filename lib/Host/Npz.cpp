//===- Npz.cpp - Zip archives of .npy files -------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Members are streamed: nothing is extracted to a file, so names like `../x` are
// harmless, and a member is inflated only as far as its .npy header asks.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Errors.h"
#include "lib/Host/Tensor.h"
#include "lib/Support/SystemErrors.h"

#include <algorithm>
#include <set>
#include <unistd.h>
#include <zip.h>

namespace symc::host {

namespace {

class ZipMember : public ByteSource {
public:
  ZipMember(std::string where, zip_file_t *file) : ByteSource(std::move(where)), file(file) {}
  ~ZipMember() override { zip_fclose(file); }

  size_t read(void *out, size_t bytes) override {
    size_t done = 0;
    while (done < bytes) {
      zip_int64_t got = zip_fread(file, static_cast<char *>(out) + done, std::min<size_t>(bytes - done, 1 << 30));
      if (got < 0)
        throw dataError(code::DataFormat, where, std::string("is damaged: ") + zip_file_strerror(file));
      if (got == 0)
        break;
      done += got;
    }
    return done;
  }

private:
  zip_file_t *file;
};

} // namespace

NpzArchive::NpzArchive(const std::string &archivePath) : path(archivePath) {
  int file = openRegularFile(path), code = 0;
  archive = zip_fdopen(file, ZIP_CHECKCONS, &code);
  if (!archive) {
    close(file);
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    std::string message = zip_error_strerror(&error);
    zip_error_fini(&error);
    if (saysLacking(message))
      throw dataError(code::DataUnreadable, path, "cannot be opened: " + message);
    throw dataError(code::DataFormat, path, "is not a valid .npz file: " + message);
  }
  zip_t *zip = static_cast<zip_t *>(archive);
  std::set<std::string> seen;
  for (zip_int64_t i = 0, count = zip_get_num_entries(zip, 0); i < count; ++i) {
    const char *raw = zip_get_name(zip, i, ZIP_FL_ENC_RAW);
    std::string member = raw ? raw : "";
    if (!seen.insert(member).second) {
      zip_discard(zip);
      throw dataError(code::DataFormat, path, "holds two members named " + quoted(member));
    }
    if (member.size() > 4 && !member.compare(member.size() - 4, 4, ".npy"))
      tensorNames.push_back(member.substr(0, member.size() - 4));
  }
}

NpzArchive::~NpzArchive() { zip_discard(static_cast<zip_t *>(archive)); }

TensorFile NpzArchive::open(const std::string &name) const {
  zip_t *zip = static_cast<zip_t *>(archive);
  zip_file_t *file = zip_fopen(zip, (name + ".npy").c_str(), ZIP_FL_ENC_RAW);
  if (!file)
    throw dataError(code::DataFormat, path,
                    "the member " + quoted(name + ".npy") + " cannot be read: " + zip_strerror(zip));
  return openNpy(std::make_unique<ZipMember>(path + ":" + name + ".npy", file));
}

} // namespace symc::host

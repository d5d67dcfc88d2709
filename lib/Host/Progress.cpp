//===- Progress.cpp - How far an epoch is ---------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Progress.h"
#include "lib/Host/Errors.h"
#include "lib/Host/Numbers.h"

#include <unistd.h>

namespace symc::host {

bool Progress::drawn = false;

Progress::Progress() : terminal(!jsonDiagnostics() && isatty(STDERR_FILENO)) {}

void Progress::update(const std::string &label, int64_t done, int64_t total, double loss) {
  using namespace std::chrono;
  if (!terminal)
    return;
  steady_clock::time_point now = steady_clock::now();
  if (now - last < milliseconds(100))
    return;
  last = now;
  constexpr int64_t width = 30;
  int64_t filled = total ? done * width / total : width;
  std::string bar(filled, '=');
  bar.resize(width, ' ');
  fprintf(stderr, "\r\033[K%s [%s] %lld/%lld loss %s", label.c_str(), bar.c_str(), static_cast<long long>(done),
          static_cast<long long>(total), brief(loss).c_str());
  fflush(stderr);
  drawn = true;
}

void Progress::clear() {
  if (drawn)
    fputs("\r\033[K", stderr);
  drawn = false;
}

} // namespace symc::host

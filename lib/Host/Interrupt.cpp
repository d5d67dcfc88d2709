//===- Interrupt.cpp - Ctrl-C as a request --------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Interrupt.h"

#include <csignal>

namespace symc::host {

static volatile sig_atomic_t caught = 0;

void catchInterrupts() {
  struct sigaction action = {};
  action.sa_handler = [](int signal) { caught = signal; };
  action.sa_flags = SA_RESTART | SA_RESETHAND;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() { return caught != 0; }
int interruptExitCode() { return 128 + caught; }

} // namespace symc::host

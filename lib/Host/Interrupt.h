//===- Interrupt.h - Ctrl-C as a request ----------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_INTERRUPT_H
#define SYMC_HOST_INTERRUPT_H

namespace symc::host {

/// From now on SIGINT and SIGTERM ask the running loop to stop after its step; a second one ends the process at once.
void catchInterrupts();
bool interrupted();
/// 128 + the signal's number: 130 for SIGINT.
int interruptExitCode();

} // namespace symc::host

#endif // SYMC_HOST_INTERRUPT_H

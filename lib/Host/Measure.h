//===- Measure.h - Parameters that are numbers of the data --------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_MEASURE_H
#define SYMC_HOST_MEASURE_H

#include "lib/Host/Dataset.h"

namespace symc::host {

/// The index of the function that says what the parameters of `standardize` layers would be for some examples, or -1.
int32_t measuringFunction(const Library &library);
/// Fills these parameters with the means and deviations over the first `examples` of the data. A remark names those
/// that the file `params`, if any, has given other values.
void measureParameters(Instance &instance, const Dataset &data, int64_t examples, int64_t batch,
                       const std::string &params);

} // namespace symc::host

#endif // SYMC_HOST_MEASURE_H

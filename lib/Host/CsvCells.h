//===- CsvCells.h - The cells of a file of separated values -------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_CSVCELLS_H
#define SYMC_HOST_CSVCELLS_H

#include "lib/Host/DataType.h"

#include <string>
#include <string_view>

namespace symc::host {

enum class Parse { Ok, NotANumber, OutOfRange };

/// Writes the number that a cell holds as an element of the type.
Parse parseCell(std::string_view text, DataType type, void *out);
/// Whether it is one of any type.
bool isNumber(std::string_view text);
/// Why a cell is none of the type of its input.
std::string cellProblem(std::string_view text, Parse result, DataType type, const std::string &input);

/// Whether it says that there is none: an empty cell, `NA`, `?` and their like.
bool isNoValue(std::string_view text);
/// Whether it is a number with a comma for a point.
bool hasDecimalComma(std::string_view text);

/// Without blanks around.
std::string_view trim(std::string_view text);
bool isUtf8(std::string_view text);

} // namespace symc::host

#endif // SYMC_HOST_CSVCELLS_H

//===- Module.h - A function of sym, evaluated --------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_TEST_UNIT_INTERPRETER_MODULE_H
#define SYMC_TEST_UNIT_INTERPRETER_MODULE_H

#include "lib/Driver/Build.h"
#include "lib/Interpreter/Interpreter.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

/// A module read from text, in a context of its own.
struct Module {
  explicit Module(const std::string &text) : context(registry(), mlir::MLIRContext::Threading::DISABLED) {
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    EXPECT_TRUE(module) << text;
  }

  mlir::func::FuncOp function(llvm::StringRef name = "f") { return module->lookupSymbol<mlir::func::FuncOp>(name); }
  symc::interpreter::Array reals(llvm::StringRef type, symc::interpreter::Sizes sizes, std::vector<double> values) {
    symc::interpreter::Array array(mlir::parseType(type, &context), std::move(sizes));
    array.reals = std::move(values);
    return array;
  }
  symc::interpreter::Array integers(llvm::StringRef type, symc::interpreter::Sizes sizes, std::vector<int64_t> values) {
    symc::interpreter::Array array(mlir::parseType(type, &context), std::move(sizes));
    array.integers = std::move(values);
    return array;
  }
  symc::interpreter::Outcome run(llvm::ArrayRef<symc::interpreter::Array> arguments,
                                 symc::interpreter::Options options = {}) {
    return symc::interpreter::Interpreter(std::move(options)).evaluate(function(), arguments);
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;

private:
  static const mlir::DialectRegistry &registry() {
    static const mlir::DialectRegistry dialects = [] {
      mlir::DialectRegistry all;
      symc::registerDialects(all);
      return all;
    }();
    return dialects;
  }
};

#endif

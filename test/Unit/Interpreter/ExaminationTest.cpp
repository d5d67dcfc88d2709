//===- ExaminationTest.cpp - What is found when a number is wrong ---------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Driver/Examination.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"
#include "test/Unit/Interpreter/Module.h"
#include <cmath>

using namespace symc;
using namespace mlir;
using interpreter::Comparison;

namespace {
constexpr char model[] = R"(
module {
  func.func @model(%x: tensor<2xf32> {sym.name = "x", sym.role = #sym.role<input>})
      -> (tensor<2xf32> {sym.name = "y", sym.role = #sym.role<output>}) {
    %0 = sym.exp %x : tensor<2xf32> loc("a")
    %1 = sym.neg %0 : tensor<2xf32> loc("b")
    %2 = sym.log %1 : tensor<2xf32> loc("c")
    %3 = sym.floor %0 : tensor<2xf32> loc("d")
    return %2 : tensor<2xf32>
  }
}
)";

GivenArray given(const char *name, std::vector<double> values) {
  return {name, ElementType::F32, {static_cast<int64_t>(values.size())}, std::move(values), {}};
}

/// What a library would give at x = 0 and 1.
ExaminationRequest honest() {
  ExaminationRequest request;
  request.arguments = {given("x", {0, 1})};
  float e = std::exp(1.0f);
  request.values = {given("value:0", {1, e}), given("value:1", {-1, -e}),
                    given("value:2", {std::nan(""), std::nan("")}), given("value:3", {1, 2})};
  return request;
}

std::optional<Finding> findNode(Module &m, const ExaminationRequest &request) {
  Evidence evidence(request, &m.context);
  Examiner examiner(*m.module, evidence);
  std::optional<Finding> finding = examiner.firstDifferentNode();
  EXPECT_EQ(examiner.problem(), "");
  return finding;
}

TEST(Examination, NothingIsFoundInHonestNumbers) {
  Module m(model);
  exposeValues(*m.module);
  EXPECT_FALSE(findNode(m, honest()));
}

TEST(Examination, TheFirstWrongNodeIsNamed) {
  Module m(model);
  exposeValues(*m.module);
  ExaminationRequest request = honest();
  request.values[1].reals[1] *= 1 + 1e-5;
  std::optional<Finding> finding = findNode(m, request);
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->name, "b");
  EXPECT_EQ(finding->op, "neg");
  EXPECT_EQ(finding->difference->place, interpreter::Sizes({1}));
  EXPECT_EQ(finding->difference->count, 1);
  EXPECT_NEAR(finding->difference->reference, -std::exp(1.0), 1e-6);
}

TEST(Examination, AnOpIsGivenWhatTheLibraryHad) {
  Module m(model);
  exposeValues(*m.module);
  ExaminationRequest request = honest();
  request.values[0].reals = {7, 8}; // wrong, and what follows is right for it
  request.values[1].reals = {-7, -8};
  request.values[3].reals = {7, 8};
  std::optional<Finding> finding = findNode(m, request);
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->name, "a");
  EXPECT_EQ(finding->difference->count, 2);
}

TEST(Examination, TheFirstThatMakesNaNIsNamed) {
  Module m(model);
  Evidence evidence(honest(), &m.context);
  std::optional<Finding> finding = Examiner(*m.module, evidence).firstNotFinite();
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->name, "c");
  EXPECT_TRUE(std::isnan(finding->difference->found));
}

TEST(Examination, WhatAMaskDropsIsNamedLast) {
  std::string masked = R"(
module {
  func.func @model(%x: tensor<2xf32> {sym.name = "x", sym.role = #sym.role<input>})
      -> (tensor<2xf32> {sym.name = "y", sym.role = #sym.role<output>},
          tensor<2xf32> {sym.name = "J", sym.role = #sym.role<loss>}) {
    %0 = sym.log %x : tensor<2xf32> loc("a")
    %1 = sym.greater %x, %x : tensor<2xf32> -> tensor<2xi1> loc("c")
    %2 = sym.where %1, %0, %x : tensor<2xi1>, tensor<2xf32> loc("w")
    %3 = sym.sqrt %x : tensor<2xf32> loc("d")
    return %3, %2 : tensor<2xf32>, tensor<2xf32>
  }
}
)";
  ExaminationRequest request;
  request.arguments = {given("x", {-1, 0})};
  GivenArray condition{"value:1", ElementType::Bool, {2}, {}, {0, 0}};
  request.values = {given("value:0", {std::nan(""), -HUGE_VAL}), condition, given("value:2", {-1, 0}),
                    given("value:3", {std::nan(""), 0})};
  auto find = [&](bool reaches, const char *function) {
    std::string text = masked;
    if (!reaches)
      text.replace(text.find("return %3"), 9, "return %x");
    Module m(text);
    request.function = function;
    Evidence evidence(request, &m.context);
    return Examiner(*m.module, evidence).firstNotFinite();
  };
  std::optional<Finding> finding = find(true, "");
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->name, "d");
  EXPECT_EQ(finding->difference->count, 1);
  EXPECT_TRUE(finding->reachesResult);
  finding = find(false, "");
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->name, "a");
  EXPECT_EQ(finding->difference->count, 2);
  EXPECT_FALSE(finding->reachesResult);
  // Its derivative is 0 times infinity.
  finding = find(false, "gradients");
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->name, "a");
  EXPECT_TRUE(finding->reachesResult);
  request.values[0] = given("value:0", {1, 2});
  EXPECT_FALSE(find(false, "gradients")); // 'd' is of no loss
}

TEST(Examination, AnArgumentThatNothingUsesNeedsNoValue) {
  std::string unused = model;
  unused.replace(unused.find("(%x:"), 4, R"((%u: tensor<3xf32> {sym.name = "u", sym.role = #sym.role<input>}, %x:)");
  Module m(unused);
  exposeValues(*m.module);
  EXPECT_FALSE(findNode(m, honest()));
}

TEST(Examination, ValuesOfOtherSizesAreRefused) {
  Module m(model);
  exposeValues(*m.module);
  for (bool isArgument : {false, true}) {
    ExaminationRequest request = honest();
    (isArgument ? request.arguments[0] : request.values[1]) = given(isArgument ? "x" : "value:1", {1, 2, 3});
    Evidence evidence(request, &m.context);
    Examiner examiner(*m.module, evidence);
    EXPECT_FALSE(examiner.firstDifferentNode());
    EXPECT_NE(examiner.problem(), "");
  }
}

TEST(Examination, RoundingsAreAllowedAndMoreIsNot) {
  Module m(model);
  Comparison close(m.reals("f32", {1}, {1 + 3e-7})), far(m.reals("f32", {1}, {1 + 3e-6}));
  for (Comparison *comparison : {&close, &far})
    comparison->addExact(m.reals("f32", {1}, {1}));
  EXPECT_FALSE(close.difference());
  EXPECT_TRUE(far.difference());
  far.addRounded(m.reals("f32", {1}, {1 + 1e-6})); // ill-conditioned
  EXPECT_FALSE(far.difference());
}

TEST(Examination, WhatOverflowsMayBeInfinite) {
  Module m(model);
  Comparison overflown(m.reals("f32", {1}, {HUGE_VAL})), wrong(m.reals("f32", {1}, {HUGE_VAL}));
  overflown.addExact(m.reals("f32", {1}, {1e39}));
  wrong.addExact(m.reals("f32", {1}, {1e30}));
  EXPECT_FALSE(overflown.difference());
  EXPECT_TRUE(wrong.difference());
}

TEST(Examination, IntegersAreEqualUnlessTheyHangOnARounding) {
  Module m(model);
  Comparison index(m.integers("i64", {1}, {4}));
  index.addExact(m.integers("i64", {1}, {3}));
  EXPECT_TRUE(index.difference());
  index.addRounded(m.integers("i64", {1}, {5}));
  EXPECT_FALSE(index.difference());
  Comparison nowhere(m.integers("i64", {1}, {400}));
  nowhere.addExact(m.integers("i64", {1}, {3}));
  nowhere.addRounded(m.integers("i64", {1}, {5}));
  EXPECT_TRUE(nowhere.difference());
}

/// A pass that makes cosines of exponentials.
struct Sabotage : PassWrapper<Sabotage, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(Sabotage)
  StringRef getArgument() const override { return "sabotage"; }
  void runOnOperation() override {
    getOperation()->walk([](sym::ExpOp op) {
      OpBuilder b(op);
      op.replaceAllUsesWith(sym::CosOp::create(b, op.getLoc(), op.getX()).getResult());
      op.erase();
    });
  }
};
/// One that changes nothing that counts.
struct Harmless : PassWrapper<Harmless, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(Harmless)
  StringRef getArgument() const override { return "harmless"; }
  void runOnOperation() override {
    getOperation()->walk([](sym::NegOp op) {
      OpBuilder b(op);
      Value zero = sym::SubOp::create(b, op.getLoc(), op.getX(), op.getX());
      op.replaceAllUsesWith(sym::SubOp::create(b, op.getLoc(), zero, op.getX()).getResult());
      op.erase();
    });
  }
};

TEST(Examination, ThePassAfterWhichNumbersChangeIsNamed) {
  std::string positive = model;
  positive.replace(positive.find("return %2"), 9, "return %1");
  for (bool sabotaged : {false, true}) {
    Module m(positive);
    ExaminationRequest request = honest();
    Evidence evidence(request, &m.context);
    std::optional<Finding> finding;
    std::string problem;
    auto examiner = std::make_unique<PassExaminer>(evidence, finding, problem);
    examiner->begin(*m.module);
    PassManager manager(&m.context);
    manager.addInstrumentation(std::move(examiner));
    manager.addPass(std::make_unique<Harmless>());
    if (sabotaged)
      manager.addPass(std::make_unique<Sabotage>());
    ASSERT_TRUE(succeeded(manager.run(*m.module)));
    ASSERT_EQ(finding.has_value(), sabotaged);
    if (sabotaged) {
      EXPECT_EQ(finding->pass, "sabotage");
      EXPECT_EQ(finding->function, "predict");
      EXPECT_EQ(finding->name, "y");
    }
  }
}
} // namespace

//===- NestBuilder.cpp - A kernel.nest under construction -----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Kernel/Nests/NestBuilder.h"

using namespace mlir;
using namespace symc;

void NestBuilder::addLoop(Dim size, kernel::Iterator iterator) {
  domain.push_back(size);
  iterators.push_back(iterator);
}

Indices NestBuilder::index() const {
  Indices all;
  for (unsigned loop = 0; loop < domain.size(); ++loop)
    all.push_back(LinearForm::loop(b.getContext(), loop));
  return all;
}

Indices NestBuilder::keptIndex() const {
  Indices kept;
  for (auto [loop, iterator] : llvm::enumerate(iterators))
    if (iterator == kernel::Iterator::parallel)
      kept.push_back(LinearForm::loop(b.getContext(), loop));
  return kept;
}

kernel::LinearAttr NestBuilder::attr(const LinearForm &form) const {
  SmallVector<Dim> coefs;
  for (unsigned loop = 0; loop < domain.size(); ++loop)
    coefs.push_back(form.coef(loop));
  return kernel::LinearAttr::get(b.getContext(), coefs, form.base);
}

void NestBuilder::addWrite(Value buffer, ArrayRef<Index> at) {
  writes.push_back(buffer);
  writePlaces.push_back(positionIn(b.getContext(), dimsOfArgument(cast<BlockArgument>(buffer)), *formsOf(at)));
}

void NestBuilder::setBound(unsigned loop, const LinearForm &end) {
  bound = kernel::BoundAttr::get(b.getContext(), loop, attr(end));
}

void NestBuilder::addCombiner(ArrayRef<TypedAttr> neutral, Combine combine) {
  Block &block = combiners.emplace_back(std::make_unique<Region>())->emplaceBlock();
  for (unsigned side = 0; side < 2; ++side)
    for (TypedAttr value : neutral)
      block.addArgument(value.getType(), loc);
  llvm::append_range(neutralElements, neutral);
  OpBuilder inner(b.getContext());
  inner.setInsertionPointToStart(&block);
  ValueRange arguments = block.getArguments();
  SmallVector<Value> results =
      combine(inner, arguments.take_front(neutral.size()), arguments.drop_front(neutral.size()));
  kernel::YieldOp::create(inner, loc, results);
}

/// The argument of the body for an element that is read; null when its place is not linear.
Value NestBuilder::read(Block &block, Value buffer, ArrayRef<Index> index) {
  auto forms = formsOf(index);
  if (!forms)
    return {};
  LinearForm position = positionIn(b.getContext(), dimsOfArgument(cast<BlockArgument>(buffer)), *forms);
  if (position.isOverflown())
    return {};
  for (auto [i, known] : llvm::enumerate(reads))
    if (known == buffer && readPlaces[i] == position)
      return block.getArgument(domain.size() + i);
  reads.push_back(buffer);
  readPlaces.push_back(position);
  return block.addArgument(cast<MemRefType>(buffer.getType()).getElementType(), loc);
}

void symc::eraseDeadOps(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isOpTriviallyDead(&op))
      op.erase();
}

kernel::NestOp NestBuilder::create(Body body) {
  auto region = std::make_unique<Region>();
  Block &block = region->emplaceBlock();
  for (unsigned loop = 0; loop < domain.size(); ++loop)
    block.addArgument(b.getIndexType(), loc);
  OpBuilder inner(b.getContext());
  inner.setInsertionPointToStart(&block);
  Evaluator evaluator(inner, loc, memory,
                      {[&](Value buffer, ArrayRef<Index> at) { return read(block, buffer, at); },
                       [&](unsigned loop) -> Value { return block.getArgument(loop); },
                       [&](unsigned loop) { return domain[loop]; }});
  kernel::YieldOp::create(inner, loc, body(evaluator, inner, index()));
  eraseDeadOps(block);
  for (unsigned i = reads.size(); i-- > 0;)
    if (block.getArgument(domain.size() + i).use_empty()) {
      block.eraseArgument(domain.size() + i);
      reads.erase(reads.begin() + i);
      readPlaces.erase(readPlaces.begin() + i);
    }
  SmallVector<Attribute> kinds, places;
  for (kernel::Iterator iterator : iterators)
    kinds.push_back(kernel::IteratorAttr::get(b.getContext(), iterator));
  for (const LinearForm &form : llvm::concat<const LinearForm>(readPlaces, writePlaces))
    places.push_back(attr(form));
  auto nest = kernel::NestOp::create(
      b, loc, reads, writes, sym::DimsAttr::get(b.getContext(), domain), b.getArrayAttr(kinds), b.getArrayAttr(places),
      bound, combiners.empty() ? ArrayAttr() : b.getArrayAttr(neutralElements), combiners.size());
  nest.getBody().takeBody(*region);
  for (auto [to, from] : llvm::zip_equal(nest.getCombiners(), combiners))
    to.takeBody(*from);
  return nest;
}

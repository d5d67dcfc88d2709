//===- Rebuild.cpp - Expressions of changed parts -------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Export/Formula/Expression.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace symc;
using namespace symc::formula;

Ex Algebra::rebuilt(Ex e, ArrayRef<Ex> args) {
  switch (e->kind) {
  case Kind::Add: {
    SmallVector<std::pair<Ratio, Ex>> terms;
    for (auto [c, x] : llvm::zip_equal(e->terms, args))
      terms.push_back({c, x});
    return add(terms, e->shape);
  }
  case Kind::Mul: {
    SmallVector<std::pair<Ex, int64_t>> factors{{number(e->ratio), 1}};
    for (auto [x, power] : llvm::zip_equal(args, e->powers))
      factors.push_back({x, power});
    return mul(factors, e->shape);
  }
  case Kind::MatMul: {
    // More than two factors are matrices.
    Ex product = args.front();
    for (Ex x : args.drop_front())
      product = matmul(product, x, args.size() == 2 ? e->shape : Dims{product->shape[0], x->shape[1]});
    return product;
  }
  case Kind::Transpose:
    return transpose(args[0]);
  case Kind::Broadcast:
    return broadcast(args[0], e->shape);
  case Kind::Compare:
    return compare(e->text, args[0], args[1], e->shape);
  case Kind::Choice:
    return choose(args[0], args[1], args[2], e->shape);
  case Kind::Tuple:
    return tuple(args);
  case Kind::Call:
    return call(e->text, args, e->attributes, e->shape, e->truth);
  case Kind::Number:
  case Kind::Size:
  case Kind::Ref:
    return e;
  }
  llvm_unreachable("no such kind");
}

Ex Algebra::given(Ex e, Ex condition, bool holds) {
  llvm::DenseMap<Ex, Ex> known;
  auto of = [&](auto &of, Ex x) -> Ex {
    if (Ex result = known.lookup(x))
      return result;
    Ex result;
    if (x->kind == Kind::Choice && x->args[0] == condition) {
      result = of(of, x->args[holds ? 1 : 2]);
    } else {
      std::vector<Ex> args;
      for (Ex argument : x->args)
        args.push_back(of(of, argument));
      result = args == x->args ? x : rebuilt(x, args);
    }
    known[x] = result;
    return result;
  };
  return of(of, e);
}

//===- ContractBench.cpp - Check and measure contraction kernels ----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// contract-bench check [--cpu NAME] [--seed N] [--count N] [--big]
//   random problems of every form against their definition in double; results must not
//   depend on how the kernels are cut, nor an example's on those beside it
// contract-bench time [--cpu NAME] [--only TEXT]
//   GFLOP/s of the shapes of the reference models and of square products, on one thread
// contract-bench batches [--cpu NAME] --m LIST --k LIST --n LIST [--turned] [--f64]
//   microseconds of [m,k] @ [k,n] by kernels that take any m; a LIST is 1,2,3
// contract-bench asm|text [--cpu NAME] [--only TEXT]
//   the assembly, or the modules, of these shapes
//
//===----------------------------------------------------------------------===//
#include "bench/kernels/ContractCase.h"
#include "bench/kernels/KernelJit.h"
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <random>
#include <sys/mman.h>

using namespace symc;

namespace {

/// Memory that ends at an unreadable page, so that reading past the end does not go unseen.
class Guarded {
public:
  Guarded(size_t bytes, bool aligned) : bytes(bytes) {
    size_t page = 4096, room = (bytes + page - 1) / page * page + 2 * page;
    base = static_cast<char *>(mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    length = room;
    mprotect(base, page, PROT_NONE);
    mprotect(base + room - page, page, PROT_NONE);
    start = aligned ? base + page : base + room - page - bytes;
  }
  Guarded(const Guarded &) = delete;
  ~Guarded() { munmap(base, length); }
  char *data() { return start; }
  size_t size() const { return bytes; }

private:
  char *base, *start;
  size_t length, bytes;
};

void fill(Guarded &memory, bool f64, const std::vector<double> &values) {
  for (size_t i = 0; i < values.size(); ++i)
    if (f64)
      reinterpret_cast<double *>(memory.data())[i] = values[i];
    else
      reinterpret_cast<float *>(memory.data())[i] = float(values[i]);
}
double element(Guarded &memory, bool f64, size_t i) {
  return f64 ? reinterpret_cast<double *>(memory.data())[i] : reinterpret_cast<float *>(memory.data())[i];
}

std::vector<double> randomValues(size_t count, std::mt19937 &random) {
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<double> values(count);
  for (double &value : values)
    value = uniform(random);
  return values;
}

/// What a kernel reads or writes, and the axis along which examples follow one another; -1: all share it.
struct Operand {
  std::vector<char> bytes;
  std::vector<int64_t> shape; // of elements
  size_t width;               // bytes an element
  int axis;
};

std::vector<char> examples(const Operand &from, int64_t first, int64_t size) {
  if (from.axis < 0)
    return from.bytes;
  int64_t outer = 1, inner = from.width;
  for (int i = 0; i < from.axis; ++i)
    outer *= from.shape[i];
  for (size_t i = from.axis + 1; i < from.shape.size(); ++i)
    inner *= from.shape[i];
  std::vector<char> part;
  for (int64_t o = 0; o < outer; ++o) {
    auto start = from.bytes.begin() + (o * from.shape[from.axis] + first) * inner;
    part.insert(part.end(), start, start + size * inner);
  }
  return part;
}

/// Runs of fewer examples give each the bits that it has among all of them. `before` and `after`: the operands before
/// and after a run of all; what results lie in comes last.
bool checkAlone(const ContractCase &test, KernelJit &kernel, const std::vector<Operand> &before,
                const std::vector<Operand> &after, std::mt19937 &random) {
  if (test.symbolicAxis(2) < 0)
    return true;
  int64_t all = test.dimValues()[0];
  std::vector<std::pair<int64_t, int64_t>> parts; // first and size
  for (int64_t size : {1, 1, 2, 3, 5, 7, 11, 14, 25})
    if (size < all)
      parts.push_back({random() % (all - size + 1), size});
  for (auto [first, size] : parts) {
    std::vector<std::unique_ptr<Guarded>> memory;
    std::vector<void *> buffers;
    for (const Operand &operand : before) {
      std::vector<char> part = examples(operand, first, size);
      memory.push_back(std::make_unique<Guarded>(part.size(), false));
      std::copy(part.begin(), part.end(), memory.back()->data());
      buffers.push_back(memory.back()->data());
    }
    if (test.finish == Finish::Update) // in place
      buffers.insert(buffers.begin() + 3, buffers[2]);
    kernel.run(buffers.data(), &size);
    for (size_t i = 0; i < after.size(); ++i) {
      std::vector<char> expected = examples(after[i], first, size);
      if (memcmp(expected.data(), memory[i]->data(), expected.size()) != 0) {
        printf("WRONG %s: bits of examples %ld to %ld depend on those beside them\n", test.describe().c_str(),
               long(first), long(first + size - 1));
        return false;
      }
    }
  }
  return true;
}

bool check(const ContractCase &test, const std::string &cpu, std::mt19937 &random) {
  size_t width = test.f64 ? 8 : 4, results = count(test.shapeOut());
  std::vector<double> a = randomValues(count(test.shapeA()), random), b = randomValues(count(test.shapeB()), random);
  bool bias = test.finish == Finish::Relu, same = test.finish == Finish::Update || test.finish == Finish::Add;
  std::vector<double> x = randomValues(bias ? test.shapeOut().back() : same ? results : 0, random);
  Guarded ga(a.size() * width, false), gb(b.size() * width, false), gx(x.size() * width, false),
      go(results * width, false), gp(results, false);
  fill(ga, test.f64, a);
  fill(gb, test.f64, b);
  KernelJit kernel(test.module(), cpu);
  std::vector<double> sum, magnitude;
  test.reference(a, b, sum, magnitude);
  std::vector<int64_t> dims = test.dimValues();
  std::vector<char> first;
  bool update = test.finish == Finish::Update;
  int axis = test.symbolicAxis(2), last = int(test.shapeOut().size()) - 1;
  Operand result{{}, test.shapeOut(), width, axis};
  Operand extra = result;
  if (bias)
    extra.shape = {result.shape.back()}, extra.axis = axis == last ? 0 : -1;
  std::vector<Operand> operands{{{}, test.shapeA(), width, test.symbolicAxis(0)},
                                {{}, test.shapeB(), width, test.symbolicAxis(1)}};
  std::vector<Guarded *> memory{&ga, &gb};
  if (bias || same)
    operands.push_back(extra), memory.push_back(&gx);
  if (!update) // else in place
    operands.push_back(result), memory.push_back(&go);
  else
    operands.push_back({{}, result.shape, 1, axis}), memory.push_back(&gp);
  auto snapshot = [&] {
    std::vector<Operand> now = operands;
    for (size_t i = 0; i < now.size(); ++i)
      now[i].bytes.assign(memory[i]->data(), memory[i]->data() + memory[i]->size());
    return now;
  };
  for (int64_t chunk : {0, 1, 3, -1}) {
    fill(gx, test.f64, x);
    memset(go.data(), 0x7f, go.size());
    std::vector<Operand> before = snapshot();
    std::vector<void *> buffers;
    for (Guarded *part : memory)
      buffers.push_back(part->data());
    if (update)
      buffers.insert(buffers.begin() + 3, gx.data());
    kernel.run(buffers.data(), dims.data(), chunk);
    Guarded &out = update ? gx : go;
    if (chunk == 0) {
      first.assign(out.data(), out.data() + out.size());
      double unit = test.f64 ? 1e-15 : 1e-6;
      for (size_t i = 0; i < results; ++i) {
        double expected = sum[i];
        if (bias)
          expected = std::max(0.0, expected + x[i % x.size()]);
        else if (test.finish == Finish::Add)
          expected += x[i];
        else if (update)
          expected = x[i] - 0.5 * expected;
        double actual = element(out, test.f64, i);
        if (!(std::fabs(actual - expected) <= unit * (1 + 2 * magnitude[i])) ||
            (update && bool(gp.data()[i]) != (actual > 0))) {
          printf("WRONG %s: element %zu is %.9g, expected %.9g\n", test.describe().c_str(), i, actual, expected);
          return false;
        }
      }
      if (!checkAlone(test, kernel, before, snapshot(), random))
        return false;
    } else if (!first.empty() && memcmp(first.data(), out.data(), out.size()) != 0) {
      printf("WRONG %s: bits depend on the cut (chunks of %ld)\n", test.describe().c_str(), long(chunk));
      return false;
    }
  }
  return true;
}

ContractCase randomCase(std::mt19937 &random, bool big) {
  auto pick = [&](std::vector<int64_t> from) { return from[random() % from.size()]; };
  auto chance = [&](unsigned percent) { return random() % 100 < percent; };
  ContractCase test;
  test.f64 = chance(25);
  test.finish = Finish(random() % 4);
  test.form = Form(random() % 4);
  std::vector<int64_t> sizes{1, 2, 3, 5, 7, 8, 12, 15, 16, 17, 31, 33};
  if (test.form == Form::Matmul) {
    std::vector<int64_t> larger{40, 64, 65, 80, 100, 130, 200};
    if (big)
      larger.insert(larger.end(), {256, 300, 513, 784, 1025});
    auto size = [&] { return chance(60) ? pick(sizes) : pick(larger); };
    test.m = size();
    test.n = size();
    test.k = chance(3) ? 0 : size();
    test.batch = chance(25) ? pick({1, 2, 3, 5}) : 0;
    if (chance(12)) { // operands that leave the cache: k in slices
      test.m = pick({5, 23, 24, 31, 70, 400});
      test.n = pick({65, 130, 256, 1024});
      test.k = pick({700, 1500, 3001});
      test.batch = 0;
    }
    test.dynamicAxis = "mknb-"[random() % 5];
    if (test.dynamicAxis == 'b' && !test.batch)
      test.dynamicAxis = 'm';
    test.transposeA = chance(40);
    test.transposeB = chance(40);
    if (chance(3) && test.dynamicAxis == 'm')
      test.m = 0;
    if (chance(8)) { // gradients of weights: both operands are packed
      test.m = pick({17, 24, 31, 128, 300, 700});
      test.n = pick({40, 130, 300});
      test.k = pick({100, 154, 307, 900, 2000});
      test.batch = chance(20) ? 2 : 0;
      test.dynamicAxis = "k-"[random() % 2];
      test.transposeA = true;
      test.transposeB = false;
    }
    return test;
  }
  do {
    test.dynamicBatch = chance(70);
    test.images = pick({1, 2, 3, 5, 20});
    test.height = pick({1, 4, 5, 7, 8, 13, 14, 28});
    test.width = chance(60) ? test.height : pick({3, 6, 9, 16, 29, 35});
    test.groups = chance(12) ? 2 : 1;
    test.channels = pick({1, 2, 3, 4, 8, 12, 16, 17, 24, 32}) * test.groups;
    test.filters = pick({1, 2, 3, 4, 8, 12, 16, 20, 32, 48}) * test.groups;
    if (chance(8)) // depthwise, with one filter a channel or two
      test.groups = test.channels = pick({3, 8, 17, 40, 70}), test.filters = test.channels * pick({1, 1, 2});
    test.kernelHeight = pick({1, 2, 3, 4, 5});
    test.kernelWidth = chance(70) ? test.kernelHeight : pick({1, 2, 3, 4, 5, 7});
    test.stride = pick({1, 1, 2, 2, 3});
    test.dilation = chance(12) ? 2 : 1;
    if (chance(60)) {
      test.samePadding();
    } else if (chance(50)) {
      test.top = pick({0, 1, 2});
      test.bottom = pick({0, 1, 3});
      test.left = pick({0, 1, 2});
      test.right = pick({0, 1, 2});
    }
  } while (test.height + test.top + test.bottom < (test.kernelHeight - 1) * test.dilation + 1 ||
           test.width + test.left + test.right < (test.kernelWidth - 1) * test.dilation + 1 || test.flops() > 2e7);
  return test;
}

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double measure(const ContractCase &test, const std::string &cpu) {
  std::mt19937 random(1);
  size_t width = test.f64 ? 8 : 4, results = count(test.shapeOut());
  std::vector<double> a = randomValues(count(test.shapeA()), random), b = randomValues(count(test.shapeB()), random);
  Guarded ga(a.size() * width, true), gb(b.size() * width, true), gx(results * width, true), go(results * width, true),
      gp(results, true);
  fill(ga, test.f64, a);
  fill(gb, test.f64, b);
  KernelJit kernel(test.module(), cpu);
  std::vector<void *> buffers{ga.data(), gb.data()};
  if (test.finish != Finish::None)
    buffers.push_back(gx.data());
  buffers.push_back(go.data());
  if (test.finish == Finish::Update)
    buffers.push_back(gp.data());
  std::vector<int64_t> dims = test.dimValues();
  auto once = [&] { kernel.run(buffers.data(), dims.data()); };
  once();
  double start = now();
  once();
  int repeats = std::clamp(int(2e-3 / std::max(now() - start, 1e-9)), 1, 20000);
  std::vector<double> times;
  for (int round = 0; round < 25; ++round) {
    start = now();
    for (int i = 0; i < repeats; ++i)
      once();
    times.push_back((now() - start) / repeats);
  }
  std::sort(times.begin(), times.end());
  double best = times.front(), median = times[times.size() / 2];
  printf("%-64s %9.2f us (median %9.2f) %7.1f GF/s  codegen %5.1f ms, %6zu bytes\n", test.describe().c_str(),
         best * 1e6, median * 1e6, test.flops() / best * 1e-9, kernel.codegenMilliseconds(), kernel.codeBytes());
  return best;
}

ContractCase matmul(int64_t m, int64_t k, int64_t n, bool ta = false, bool tb = false, char dynamic = 'm',
                    Finish finish = Finish::None) {
  ContractCase test;
  test.m = m, test.k = k, test.n = n;
  test.transposeA = ta, test.transposeB = tb;
  test.dynamicAxis = dynamic;
  test.finish = finish;
  return test;
}
ContractCase conv(Form form, int64_t images, int64_t size, int64_t channels, int64_t filters, int64_t kernel,
                  int64_t stride, Finish finish = Finish::None) {
  ContractCase test;
  test.form = form;
  test.images = images, test.height = test.width = size, test.channels = channels, test.filters = filters;
  test.kernelHeight = test.kernelWidth = kernel, test.stride = stride;
  test.finish = finish;
  test.samePadding();
  return test;
}

std::vector<int64_t> numbers(const std::string &list) {
  std::vector<int64_t> found;
  for (size_t at = 0; at < list.size(); at = list.find_first_not_of(',', list.find(',', at)))
    found.push_back(std::stoll(list.substr(at)));
  return found;
}

void measureBatches(const std::vector<int64_t> &ms, int64_t k, int64_t n, bool turned, bool f64,
                    const std::string &cpu) {
  std::mt19937 random(1);
  ContractCase test = matmul(*std::max_element(ms.begin(), ms.end()), k, n, false, turned);
  test.f64 = f64;
  size_t width = f64 ? 8 : 4;
  std::vector<double> a = randomValues(count(test.shapeA()), random), b = randomValues(count(test.shapeB()), random);
  Guarded ga(a.size() * width, true), gb(b.size() * width, true), go(count(test.shapeOut()) * width, true);
  fill(ga, f64, a);
  fill(gb, f64, b);
  KernelJit kernel(test.module(), cpu);
  void *buffers[] = {ga.data(), gb.data(), go.data()};
  for (int64_t m : ms) {
    auto once = [&] { kernel.run(buffers, &m); };
    once();
    double start = now();
    once();
    int repeats = std::clamp(int(2e-4 / std::max(now() - start, 1e-9)), 1, 2000);
    double best = 1e9;
    for (int round = 0; round < 15; ++round) {
      start = now();
      for (int i = 0; i < repeats; ++i)
        once();
      best = std::min(best, (now() - start) / repeats);
    }
    printf("%ld %ld %ld %.4f\n", long(m), long(k), long(n), best * 1e6);
  }
}

struct Group {
  const char *name;
  std::vector<ContractCase> cases;
};

std::vector<Group> groups() {
  std::vector<Group> all;
  for (int64_t batch : {100, 1}) {
    Group cnn{batch == 1 ? "small CNN, batch 1, forward" : "small CNN, batch 100, train step", {}};
    auto &list = cnn.cases;
    list.push_back(conv(Form::Conv, batch, 28, 1, 16, 5, 1, Finish::Relu));
    list.push_back(conv(Form::Conv, batch, 28, 16, 8, 5, 2, Finish::Relu));
    list.push_back(conv(Form::Conv, batch, 14, 8, 12, 4, 2, Finish::Relu));
    list.push_back(matmul(batch, 588, 200, false, false, 'm', Finish::Relu));
    list.push_back(matmul(batch, 200, 10, false, false, 'm', Finish::Relu));
    if (batch > 1) {
      list.push_back(conv(Form::ConvFilter, batch, 28, 1, 16, 5, 1));
      list.push_back(conv(Form::ConvFilter, batch, 28, 16, 8, 5, 2));
      list.push_back(conv(Form::ConvFilter, batch, 14, 8, 12, 4, 2));
      list.push_back(conv(Form::ConvInput, batch, 28, 16, 8, 5, 2, Finish::Add));
      list.push_back(conv(Form::ConvInput, batch, 14, 8, 12, 4, 2, Finish::Add));
      list.push_back(matmul(588, batch, 200, true, false, 'k'));
      list.push_back(matmul(batch, 200, 588, false, true, 'm', Finish::Add));
      list.push_back(matmul(200, batch, 10, true, false, 'k'));
      list.push_back(matmul(batch, 10, 200, false, true, 'm', Finish::Add));
    }
    all.push_back(cnn);
  }
  all.push_back({"softmax regression, batch 100",
                 {matmul(100, 784, 10, false, false, 'm', Finish::Relu), matmul(784, 100, 10, true, false, 'k')}});
  all.push_back({"perceptron, batch 32",
                 {matmul(32, 2, 16, false, false, 'm', Finish::Relu),
                  matmul(32, 16, 1, false, false, 'm', Finish::Relu), matmul(2, 32, 16, true, false, 'k'),
                  matmul(16, 32, 1, true, false, 'k'), matmul(32, 1, 16, false, true, 'm', Finish::Add)}});
  all.push_back({"linear regression",
                 {matmul(442, 10, 1, false, false, 'm', Finish::Add), matmul(10, 442, 1, true, false, 'k')}});
  all.push_back({"character LSTM, batch 32, 64 steps",
                 {matmul(2048, 64, 512, false, false, 'm', Finish::Add),
                  matmul(32, 128, 512, false, false, 'm', Finish::Add), matmul(32, 512, 128, false, true, 'm'),
                  matmul(128, 2048, 512, true, false, 'k'), matmul(64, 2048, 512, true, false, 'k')}});
  all.push_back({"tiny GPT, batch 12",
                 {matmul(768, 128, 384, false, false, 'm'), matmul(768, 512, 128, false, false, 'm', Finish::Add),
                  matmul(768, 128, 512, false, true, 'm'), matmul(512, 768, 128, true, false, 'k'),
                  matmul(128, 768, 512, true, false, 'k'), matmul(128, 768, 384, true, false, 'k'),
                  matmul(128, 768, 128, true, false, 'k')}});
  all.push_back({"square products",
                 {matmul(256, 256, 256), matmul(512, 512, 512), matmul(1024, 1024, 1024),
                  matmul(512, 512, 512, false, true), matmul(512, 512, 512, true, false)}});
  all.push_back({"others",
                 {matmul(1, 1024, 1024), matmul(32, 784, 200), matmul(1024, 128, 512),
                  matmul(128, 1024, 512, true, false, 'k'), conv(Form::Conv, 1, 56, 64, 64, 3, 1),
                  conv(Form::ConvInput, 1, 56, 64, 64, 3, 1), conv(Form::ConvFilter, 1, 56, 64, 64, 3, 1),
                  conv(Form::Conv, 8, 64, 3, 16, 3, 1), conv(Form::Conv, 1, 224, 3, 64, 7, 2)}});
  return all;
}

} // namespace

int main(int argc, char **argv) {
  std::string mode = argc > 1 ? argv[1] : "", cpu = KernelJit::hostCpu(), only;
  unsigned seed = 1, cases = 200;
  bool big = false, verbose = false, turned = false, f64 = false;
  std::vector<int64_t> ms, ks, ns;
  for (int i = 2; i < argc; ++i) {
    std::string option = argv[i];
    auto value = [&] { return std::string(i + 1 < argc ? argv[++i] : ""); };
    if (option == "--cpu")
      cpu = value();
    else if (option == "--only")
      only = value();
    else if (option == "--seed")
      seed = std::stoul(value());
    else if (option == "--count")
      cases = std::stoul(value());
    else if (option == "--big")
      big = true;
    else if (option == "--m")
      ms = numbers(value());
    else if (option == "--k")
      ks = numbers(value());
    else if (option == "--n")
      ns = numbers(value());
    else if (option == "--turned")
      turned = true;
    else if (option == "--f64")
      f64 = true;
    else if (option == "--verbose")
      verbose = true;
  }
  if (mode == "check") {
    std::mt19937 random(seed);
    unsigned wrong = 0;
    for (unsigned i = 0; i < cases; ++i) {
      ContractCase test = randomCase(random, big);
      if (verbose)
        printf("%s\n", test.describe().c_str()), fflush(stdout);
      wrong += !check(test, cpu, random);
    }
    printf("%u of %u contractions agree (%s)\n", cases - wrong, cases, cpu.c_str());
    return wrong != 0;
  }
  if (mode == "text" || mode == "asm") {
    for (const Group &group : groups())
      for (const ContractCase &test : group.cases)
        if (only.empty() || test.describe().find(only) != std::string::npos) {
          printf("# %s\n", test.describe().c_str());
          fputs(mode == "text" ? test.module().c_str() : KernelJit::assembly(test.module(), cpu).c_str(), stdout);
        }
    return 0;
  }
  if (mode == "time") {
    printf("CPU %s\n", cpu.c_str());
    for (const Group &group : groups()) {
      double total = 0, work = 0;
      for (const ContractCase &test : group.cases)
        if (only.empty() || test.describe().find(only) != std::string::npos ||
            std::string(group.name).find(only) == 0) {
          total += measure(test, cpu);
          work += test.flops();
          fflush(stdout);
        }
      if (total)
        printf("== %s: %.2f us, %.1f GF/s\n", group.name, total * 1e6, work / total * 1e-9);
    }
    return 0;
  }
  if (mode == "batches" && !ms.empty()) {
    for (int64_t k : ks)
      for (int64_t n : ns)
        measureBatches(ms, k, n, turned, f64, cpu);
    return 0;
  }
  fprintf(stderr, "usage: contract-bench check|time|batches|text|asm [options]\n");
  return 2;
}

//===- Descriptor.cpp - The tables and exported functions of a model -----===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The structs of lib/Support/Program.h as constants, and the C functions of the header as
// calls of the runtime. They run before the CPU is known to suit, so they are
// compiled for any x86-64.
//
//===----------------------------------------------------------------------===//
#include "lib/Support/Program.h"
#include "lib/Target/CPU/Names.h"
#include "lib/Target/CPU/Stages.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/Support/CRC.h"

using namespace llvm;
using namespace symc;

namespace {
int64_t elementCount(ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

class DescriptorBuilder {
public:
  DescriptorBuilder(Module &module, const ModelDescription &model, ArrayRef<Cpu> cpus,
                    ArrayRef<std::vector<std::vector<BufferDescription>>> buffers)
      : module(module), model(model), cpus(cpus), buffers(buffers), context(module.getContext()), builder(context),
        pointer(PointerType::getUnqual(context)), i32(Type::getInt32Ty(context)), i64(Type::getInt64Ty(context)) {}

  void run() {
    program = addProgram();
    addOptionsDefault();
    addLifeCycle();
    for (size_t i = 0; i < model.functions.size(); ++i)
      addTyped(model.functions[i], static_cast<int32_t>(i));
    Function *reflection = define("model", pointer, {});
    builder.CreateRet(program);
    (void)reflection;
  }

private:
  //===--- Constants ---===//

  Constant *int32(int64_t value) { return ConstantInt::getSigned(i32, static_cast<int32_t>(value)); }
  Constant *int64(int64_t value) { return ConstantInt::getSigned(i64, value); }
  Constant *bits64(uint64_t value) { return ConstantInt::get(i64, value); }
  Constant *real(double value) { return ConstantFP::get(Type::getDoubleTy(context), value); }
  Constant *record(ArrayRef<Constant *> fields) { return ConstantStruct::getAnon(context, fields); }

  Constant *global(Constant *value, unsigned alignment = 8) {
    auto *variable =
        new GlobalVariable(module, value->getType(), /*isConstant=*/true, GlobalValue::PrivateLinkage, value, "symc");
    variable->setUnnamedAddr(GlobalValue::UnnamedAddr::Global);
    variable->setAlignment(Align(alignment));
    return variable;
  }

  Constant *string(StringRef text) {
    Constant *&known = strings[text];
    if (!known)
      known = global(ConstantDataArray::getString(context, text), 1);
    return known;
  }

  /// A table of equal records; NULL when it is empty.
  Constant *table(ArrayRef<Constant *> rows) {
    if (rows.empty())
      return ConstantPointerNull::get(pointer);
    return global(ConstantArray::get(ArrayType::get(rows.front()->getType(), rows.size()), rows));
  }
  Constant *numbers(ArrayRef<int64_t> values) {
    return values.empty() ? static_cast<Constant *>(ConstantPointerNull::get(pointer))
                          : global(ConstantDataArray::get(context, values));
  }
  Constant *numbers(ArrayRef<int32_t> values) {
    return values.empty() ? static_cast<Constant *>(ConstantPointerNull::get(pointer))
                          : global(ConstantDataArray::get(context, values), 4);
  }

  Constant *type(ElementType element) {
    Type *i8 = Type::getInt8Ty(context), *i16 = Type::getInt16Ty(context);
    return record({ConstantInt::get(i8, static_cast<uint8_t>(infoOf(element).kind)),
                   ConstantInt::get(i8, 8 * byteSize(element)), ConstantInt::get(i16, 1)});
  }

  //===--- Tables ---===//

  Constant *arguments(ArrayRef<ArgumentDescription> list) {
    std::vector<Constant *> rows;
    for (const ArgumentDescription &argument : list)
      rows.push_back(record({string(argument.name), string(argument.type), string(argument.doc), type(argument.element),
                             int32(argument.shape.size()), numbers(argument.shape), numbers(argument.dims)}));
    return table(rows);
  }

  Constant *functions() {
    std::vector<Constant *> rows;
    for (const FunctionDescription &f : model.functions) {
      int32_t flags = (f.updatesState ? SYMC_FUNCTION_UPDATES_STATE : 0) |
                      (f.trainingMode ? SYMC_FUNCTION_TRAINING_MODE : 0) |
                      (f.lateChecks ? SYMC_FUNCTION_LATE_CHECKS : 0) | (f.measures ? SYMC_FUNCTION_MEASURES : 0);
      rows.push_back(
          record({string(f.name), string(f.doc), int32(flags), int32(f.inputs.size()), int32(f.outputs.size()),
                  arguments(f.inputs), arguments(f.outputs), int32(f.dims.size()), numbers(f.dims), int32(f.kernels)}));
    }
    return table(rows);
  }

  Constant *dims() {
    std::vector<Constant *> rows;
    for (const DimDescription &dim : model.dims)
      rows.push_back(record({string(dim.name), int64(dim.min), int64(dim.max), int64(dim.multipleOf)}));
    return table(rows);
  }

  Constant *parameters() {
    std::vector<Constant *> rows;
    for (const SlotDescription &slot : model.parameters)
      rows.push_back(
          record({string(slot.name), string(slot.type), string(slot.doc), type(slot.element), int32(slot.shape.size()),
                  numbers(slot.shape), int64(elementCount(slot.shape)), int32(slot.trainable)}));
    return table(rows);
  }

  Constant *slots() {
    std::vector<Constant *> rows;
    for (const std::vector<SlotDescription> *list : {&model.parameters, &model.state})
      for (const SlotDescription &slot : *list) {
        Constant *data = ConstantPointerNull::get(pointer);
        if (slot.init == InitKind::Data)
          data = hidden(module.getOrInsertGlobal(slotDataSymbol(rows.size()), Type::getInt8Ty(context)));
        uint32_t stream = crc32(arrayRefFromStringRef(slot.name));
        rows.push_back(record({string(slot.name), type(slot.element), int32(slot.shape.size()), numbers(slot.shape),
                               int64(elementCount(slot.shape)), int32(static_cast<int32_t>(slot.init)),
                               ConstantInt::get(i32, stream), real(slot.a), real(slot.b), data, int32(slot.resets)}));
      }
    return table(rows);
  }

  Constant *entries(size_t variant) {
    std::vector<Constant *> rows;
    for (size_t f = 0; f < model.functions.size(); ++f) {
      const auto &own = buffers[variant].empty() ? model.functions[f].buffers : buffers[variant][f];
      std::vector<Constant *> lives;
      for (const BufferDescription &buffer : own)
        lives.push_back(record({int32(buffer.first), int32(buffer.last)}));
      rows.push_back(
          record({int32(lives.size()), table(lives), functionNamed(sizesSymbol(model.functions[f].name, variant))}));
    }
    return table(rows);
  }

  Constant *variants() {
    std::vector<Constant *> rows;
    for (size_t i = 0; i < cpus.size(); ++i) {
      std::vector<Constant *> bodies;
      for (const FunctionDescription &f : model.functions)
        bodies.push_back(functionNamed(bodySymbol(f.name, i)));
      rows.push_back(record({string(cpus[i].name), bits64(cpus[i].featureBits), table(bodies), entries(i)}));
    }
    return table(rows);
  }

  GlobalVariable *addProgram() {
    std::vector<Constant *> checks;
    for (const std::string &check : model.checks)
      checks.push_back(string(check));
    const char *operations[] = {"create",
                                "destroy",
                                "error",
                                "initialize",
                                "load_parameters",
                                "load_parameters_subset",
                                "save_parameters",
                                "save_state",
                                "load_state",
                                "parameter",
                                "reserve",
                                "share_parameters",
                                "step",
                                "call",
                                "output_shape",
                                "plan",
                                "reset"};
    std::vector<Constant *> fields = {int32(SYMC_ABI_VERSION),
                                      int32(sizeof(symc_model)),
                                      string(model.name),
                                      string(emitManifest(model, cpus.vec())),
                                      int32(model.dims.size()),
                                      int32(model.functions.size()),
                                      int32(model.parameters.size()),
                                      int32(0),
                                      dims(),
                                      functions(),
                                      parameters()};
    for (const char *operation : operations)
      fields.push_back(functionNamed(("symc_rt_" + Twine(operation)).str()));
    fields.push_back(model.tracePoints ? functionNamed("symc_rt_trace") : ConstantPointerNull::get(pointer));
    std::vector<Constant *> all = {record(fields),     int32(model.parameters.size() + model.state.size()),
                                   int32(cpus.size()), slots(),
                                   variants(),         table(checks)};
    auto *variable = cast<GlobalVariable>(global(record(all)));
    variable->setName("symc_program");
    assert(module.getDataLayout().getTypeAllocSize(fields.empty() ? nullptr : all[0]->getType()) == sizeof(symc_model));
    return variable;
  }

  //===--- Functions ---===//

  template <typename T> T *hidden(T *value) {
    cast<GlobalValue>(value)->setVisibility(GlobalValue::HiddenVisibility);
    cast<GlobalValue>(value)->setDSOLocal(true);
    return value;
  }

  /// A function of the runtime or of a variant, of which only the address matters.
  Constant *functionNamed(const std::string &name) {
    if (Function *known = module.getFunction(name))
      return known;
    return hidden(Function::Create(FunctionType::get(i32, false), GlobalValue::ExternalLinkage, name, module));
  }

  /// Starts the exported function MODEL_NAME.
  Function *define(StringRef name, Type *result, ArrayRef<Type *> parameters) {
    std::string symbol = (model.name + "_" + name).str();
    // The name is promised; a kernel's or an elementary function's is not.
    if (GlobalValue *other = module.getNamedValue(symbol); other && other->hasLocalLinkage())
      other->setName("local." + symbol);
    auto *function =
        Function::Create(FunctionType::get(result, parameters, false), GlobalValue::ExternalLinkage, symbol, module);
    function->addFnAttr("target-cpu", "x86-64");
    function->setDoesNotThrow();
    builder.SetInsertPoint(BasicBlock::Create(context, "", function));
    return function;
  }

  CallInst *callRuntime(StringRef name, Type *result, ArrayRef<Value *> arguments) {
    SmallVector<Type *> types;
    for (Value *argument : arguments)
      types.push_back(argument->getType());
    Constant *callee = functionNamed(("symc_rt_" + name).str());
    CallInst *call = builder.CreateCall(FunctionType::get(result, types, false), callee, arguments);
    call->setDoesNotThrow();
    return call;
  }

  /// MODEL_NAME(...) that hands its arguments on.
  void forward(StringRef name, Type *result, ArrayRef<Type *> parameters, bool appendNull = false) {
    Function *function = define(name, result, parameters);
    SmallVector<Value *> arguments;
    for (Argument &argument : function->args())
      arguments.push_back(&argument);
    if (appendNull)
      arguments.push_back(ConstantPointerNull::get(pointer));
    ret(callRuntime(name, result, arguments));
  }

  void ret(CallInst *call) {
    call->setTailCall();
    if (call->getType()->isVoidTy())
      builder.CreateRetVoid();
    else
      builder.CreateRet(call);
  }

  Constant *defaultOptions() {
    Constant *null = ConstantPointerNull::get(pointer);
    return global(record({int32(sizeof(symc_options)), int32(model.defaultThreads), bits64(model.defaultSeed), null,
                          null, null, null, null}));
  }

  void addOptionsDefault() {
    // A struct of 56 bytes is returned through a hidden first argument, which also is what is returned.
    defaults = defaultOptions();
    Function *function = define("options_default", Type::getVoidTy(context), {pointer});
    function->addParamAttr(0, Attribute::getWithStructRetType(context, cast<GlobalVariable>(defaults)->getValueType()));
    function->addParamAttr(0, Attribute::NoAlias);
    builder.CreateMemCpy(function->getArg(0), Align(8), defaults, Align(8), sizeof(symc_options));
    builder.CreateRetVoid();
  }

  void addLifeCycle() {
    Function *create = define("create", i32, {pointer, pointer});
    Value *given = create->getArg(0);
    Value *options = builder.CreateSelect(builder.CreateIsNull(given), defaults, given);
    ret(callRuntime("create", i32, {program, options, create->getArg(1)}));
    forward("destroy", Type::getVoidTy(context), {pointer});
    forward("error", pointer, {pointer});
    forward("initialize", i32, {pointer, i64});
    forward("load_parameters", i32, {pointer, pointer});
    forward("save_parameters", i32, {pointer, pointer});
    forward("save_state", i32, {pointer, pointer}, /*appendNull=*/true);
    forward("load_state", i32, {pointer, pointer}, /*appendNull=*/true);
    forward("parameter", i32, {pointer, pointer, pointer});
    forward("share_parameters", i32, {pointer, pointer});
    if (model.hasStream())
      forward("reset", i32, {pointer});

    SmallVector<Type *> types(model.dims.size() + 1, i64);
    types[0] = pointer;
    Function *reserve = define("reserve", i32, types);
    SmallVector<Value *> values;
    for (Argument &argument : drop_begin(reserve->args()))
      values.push_back(&argument);
    builder.CreateRet(callRuntime("reserve", i32, {reserve->getArg(0), spill(i64, values)}));
  }

  /// The values one after another in memory.
  Value *spill(Type *element, ArrayRef<Value *> values) {
    Value *memory = builder.CreateAlloca(ArrayType::get(element, values.size()));
    for (size_t i = 0; i < values.size(); ++i)
      builder.CreateStore(values[i], builder.CreateConstInBoundsGEP1_64(element, memory, i));
    return memory;
  }

  void addTyped(const FunctionDescription &f, int32_t index) {
    size_t dims = f.dims.size(), inputs = f.inputs.size(), outputs = typedOutputs(f).size();
    SmallVector<Type *> types = {pointer};
    types.append(dims, i64);
    types.append(inputs + outputs, pointer);
    Function *function = define(f.name, i32, types);
    SmallVector<Value *> arguments;
    for (Argument &argument : drop_begin(function->args()))
      arguments.push_back(&argument);
    SmallVector<Value *> results(ArrayRef<Value *>(arguments).drop_front(dims + inputs));
    results.resize(f.outputs.size(), ConstantPointerNull::get(pointer)); // metrics of train_step are dropped
    ArrayRef<Value *> all(arguments);
    builder.CreateRet(callRuntime("call_typed", i32,
                                  {function->getArg(0), program, int32(index), spill(i64, all.take_front(dims)),
                                   spill(pointer, all.slice(dims, inputs)), spill(pointer, results)}));
  }

  Module &module;
  const ModelDescription &model;
  ArrayRef<Cpu> cpus;
  ArrayRef<std::vector<std::vector<BufferDescription>>> buffers;
  LLVMContext &context;
  IRBuilder<> builder;
  PointerType *pointer;
  IntegerType *i32, *i64;
  StringMap<Constant *> strings;
  GlobalVariable *program = nullptr;
  Constant *defaults = nullptr;
};
} // namespace

static std::string symbolOf(StringRef prefix, StringRef function, size_t variant) {
  std::string name = (prefix + function).str();
  return variant == 0 ? name : name + "." + std::to_string(variant);
}

std::string symc::bodySymbol(StringRef function, size_t variant) { return symbolOf("body.", function, variant); }
std::string symc::sizesSymbol(StringRef function, size_t variant) { return symbolOf("sizes.", function, variant); }

std::string symc::slotDataSymbol(size_t index) { return "symc_slot_data_" + std::to_string(index); }

void symc::addDescriptor(Module &module, const ModelDescription &model, ArrayRef<Cpu> cpus,
                         ArrayRef<std::vector<std::vector<BufferDescription>>> buffers) {
  DescriptorBuilder(module, model, cpus, buffers).run();
}

//===- Training.td - Optimizers, schedules, initialisers, metrics *- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What a graph file may name beside ops, once: the importer checks against it (TrainOptions.inc), and the pages, the JSON
// Schema and `symc help` are made of it. A formula is Python with NumPy's functions, in which options stand by their names;
// test/Ops/method_facts.py runs it beside the compiler.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_TRAINING
#define SYM_TRAINING

/// `kind` and `range` are those of TrainOptions.h. `value` is what counts when the option is left out; one without is
/// required, and the pages show `sample` instead.
class Sym_Option<string optionName, string optionKind, string optionRange, string optionSummary, string optionValue = "",
                 string optionSample = ""> {
  string name = optionName;
  string kind = optionKind;
  string range = optionRange;
  string summary = optionSummary;
  string value = optionValue;
  string sample = optionSample;
}
class Sym_Number01<string name, string summary, string value> : Sym_Option<name, "Number", "Fraction", summary, value>;
class Sym_Flag<string name, string summary> : Sym_Option<name, "Boolean", "Any", summary, "false">;
class Sym_Steps<string name, string summary> : Sym_Option<name, "Integer", "Positive", summary, "", "1000">;
class Sym_Real<string name, string summary, string value> : Sym_Option<name, "Number", "Any", summary, value>;
class Sym_RealFrom0<string name, string summary, string value> : Sym_Option<name, "Number", "NotNegative", summary, value>;

class Sym_Method<string methodName, list<Sym_Option> methodOptions> {
  string name = methodName;
  list<Sym_Option> options = methodOptions;
  string summary = "";
  string formula = "";
  string description = "";
}

//===----------------------------------------------------------------------===//
// Optimizers. One step of a parameter w with gradient g; `rate` is what the schedule makes of learning_rate, t counts the
// updates from 1. `start` are the values that live from step to step.
//===----------------------------------------------------------------------===//

class Sym_OptimizerMethod<string name, list<Sym_Option> options> : Sym_Method<name, options> { string start = ""; }

class Sym_Rate<string value> : Sym_RealFrom0<"learning_rate", "how far a step goes; a schedule changes it", value>;
class Sym_Epsilon<string value> : Sym_Option<"epsilon", "Number", "Positive", "keeps the divisor from 0", value>;
class Sym_Decay<string value>
    : Sym_RealFrom0<"weight_decay", "share of the parameter that a step takes away, times the learning rate", value>;
defvar Sym_Beta1 = Sym_Number01<"beta_1", "how much of the average of gradients stays", "0.9">;
defvar Sym_Beta2 = Sym_Number01<"beta_2", "how much of the average of squared gradients stays", "0.999">;
defvar Sym_InsideRoot = Sym_Flag<"epsilon_inside_root", "epsilon is added under the root">;
defvar Sym_EpsilonHat = Sym_Flag<"epsilon_hat", "Keras' form: epsilon is added before the correction of the bias">;

def Sym_SgdMethod : Sym_OptimizerMethod<"sgd", [Sym_Rate<"0.01">,
    Sym_Number01<"momentum", "how much of the last step stays in the next one", "0">,
    Sym_Flag<"nesterov", "Nesterov's momentum: the gradient of where the step leads">]> {
  let summary = "Gradient descent, with momentum where it is given";
  let start = "m = 0";
  let formula = [{
m = momentum * m + g
w -= rate * (g + momentum * m if nesterov else m)}];
}
def Sym_AdagradMethod : Sym_OptimizerMethod<"adagrad", [Sym_Rate<"0.001">,
    Sym_RealFrom0<"initial_accumulator_value", "what the sum of squares begins with", "0">, Sym_Epsilon<"1e-10">,
    Sym_InsideRoot]> {
  let summary = "Steps that shrink with the sum of squared gradients (Duchi, Hazan, Singer 2011)";
  let start = "a = initial_accumulator_value";
  let formula = [{
a += g**2
w -= rate * g / (sqrt(a + epsilon) if epsilon_inside_root else sqrt(a) + epsilon)}];
}
def Sym_RmspropMethod : Sym_OptimizerMethod<"rmsprop", [Sym_Rate<"0.001">,
    Sym_Number01<"rho", "how much of the average of squared gradients stays", "0.9">,
    Sym_Number01<"momentum", "how much of the last step stays in the next one", "0">,
    Sym_Flag<"centered", "divide by the deviation of gradients from their average">, Sym_Epsilon<"1e-8">,
    Sym_InsideRoot]> {
  let summary = "Steps that are divided by the average size of gradients (Hinton 2012, Graves 2013)";
  let start = "v = 0; c = 0; m = 0";
  let formula = [{
v = rho * v + (1 - rho) * g**2
c = rho * c + (1 - rho) * g if centered else 0
r = maximum(v - c**2, 0)
m = momentum * m + rate * g / (sqrt(r + epsilon) if epsilon_inside_root else sqrt(r) + epsilon)
w -= m}];
}
def Sym_AdadeltaMethod : Sym_OptimizerMethod<"adadelta", [Sym_Rate<"1">,
    Sym_Number01<"rho", "how much of both averages stays", "0.9">, Sym_Epsilon<"1e-6">]> {
  let summary = "Steps in the unit of the parameter, from the sizes of the last steps and gradients (Zeiler 2012)";
  let start = "a = 0; u = 0";
  let formula = [{
a = rho * a + (1 - rho) * g**2
d = sqrt(u + epsilon) / sqrt(a + epsilon) * g
u = rho * u + (1 - rho) * d**2
w -= rate * d}];
}
def Sym_AdamMethod : Sym_OptimizerMethod<"adam", [Sym_Rate<"0.001">, Sym_Beta1, Sym_Beta2, Sym_Epsilon<"1e-8">,
    Sym_EpsilonHat]> {
  let summary = "Averages of gradients over those of their squares, both without bias (Kingma, Ba 2014, Algorithm 1)";
  let start = "m = 0; v = 0";
  let formula = [{
m = beta_1 * m + (1 - beta_1) * g
v = beta_2 * v + (1 - beta_2) * g**2
c = sqrt(1 - beta_2**t)
w -= rate * c / (1 - beta_1**t) * m / (sqrt(v) + (epsilon if epsilon_hat else epsilon * c))}];
  let description = "Without epsilon_hat this is `rate * mhat / (sqrt(vhat) + epsilon)` of the paper, with `mhat = m / (1 - "
                    "beta_1**t)` and `vhat = v / (1 - beta_2**t)`.";
}
def Sym_AdamwMethod : Sym_OptimizerMethod<"adamw", [Sym_Rate<"0.001">, Sym_Beta1, Sym_Beta2, Sym_Epsilon<"1e-8">,
    Sym_Decay<"0.01">, Sym_EpsilonHat]> {
  let summary = "adam with a decay of the weights that does not go through the averages (Loshchilov, Hutter 2017)";
  let start = Sym_AdamMethod.start;
  let formula = [{
m = beta_1 * m + (1 - beta_1) * g
v = beta_2 * v + (1 - beta_2) * g**2
c = sqrt(1 - beta_2**t)
d = rate * c / (1 - beta_1**t) * m / (sqrt(v) + (epsilon if epsilon_hat else epsilon * c))
w -= rate * weight_decay * w + d}];
}
def Sym_AdamaxMethod : Sym_OptimizerMethod<"adamax", [Sym_Rate<"0.002">, Sym_Beta1,
    Sym_Number01<"beta_2", "how much of the largest gradient stays", "0.999">, Sym_Epsilon<"1e-8">]> {
  let summary = "adam with the largest gradient in the place of the root (Kingma, Ba 2014)";
  let start = "m = 0; u = 0";
  let formula = [{
m = beta_1 * m + (1 - beta_1) * g
u = maximum(beta_2 * u, abs(g))
w -= rate / (1 - beta_1**t) * m / (u + epsilon)}];
}
def Sym_NadamMethod : Sym_OptimizerMethod<"nadam", [Sym_Rate<"0.001">, Sym_Beta1, Sym_Beta2, Sym_Epsilon<"1e-8">]> {
  let summary = "adam with Nesterov's momentum (Dozat 2016)";
  let start = "m = 0; v = 0; p = 1";
  let formula = [{
now, next = (beta_1 * (1 - 0.5 * 0.96**(s / 250)) for s in (t, t + 1))
m = beta_1 * m + (1 - beta_1) * g
v = beta_2 * v + (1 - beta_2) * g**2
p *= now
mhat = next * m / (1 - p * next) + (1 - now) * g / (1 - p)
w -= rate * mhat / (sqrt(v / (1 - beta_2**t)) + epsilon)}];
}
def Sym_LionMethod : Sym_OptimizerMethod<"lion", [Sym_Rate<"1e-4">,
    Sym_Number01<"beta_1", "how much of the average counts in the direction of a step", "0.9">,
    Sym_Number01<"beta_2", "how much of the average of gradients stays", "0.99">, Sym_Decay<"0">]> {
  let summary = "Steps of one size, in the direction of the sign (Chen et al. 2023)";
  let start = "m = 0";
  let formula = [{
d = sign(beta_1 * m + (1 - beta_1) * g)
m = beta_2 * m + (1 - beta_2) * g
w -= rate * (d + weight_decay * w)}];
}
def Sym_LambMethod : Sym_OptimizerMethod<"lamb", [Sym_Rate<"0.001">, Sym_Beta1, Sym_Beta2, Sym_Epsilon<"1e-6">,
    Sym_Decay<"0.01">]> {
  let summary = "adam with steps in proportion to the norm of each parameter, for large batches (You et al. 2019)";
  let start = "m = 0; v = 0";
  let formula = [{
m = beta_1 * m + (1 - beta_1) * g
v = beta_2 * v + (1 - beta_2) * g**2
r = m / (1 - beta_1**t) / (sqrt(v / (1 - beta_2**t)) + epsilon) + weight_decay * w
w -= rate * (norm(w) / norm(r) if norm(w) > 0 and norm(r) > 0 else 1) * r}];
}
def Sym_LbfgsMethod : Sym_OptimizerMethod<"lbfgs", [Sym_Rate<"1">,
    Sym_Option<"history", "Integer", "Positive", "how many pairs of steps and changes of the gradient are kept", "10">]> {
  let summary = "Quasi-Newton steps from the last pairs, by Nocedal's two loops; without a line search";
  let formula = [{
w -= rate * H(g)}];
  let description = [{
    H is Nocedal's product of the last `history` pairs s, y: a step of all trainable parameters together and the change of the
    gradient behind it. The loops begin with s.y / y.y of the newest pair times the identity, and with the identity before the
    first pair, so that the first step is that of sgd. A pair with y.s <= 0 is left out. The gradients of different batches do
    not make pairs of one function: give it all examples in each step (`--batch-size`). The state is 2 * history + 2 times the
    parameters.
  }];
}

//===----------------------------------------------------------------------===//
// Schedules: the rate of a step, from `base`, the optimizer's learning_rate, and t, the number of updates done before.
//===----------------------------------------------------------------------===//

class Sym_ScheduleMethod<string name, list<Sym_Option> options> : Sym_Method<name, options>;

def Sym_ConstantSchedule : Sym_ScheduleMethod<"constant", []> {
  let summary = "The rate of the optimizer, as without a schedule";
  let formula = "base";
}
def Sym_StepSchedule : Sym_ScheduleMethod<"step", [Sym_Steps<"step_size", "updates between two changes">,
    Sym_RealFrom0<"gamma", "what a change multiplies the rate by", "0.1">]> {
  let summary = "Smaller by a factor after every so many updates";
  let formula = "base * gamma**floor(t / step_size)";
}
def Sym_ExponentialSchedule : Sym_ScheduleMethod<"exponential", [Sym_Steps<"decay_steps", "updates that multiply it once">,
    Sym_Option<"decay_rate", "Number", "NotNegative", "what decay_steps updates multiply the rate by", "", "0.96">,
    Sym_Flag<"staircase", "whole multiples alone: steps instead of a curve">]> {
  let summary = "Smaller by the same factor in equal times";
  let formula = "base * decay_rate**(floor(t / decay_steps) if staircase else t / decay_steps)";
}
def Sym_CosineSchedule : Sym_ScheduleMethod<"cosine", [Sym_Steps<"decay_steps", "updates until the end of the way">,
    Sym_RealFrom0<"alpha", "the share of the rate that is left at the end", "0">]> {
  let summary = "Half a wave from the rate down to its share alpha, where it stays";
  let formula = "base * ((1 - alpha) * (1 + cos(pi * minimum(t, decay_steps) / decay_steps)) / 2 + alpha)";
}
def Sym_LinearWarmupSchedule : Sym_ScheduleMethod<"linear_warmup", [
    Sym_Steps<"warmup_steps", "updates until the whole rate">]> {
  let summary = "In equal steps up to the rate, where it stays";
  let formula = "base * minimum(1, (t + 1) / warmup_steps)";
}
def Sym_PiecewiseSchedule : Sym_ScheduleMethod<"piecewise", [
    Sym_Option<"boundaries", "Integers", "NotNegative", "updates from which on the next value counts, ascending", "",
               "[1000, 2000]">,
    Sym_Option<"values", "Numbers", "NotNegative", "the rates themselves, one more than boundaries", "",
               "[0.1, 0.01, 0.001]">]> {
  let summary = "One rate after the other; that of the optimizer does not count";
  let formula = "values[sum(b <= t for b in boundaries)]";
}
def Sym_PolynomialSchedule : Sym_ScheduleMethod<"polynomial", [Sym_Steps<"decay_steps", "updates until the end of the way">,
    Sym_RealFrom0<"end_learning_rate", "the rate at the end", "1e-4">,
    Sym_RealFrom0<"power", "1 is a straight line", "1">]> {
  let summary = "Along a power from the rate to another one, where it stays";
  let formula = "(base - end_learning_rate) * (1 - minimum(t, decay_steps) / decay_steps)**power + end_learning_rate";
}

//===----------------------------------------------------------------------===//
// Initialisers. `kind` is an InitKind, `scheme` an InitScheme of TrainOptions.h, `first` its number where no option is.
//===----------------------------------------------------------------------===//

class Sym_InitMethod<string name, string initKind, list<Sym_Option> options = [], string initScheme = "Plain">
    : Sym_Method<name, options> {
  string kind = initKind;
  string scheme = initScheme;
  string first = "0";
  /// Fits integers and bools too.
  bit integers = 0;
}
class Sym_FanInit<string name, string kind, string scheme, string numbers> : Sym_InitMethod<name, kind, [], scheme> {
  let formula = !if(!eq(kind, "uniform"), "uniform(-limit, limit), limit = ", "normal(0, stddev), stddev = ") # numbers;
  let description = "A kernel is [receptive field…, in, out]: fan_in is the receptive field times in, fan_out times out.";
}
defvar Sym_NormalOptions = [Sym_Real<"mean", "the middle", "0">, Sym_RealFrom0<"stddev", "the standard deviation", "0.05">];
defvar Sym_Gain = Sym_Real<"gain", "what the matrix is multiplied by", "1">;

def Sym_ZerosInit : Sym_InitMethod<"zeros", "zeros"> {
  let summary = "All elements 0: what counts when nothing is said";
  let formula = "0";
  let integers = 1;
}
def Sym_OnesInit : Sym_InitMethod<"ones", "constant"> {
  let summary = "All elements 1";
  let formula = "1";
  let first = "1";
  let integers = 1;
}
def Sym_ConstantInit : Sym_InitMethod<"constant", "constant", [
    Sym_Option<"value", "Number", "Any", "of all elements", "", "0.5">]> {
  let summary = "All elements the same";
  let formula = "value";
  let integers = 1;
}
def Sym_UniformInit : Sym_InitMethod<"uniform", "uniform", [Sym_Real<"low", "the smallest number", "-0.05">,
                                                           Sym_Real<"high", "what all numbers are below", "0.05">]> {
  let summary = "Equally likely in [low, high)";
  let formula = "uniform(low, high)";
}
def Sym_NormalInit : Sym_InitMethod<"normal", "normal", Sym_NormalOptions> {
  let summary = "Normally distributed";
  let formula = "normal(mean, stddev)";
}
def Sym_TruncatedNormalInit : Sym_InitMethod<"truncated_normal", "truncated_normal", Sym_NormalOptions> {
  let summary = "Normally distributed, without what is farther than two deviations from the middle";
  let formula = "normal(mean, stddev) within [mean - 2 * stddev, mean + 2 * stddev]";
}
def Sym_GlorotUniformInit : Sym_FanInit<"glorot_uniform", "uniform", "Glorot", "sqrt(6 / (fan_in + fan_out))"> {
  let summary = "Uniform, with a width that keeps the variance both ways (Glorot, Bengio 2010); layers use it";
}
def Sym_GlorotNormalInit : Sym_FanInit<"glorot_normal", "normal", "Glorot", "sqrt(2 / (fan_in + fan_out))"> {
  let summary = "Normal, with a deviation that keeps the variance both ways (Glorot, Bengio 2010)";
}
def Sym_HeUniformInit : Sym_FanInit<"he_uniform", "uniform", "He", "sqrt(6 / fan_in)"> {
  let summary = "Uniform, with a width that keeps the variance through relu (He et al. 2015)";
}
def Sym_HeNormalInit : Sym_FanInit<"he_normal", "normal", "He", "sqrt(2 / fan_in)"> {
  let summary = "Normal, with a deviation that keeps the variance through relu (He et al. 2015)";
}
def Sym_LecunNormalInit : Sym_FanInit<"lecun_normal", "normal", "Lecun", "sqrt(1 / fan_in)"> {
  let summary = "Normal, with a deviation that keeps the variance of what comes in (LeCun et al. 1998); for selu";
}
def Sym_OrthogonalInit : Sym_InitMethod<"orthogonal", "orthogonal", [Sym_Gain]> {
  let summary = "Rows or columns that are orthogonal, whichever are fewer (Saxe et al. 2013)";
  let formula = "gain * q of the QR factors of normal(0, 1), all axes but the last as rows";
}
def Sym_IdentityInit : Sym_InitMethod<"identity", "identity", [Sym_Gain]> {
  let summary = "The identity matrix";
  let formula = "gain where the last two indices are equal, in the middle of a receptive field; else 0";
}

//===----------------------------------------------------------------------===//
// Metrics that take the operands of the loss. `build` is a call of MetricBuilder in Metrics.cpp.
//===----------------------------------------------------------------------===//

class Sym_Metric<string name, code call> : Sym_Method<name, []> {
  code build = call;
  /// The losses that it fits.
  string of = "";
  /// How it is made of a data set.
  string overData = "the mean over batches, weighted by examples";
}
defvar Sym_ClassesOf = "softmax_cross_entropy, sparse_softmax_cross_entropy, nll, kl_divergence";
defvar Sym_DecisionsOf = "sigmoid_cross_entropy, hinge, mse, mae, huber";

def Sym_AccuracyMetric : Sym_Metric<"accuracy", "accuracy()"> {
  let summary = "How often the largest score is that of the label";
  let formula = "mean(argmax(scores, axis) == label)";
  let of = Sym_ClassesOf;
}
def Sym_TopFiveMetric : Sym_Metric<"top_5_accuracy", "topFive()"> {
  let summary = "How often the score of the label is one of the five largest";
  let formula = "mean(sum(scores > scores[label], axis) < 5)";
  let of = !strconcat(Sym_ClassesOf, ", of 5 or more classes");
}
def Sym_BinaryAccuracyMetric : Sym_Metric<"binary_accuracy", "binaryAccuracy()"> {
  let summary = "How often prediction and target say the same, yes or no";
  let formula = "mean((prediction > border) == (target > target_border))";
  let of = Sym_DecisionsOf;
  let description = "Borders are 0 and 0.5 of sigmoid_cross_entropy (a logit and a label), 0 and 0 of hinge, else 0.5 and 0.5.";
}
class Sym_HitsMetric<string name, string among> : Sym_Metric<name, "hits(Among::" # among # ")"> {
  let of = !strconcat(Sym_ClassesOf, ", of a known number of classes; ", Sym_DecisionsOf, " as yes or no");
  let overData = "computed from the hits, predictions and labels of all its examples";
  string borders = "yes is above the borders of binary_accuracy, and all decisions count together";
  string classes = "the mean over the classes that occur, as prediction or label (macro)";
}
def Sym_PrecisionMetric : Sym_HitsMetric<"precision", "Predicted"> {
  let summary = "How many of those that are predicted to be yes, or of a class, are";
  let formula = "hits / predictions";
  let description = "Of decisions: " # borders # ". Of classes: " # classes # ". Without a prediction it is 0.";
}
def Sym_RecallMetric : Sym_HitsMetric<"recall", "Labelled"> {
  let summary = "How many of those that are yes, or of a class, are predicted to be";
  let formula = "hits / labels";
  let description = "Of decisions: " # borders # ". Of classes: " # classes # ". Without a label it is 0.";
}
def Sym_F1Metric : Sym_HitsMetric<"f1", "Both"> {
  let summary = "The harmonic mean of precision and recall";
  let formula = "2 * hits / (predictions + labels)";
  let description = "Of decisions: " # borders # ". Of classes: the F1 of each, and " # classes # ". Without predictions and labels "
                    # "it is 0.";
}
def Sym_MseMetric : Sym_Metric<"mse", "meanError(/*squares=*/true)"> {
  let summary = "Mean squared error of the operands of the loss as they are";
  let formula = "mean((prediction - target)**2)";
  let of = "losses of two operands of one type";
}
def Sym_MaeMetric : Sym_Metric<"mae", "meanError(/*squares=*/false)"> {
  let summary = "Mean absolute error of the operands of the loss as they are";
  let formula = "mean(abs(prediction - target))";
  let of = "losses of two operands of one type";
}
def Sym_PerplexityMetric : Sym_Metric<"perplexity", "perplexity()"> {
  let summary = "Between how many classes a model wavers";
  let formula = "exp(mean(loss of an example))";
  let of = "softmax_cross_entropy, sparse_softmax_cross_entropy, nll";
  let overData = "computed from the losses of all its examples";
}
def Sym_MeanIouMetric : Sym_Metric<"mean_iou", "meanIou()"> {
  let summary = "How far the places of each class cover those of its labels, in the mean over the classes";
  let formula = "mean(intersection[c] / union[c] for the classes c that occur)";
  let of = !strconcat(Sym_ClassesOf, ", of a known number of classes; ", Sym_DecisionsOf, " as two classes");
  let description = "Intersection is how often prediction and label are c, union how often one of them is.";
  let overData = "computed from the intersections and unions of all its examples";
}
#endif

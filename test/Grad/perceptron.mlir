// RUN: symc-opt --sym-print-gradients='wrt=b2,h' %s -o /dev/null | FileCheck %s
// RUN: symc-opt --sym-print-gradients='wrt=b2 latex' %s -o /dev/null | FileCheck %s --check-prefix=LATEX
// RUN: symc-opt --sym-print-gradients %s -o /dev/null | FileCheck %s --check-prefix=DEFAULT

// A named node that is differentiated by stays a name; small ones are written out.
// CHECK: {{^}}b2: 2/batch * sum((sigmoid(h @ W2 + b2) - y) * sigmoid(h @ W2 + b2) * (1 - sigmoid(h @ W2 + b2)), axis=0){{$}}
// CHECK-NEXT: {{^}}h: 2/batch * (sigmoid(h @ W2 + b2) - y) * sigmoid(h @ W2 + b2) * (1 - sigmoid(h @ W2 + b2)) @ W2.T{{$}}
// LATEX: \frac{2}{\mathrm{batch}} \sum_{\mathrm{axis}=\mathrm{0}}\left(
// LATEX-SAME: \odot \left(1 - \sigma\left(\tanh\left(x W_{1} + b_{1}\right) W_{2} + b_{2}\right)\right)
// DEFAULT: {{^}}W1: 2/batch * x.T @ (
// DEFAULT: {{^}}b1: 2/batch * sum(
// DEFAULT: {{^}}W2: 2/batch * tanh(x @ W1 + b1).T @ (
// DEFAULT: {{^}}b2: 2/batch * sum(

module @perceptron attributes {sym.dim_bounds = [#sym.dim_bound<"batch", min = 1, max = 4096, multipleOf = 1>]} {
  sym.parameter @W1 : tensor<2x16xf32> init #sym.init<uniform, -0.57, 0.57>
  sym.parameter @b1 : tensor<16xf32> init #sym.init<zeros>
  sym.parameter @W2 : tensor<16x1xf32> init #sym.init<uniform, -0.57, 0.57>
  sym.parameter @b2 : tensor<1xf32> init #sym.init<zeros>
  sym.train adam {learning_rate = 0.01 : f64}
  func.func @model(%x: tensor<?x2xf32, #sym.dims<batch, 2>> {sym.name = "x", sym.role = #sym.role<input>},
                   %y: tensor<?x1xf32, #sym.dims<batch, 1>> {sym.name = "y", sym.role = #sym.role<input>},
                   %W1: tensor<2x16xf32> {sym.name = "W1", sym.role = #sym.role<parameter>},
                   %b1: tensor<16xf32> {sym.name = "b1", sym.role = #sym.role<parameter>},
                   %W2: tensor<16x1xf32> {sym.name = "W2", sym.role = #sym.role<parameter>},
                   %b2: tensor<1xf32> {sym.name = "b2", sym.role = #sym.role<parameter>})
      -> (tensor<?x1xf32, #sym.dims<batch, 1>> {sym.name = "yhat", sym.role = #sym.role<output>},
          tensor<f32> {sym.name = "loss", sym.role = #sym.role<loss>}) {
    %m1 = sym.matmul %x, %W1 : (tensor<?x2xf32, #sym.dims<batch, 2>>, tensor<2x16xf32>) -> tensor<?x16xf32, #sym.dims<batch, 16>> loc("h/matmul")
    %bb1 = sym.broadcast_to %b1 {shape = #sym.dims<batch, 16>} : (tensor<16xf32>) -> tensor<?x16xf32, #sym.dims<batch, 16>> loc("h/add")
    %a1 = sym.add %m1, %bb1 : tensor<?x16xf32, #sym.dims<batch, 16>> loc("h/add")
    %h = sym.tanh %a1 : tensor<?x16xf32, #sym.dims<batch, 16>> loc("h")
    %m2 = sym.matmul %h, %W2 : (tensor<?x16xf32, #sym.dims<batch, 16>>, tensor<16x1xf32>) -> tensor<?x1xf32, #sym.dims<batch, 1>> loc("yhat/matmul")
    %bb2 = sym.broadcast_to %b2 {shape = #sym.dims<batch, 1>} : (tensor<1xf32>) -> tensor<?x1xf32, #sym.dims<batch, 1>> loc("yhat/add")
    %a2 = sym.add %m2, %bb2 : tensor<?x1xf32, #sym.dims<batch, 1>> loc("yhat/add")
    %yhat = sym.sigmoid %a2 : tensor<?x1xf32, #sym.dims<batch, 1>> loc("yhat")
    %e = sym.sub %yhat, %y : tensor<?x1xf32, #sym.dims<batch, 1>> loc("J/sub")
    %q = sym.square %e : tensor<?x1xf32, #sym.dims<batch, 1>> loc("J/square")
    %J = sym.mean %q : (tensor<?x1xf32, #sym.dims<batch, 1>>) -> tensor<f32> loc("J")
    return %yhat, %J : tensor<?x1xf32, #sym.dims<batch, 1>>, tensor<f32>
  }
}

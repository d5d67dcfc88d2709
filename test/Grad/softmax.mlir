// RUN: symc-opt --sym-print-gradients %s -o /dev/null | FileCheck %s
// RUN: symc-opt --sym-print-gradients='wrt=logits latex' %s -o /dev/null | FileCheck %s --check-prefix=LATEX

// The derivative of the cross entropy is the softmax less the labels' unit vectors; relu's is a comparison.
// CHECK: {{^}}V: 1/batch * x.T @ ((softmax(relu(x @ V) @ W + b) - one_hot(labels, 10)) @ W.T * (x @ V > 0)){{$}}
// CHECK: {{^}}W: 1/batch * relu(x @ V).T @ (softmax(relu(x @ V) @ W + b) - one_hot(labels, 10)){{$}}
// CHECK: {{^}}b: 1/batch * sum(softmax(relu(x @ V) @ W + b) - one_hot(labels, 10), axis=0){{$}}
// LATEX: {{^}}\frac{1}{\mathrm{batch}} \left(\operatorname{softmax}\left(\mathrm{logits}\right) - \operatorname{one\_hot}_{\mathrm{10}}\left(\mathrm{labels}\right)\right){{$}}

module @classes {
  sym.parameter @V : tensor<784x32xf32> init #sym.init<zeros>
  sym.parameter @W : tensor<32x10xf32> init #sym.init<zeros>
  sym.parameter @b : tensor<10xf32> init #sym.init<zeros>
  sym.train sgd {}
  func.func @model(%x: tensor<?x784xf32, #sym.dims<batch, 784>> {sym.name = "x", sym.role = #sym.role<input>},
                   %labels: tensor<?xi64, #sym.dims<batch>> {sym.name = "labels", sym.role = #sym.role<input>},
                   %V: tensor<784x32xf32> {sym.name = "V", sym.role = #sym.role<parameter>},
                   %W: tensor<32x10xf32> {sym.name = "W", sym.role = #sym.role<parameter>},
                   %b: tensor<10xf32> {sym.name = "b", sym.role = #sym.role<parameter>})
      -> (tensor<?x10xf32, #sym.dims<batch, 10>> {sym.name = "logits", sym.role = #sym.role<output>},
          tensor<f32> {sym.name = "loss", sym.role = #sym.role<loss>}) {
    %m = sym.matmul %x, %V : (tensor<?x784xf32, #sym.dims<batch, 784>>, tensor<784x32xf32>) -> tensor<?x32xf32, #sym.dims<batch, 32>> loc("h/matmul")
    %h = sym.relu %m : tensor<?x32xf32, #sym.dims<batch, 32>> loc("h")
    %p = sym.matmul %h, %W : (tensor<?x32xf32, #sym.dims<batch, 32>>, tensor<32x10xf32>) -> tensor<?x10xf32, #sym.dims<batch, 10>> loc("logits/matmul")
    %bb = sym.broadcast_to %b {shape = #sym.dims<batch, 10>} : (tensor<10xf32>) -> tensor<?x10xf32, #sym.dims<batch, 10>> loc("logits")
    %logits = sym.add %p, %bb : tensor<?x10xf32, #sym.dims<batch, 10>> loc("logits")
    %J = sym.sparse_softmax_cross_entropy %logits, %labels
        : (tensor<?x10xf32, #sym.dims<batch, 10>>, tensor<?xi64, #sym.dims<batch>>) -> tensor<f32> loc("J")
    return %logits, %J : tensor<?x10xf32, #sym.dims<batch, 10>>, tensor<f32>
  }
}

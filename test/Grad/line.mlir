// RUN: symc-opt --sym-print-gradients='of=J wrt=theta' %s -o /dev/null | FileCheck %s --check-prefix=TEXT
// RUN: symc-opt --sym-print-gradients='of=J wrt=theta latex' %s -o /dev/null | FileCheck %s --check-prefix=LATEX
// RUN: symc-opt --sym-print-gradients='of=J wrt=X,y,theta' %s -o /dev/null | FileCheck %s --check-prefix=ALL
// RUN: symc-opt --sym-print-gradients='wrt=theta,theta' %s -o /dev/null | FileCheck %s --check-prefix=TWICE
// RUN: symc-opt --sym-print-gradients='of=J wrt=yhat' %s -o /dev/null | FileCheck %s --check-prefix=NODE
// RUN: not symc-opt --sym-print-gradients='wrt=thetta' %s -o /dev/null 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// TEXT: {{^}}2/m * X.T @ (X @ theta - y){{$}}
// LATEX: {{^}}\frac{2}{m} X^{\top} \left(X \theta - y\right){{$}}
// ALL: {{^}}X: 2/m * (X @ theta - y) @ theta.T{{$}}
// ALL-NEXT: {{^}}y: 2/m * (y - X @ theta){{$}}
// ALL-NEXT: {{^}}theta: 2/m * X.T @ (X @ theta - y){{$}}
// TWICE: {{^}}2/m * X.T @ X @ ones((3, 1)){{$}}
// NODE: {{^}}2/m * (yhat - y){{$}}
// UNKNOWN: S0502: the graph has no node, input or parameter 'thetta'; did you mean 'theta'?

module @line attributes {sym.dim_bounds = [#sym.dim_bound<"m", min = 1, max = 9223372036854775807, multipleOf = 1>]} {
  sym.parameter @theta : tensor<3x1xf32> init #sym.init<zeros>
  sym.train adam {learning_rate = 0.1 : f64}
  func.func @model(%X: tensor<?x3xf32, #sym.dims<m, 3>> {sym.name = "X", sym.role = #sym.role<input>},
                   %y: tensor<?x1xf32, #sym.dims<m, 1>> {sym.name = "y", sym.role = #sym.role<input>},
                   %theta: tensor<3x1xf32> {sym.name = "theta", sym.role = #sym.role<parameter>})
      -> (tensor<?x1xf32, #sym.dims<m, 1>> {sym.name = "yhat", sym.role = #sym.role<output>},
          tensor<f32> {sym.name = "loss", sym.role = #sym.role<loss>}) {
    %yhat = sym.matmul %X, %theta : (tensor<?x3xf32, #sym.dims<m, 3>>, tensor<3x1xf32>) -> tensor<?x1xf32, #sym.dims<m, 1>> loc("yhat")
    %e = sym.sub %yhat, %y : tensor<?x1xf32, #sym.dims<m, 1>> loc("J/sub")
    %q = sym.square %e : tensor<?x1xf32, #sym.dims<m, 1>> loc("J/square")
    %J = sym.mean %q : (tensor<?x1xf32, #sym.dims<m, 1>>) -> tensor<f32> loc("J")
    return %yhat, %J : tensor<?x1xf32, #sym.dims<m, 1>>, tensor<f32>
  }
}

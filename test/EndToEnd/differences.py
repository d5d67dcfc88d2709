# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""differences.py LIBRARY: every entry of the perceptron's gradient against the central difference of its loss."""
import sys

import numpy as np
import symc

model = symc.load(sys.argv[1])
model.initialize(seed=3)
rng = np.random.default_rng(0)
x = rng.normal(0, 1, (64, 2)).astype(np.float32)
y = (rng.random((64, 1)) > 0.5).astype(np.float32)
gradients = {name: np.array(g) for name, g in model.gradients(x=x, y=y).items()}
STEP, errors, scale = 1e-2, [], max(np.abs(g).max() for g in gradients.values())
for name, gradient in gradients.items():
    parameter = model.parameters[name]
    for index in np.ndindex(*parameter.shape):
        value, losses = parameter[index], []
        for side in (STEP, -STEP):
            parameter[index] = value + np.float32(side)
            losses.append((float(parameter[index]), float(model.loss(x=x, y=y)["loss"])))
        parameter[index] = value
        (right, up), (left, down) = losses
        errors.append(abs((up - down) / (right - left) - gradient[index]))
worst = np.max(errors)  # NaN where one is
print(f"largest difference {worst:.1e}, largest entry {scale:.1e}")
if not (0 < scale < np.inf and worst <= 2e-3 * scale):
    sys.exit("the gradient is not that of central differences")

# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""compare.py FOLDER: how far apart the solutions that run.sh left in FOLDER are.

Fails when gradient descent is further than 1e-5 of the largest coefficient from least squares by QR (1e-3 for the normal
equations, which square the condition number), or when a coefficient of NIST's Longley data has fewer than 7 correct digits.
"""
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import results

# Certified by NIST: https://www.itl.nist.gov/div898/strd/lls/data/Longley.shtml
LONGLEY = [-3482258.63459582, 15.0618722713733, -0.0358191792925910, -2.02022980381683, -1.03322686717359,
           -0.0511041056535807, 1829.15146461355]


def descent(folder):
    tensors = results.parameters(folder / "descent.safetensors")
    return np.concatenate([tensors["theta"].ravel(), tensors["b"]])


def least_loss(coefficients):
    data = np.loadtxt(pathlib.Path(__file__).parent / "diabetes.csv", delimiter=",", skiprows=1)
    return np.mean((data[:, :10] @ coefficients[:10] + coefficients[10] - data[:, 10]) ** 2)


def main(folder):
    folder, fine = pathlib.Path(folder), True
    closed = np.load(folder / "closed_form.npy").ravel()
    for name, other, bound in (("gradient descent", descent(folder), 1e-5),
                               ("normal equations", np.load(folder / "normal_equations.npy").ravel(), 1e-3),
                               ("Cholesky", np.load(folder / "by_cholesky.npy").ravel(), 1e-3)):
        distance = np.abs(other - closed).max() / np.abs(closed).max()
        print(f"{name}: {distance:.1e} of the largest coefficient from least squares by QR")
        fine &= bool(distance <= bound)
    beta = np.load(folder / "longley.npy")
    digits = -np.log10(np.maximum(np.abs(beta / LONGLEY - 1), 1e-16))
    print(f"Longley: {digits.min():.1f} to {digits.max():.1f} digits agree with the certified values")
    return 0 if fine and digits.min() >= 7 else 1


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))

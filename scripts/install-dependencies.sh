#!/usr/bin/env bash
# Installs what symc needs to build, run its examples and pass its tests on Debian 12; does nothing when all is there.
set -euo pipefail

packages=(
  # compiler and build: LLVM/MLIR 22 comes from Debian's security suite
  cmake ninja-build ccache g++ binutils clang-22 lld-22 llvm-22-dev llvm-22-tools libmlir-22-dev mlir-22-tools
  liblld-22-dev libclang-rt-22-dev zlib1g-dev libzip-dev nlohmann-json3-dev
  # tests
  libgtest-dev libgmock-dev python3 python3-numpy python3-jsonschema python3-sympy
  # data of the examples
  dataset-fashion-mnist
)

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
export DEBIAN_FRONTEND=noninteractive
echo "Installing: ${missing[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# What apt and the packages' scripts say matters only when they fail.
quietly() {
  "${as_root[@]}" "$@" >"$log" 2>&1 || { cat "$log" >&2; exit 3; }
}
quietly apt-get -qq update
if ! apt-cache show libmlir-22-dev >/dev/null 2>&1; then
  # A minimal root (debootstrap) lists the main suite only: add the security suite of the same mirror.
  mirror=$(apt-get indextargets --format '$(SITE)' 'Codename: bookworm' 2>/dev/null | head -n 1)
  [ -n "$mirror" ] || { echo "This needs Debian 12 (bookworm) with its security suite." >&2; exit 3; }
  echo "deb ${mirror%/}-security bookworm-security main" |
    "${as_root[@]}" tee /etc/apt/sources.list.d/bookworm-security.list >/dev/null
  quietly apt-get -qq update
fi
quietly apt-get -qq install -y --no-install-recommends "${missing[@]}"

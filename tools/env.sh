# Sourced by the other scripts: where the pinned tools are and which versions fit together.
# shellcheck shell=bash
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

# crate and command line must be of the same version, so the lock file decides
bindgen_version=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/"/, "", $3); print $3 }' Cargo.lock)
pack_version=0.15.1
bindgen_home=${XDG_CACHE_HOME:-$HOME/.cache}/saddlepoint/wasm-bindgen-$bindgen_version
pack_home=${XDG_CACHE_HOME:-$HOME/.cache}/saddlepoint/wasm-pack-$pack_version
export PATH=$bindgen_home/bin:$pack_home/bin:$PATH:${CARGO_HOME:-$HOME/.cargo}/bin:$root/www/node_modules/.bin

# RUSTFLAGS replaces the flags of .cargo/config.toml, and with them simd128
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS
# seconds; the default of 20 is short for whole trainings
export WASM_BINDGEN_TEST_TIMEOUT=${WASM_BINDGEN_TEST_TIMEOUT:-300}

first_of() { # prints the path of the first command that exists
  local name
  for name in "$@"; do command -v "$name" && return 0; done
  return 1
}
CHROMIUM=${CHROMIUM:-$(first_of chromium chromium-browser google-chrome || true)}
CHROMEDRIVER=${CHROMEDRIVER:-$(first_of chromedriver || true)}
export CHROMIUM CHROMEDRIVER

#!/usr/bin/env bash
# Builds the WebAssembly modules into www/lib/pkg and prints their sizes: all of them, or those that are named.
source "$(dirname "$0")/env.sh"

wanted=${*:-}
target=${CARGO_TARGET_DIR:-target}
out=www/lib/pkg
mkdir -p $out
cp src/data/embedded/{digits,wine,breast_cancer}.bin $out

module() { # name, options of cargo: what cargo built, with its JavaScript and made smaller
  local name=$1 built=$target/wasm32-unknown-unknown/release/saddlepoint.wasm raw=$target/wasm-bindgen
  local packed=$out/${name}_bg.wasm stamp=$target/wasm-bindgen/$name.hash
  shift
  [[ -z $wanted || " $wanted " == *" $name "* ]] || return 0
  # the file alone: the library for other crates is not wanted, and what is not exported is not compiled
  cargo rustc --release --lib --crate-type cdylib --no-default-features --target wasm32-unknown-unknown "$@"
  local hash
  hash=$(cat "$built" tools/wasm.sh | sha256sum)
  if [ ! -f $packed ] || [ "$(cat "$stamp" 2>/dev/null)" != "$hash" ]; then
    wasm-bindgen --target web --out-dir "$raw" --out-name "$name" "$built"
    cp "$raw/$name.js" "$raw/$name.d.ts" "$raw/${name}_bg.wasm.d.ts" $out
    # what the Rust target turns on by itself, and simd128; nothing that an engine of today lacks
    wasm-opt -O3 --enable-simd --enable-bulk-memory --enable-nontrapping-float-to-int --enable-sign-ext \
      --enable-mutable-globals --enable-reference-types --enable-multivalue -o $packed "$raw/${name}_bg.wasm"
    echo "$hash" >"$stamp"
  fi
  printf '%s: %d bytes, %d gzipped\n' "$name" "$(wc -c <$packed)" "$(gzip -9c $packed | wc -c)"
}

# landscapes, in f64: what a page loads first
module saddlepoint_lab --features lab-module
# real networks in their landscape, in f64: fetched when it is asked where one stands
module saddlepoint_curvature --features curvature-module
# training, in f32
module saddlepoint
# fetched when an image file comes
module saddlepoint_images --features image-module
# measures the speed of the others' kernels and steps; part of the page, not of the package
module saddlepoint_bench --features bench-module

#!/usr/bin/env bash
# Builds the WebAssembly of the npm package into www/lib/pkg and prints its size.
source "$(dirname "$0")/env.sh"

cargo build --release --lib --no-default-features --target wasm32-unknown-unknown
target=${CARGO_TARGET_DIR:-target}
built=$target/wasm32-unknown-unknown/release/saddlepoint.wasm
raw=$target/wasm-bindgen
out=www/lib/pkg
packed=$out/saddlepoint_bg.wasm

if [ ! -f $packed ] || [ "$built" -nt $packed ] || [ tools/wasm.sh -nt $packed ]; then
  mkdir -p $out
  cp src/data/embedded/{digits,wine,breast_cancer}.bin $out
  wasm-bindgen --target web --out-dir "$raw" "$built"
  cp "$raw"/saddlepoint.js "$raw"/saddlepoint.d.ts "$raw"/saddlepoint_bg.wasm.d.ts $out
  # what the Rust target turns on by itself, and simd128; nothing that an engine of today lacks.
  # This file is written last: its date says that the whole folder is new.
  wasm-opt -O3 --enable-simd --enable-bulk-memory --enable-nontrapping-float-to-int --enable-sign-ext \
    --enable-mutable-globals --enable-reference-types --enable-multivalue -o $packed "$raw"/saddlepoint_bg.wasm
fi
printf 'wasm: %d bytes, %d gzipped\n' "$(wc -c <$packed)" "$(gzip -9c $packed | wc -c)"

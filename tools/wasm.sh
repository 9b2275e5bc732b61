#!/usr/bin/env bash
# Builds the WebAssembly modules into www/lib/pkg and prints their sizes: all of them, or those that are named.
source "$(dirname "$0")/env.sh"

wanted=${*:-}
target=${CARGO_TARGET_DIR:-target}
out=www/lib/pkg
mkdir -p $out
cp src/data/embedded/{digits,wine,breast_cancer}.bin $out

# what the Rust target turns on by itself, and simd128; nothing that an engine of today lacks
features=(--enable-simd --enable-bulk-memory --enable-nontrapping-float-to-int --enable-sign-ext
  --enable-mutable-globals --enable-reference-types --enable-multivalue)
built=$target/wasm32-unknown-unknown/release/saddlepoint.wasm
raw=$target/wasm-bindgen

whole() { # name: makes the module of this name smaller, in one file
  wasm-opt -O3 "${features[@]}" -o "$out/$1_bg.wasm" "$raw/$1_bg.wasm"
}

relaxed() { # name: the same, of a module with relaxed SIMD
  wasm-opt -O3 "${features[@]}" --enable-relaxed-simd -o "$out/$1_bg.wasm" "$raw/$1_bg.wasm"
}

parts() { # name: the same, in a file for the start and one with the rest
  node tools/wasm/parts.mjs "$raw" "$1" $out "${features[@]}"
}

module() { # name, how it is packed, options of cargo: what cargo built, with its JavaScript and made smaller
  local name=$1 pack=$2 stamp=$raw/$1.hash hash
  shift 2
  [[ -z $wanted || " $wanted " == *" $name "* ]] || return 0
  # the file alone: the library for other crates is not wanted, and what is not exported is not compiled
  cargo rustc --release --lib --crate-type cdylib --no-default-features --target wasm32-unknown-unknown "$@"
  hash=$(cat "$built" tools/wasm.sh tools/wasm/* | sha256sum)
  if [ ! -f "$out/${name}_bg.wasm" ] || [ "$(cat "$stamp" 2>/dev/null)" != "$hash" ]; then
    wasm-bindgen --target web --out-dir "$raw" --out-name "$name" "$built"
    # bundlers leave a class out where it is not used, if nothing beside it might have an effect, and need not make an object of
    # a module that is imported by its names
    sed -i -e '/^if (Symbol.dispose)/d' -e 's,: new FinalizationRegistry,: /* @__PURE__ */ new FinalizationRegistry,' \
      -e 's,^import \* as import1 from,import { fetchRest } from,' -e 's,: import1\b,: { fetchRest: () => fetchRest(wasm) },' "$raw/$name.js"
    cp "$raw/$name.js" "$raw/$name.d.ts" "$raw/${name}_bg.wasm.d.ts" $out
    "$pack" "$name"
    echo "$hash" >"$stamp"
  fi
}

# training in f32 and landscapes in f64
module saddlepoint parts --features parts
# fetched when an image file comes
module saddlepoint_images whole --features image-module
# training by relaxed SIMD, for those who ask for it by name
module saddlepoint_fast relaxed --features fast-module -- -C target-feature=+relaxed-simd
# measures the speed of the others' kernels and steps; part of the page, not of the package
module saddlepoint_bench whole --features bench-module
# the same of the build with relaxed SIMD, when it is named
[[ -z $wanted ]] || module saddlepoint_bench_fast relaxed --features bench-module -- -C target-feature=+relaxed-simd
for file in "$out"/*.wasm; do
  printf '%s: %d bytes, %d gzipped\n' "$(basename "$file")" "$(wc -c <"$file")" "$(gzip -9c "$file" | wc -c)"
done

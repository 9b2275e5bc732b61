#!/usr/bin/env bash
# Everything that can be judged without running the code. Stops at the first fault.
source "$(dirname "$0")/env.sh"

say() { printf '==> %s\n' "$*"; }

say "formatting"
cargo fmt --all --check

say "lints, native"
cargo clippy --quiet --all-targets -- -D warnings

say "lints, WebAssembly"
# the benches are native: their harness does not compile for this target
cargo clippy --quiet --lib --tests --target wasm32-unknown-unknown -- -D warnings
cargo clippy --quiet --test wasm --features browser-tests --target wasm32-unknown-unknown -- -D warnings

say "lock file"
if grep -n '"resolved": *"http' www/package-lock.json; then
  echo "www/package-lock.json names registry addresses; npm --prefix www install writes it without" >&2
  exit 1
fi

say "WebAssembly"
tools/wasm.sh

say "types"
npm run --silent build --prefix www -w lib
npm run --silent check --prefix www -w lib -w app -w e2e -w consumers

say "documentation"
tools/docs.sh

say "packed package"
tools/packed.sh

say "lints, page"
eslint -c www/eslint.config.js --max-warnings 0 tools www

say "sizes"
npm run --silent build --prefix www -w app -- --logLevel warn
node tools/sizes.mjs

say "all checks passed"

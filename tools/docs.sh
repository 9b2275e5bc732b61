#!/usr/bin/env bash
# Reference documentation: of the crate in target/doc, of the npm package in target/api. A warning is an error.
source "$(dirname "$0")/env.sh"

RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps
npm run --silent build --prefix www -w lib
(cd www/lib && typedoc --logLevel Warn)

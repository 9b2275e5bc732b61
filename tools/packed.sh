#!/usr/bin/env bash
# Packs the npm package as it would be published and judges the archive: its entries (publint), their types
# (are-the-types-wrong), its size. What it needs is built already.
source "$(dirname "$0")/env.sh"

# bytes of the archive: WebAssembly does not shrink much further, and each of its modules has a budget of its own (sizes.mjs)
limit=$((1450 * 1024))
# no scripts: what they are depends on who loads them
files=(core.wasm rest.wasm images.wasm digits.bin wine.bin breast_cancer.bin package.json)

folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
archive=$folder/$(cd www/lib && npm pack --silent --pack-destination "$folder")
publint --strict www/lib
attw "$archive" --profile esm-only --format ascii --exclude-entrypoints "${files[@]}" >"$folder/types" || { cat "$folder/types"; exit 1; }
size=$(wc -c <"$archive")
echo "$(basename "$archive"): $((size / 1024)) KB of $((limit / 1024)) KB"
[ "$size" -le "$limit" ] || { echo "the archive is over its budget" >&2; exit 1; }

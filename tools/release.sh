#!/usr/bin/env bash
# All of a release but its last step, for the npm package and the crate. Nothing leaves the machine.
source "$(dirname "$0")/env.sh"

say() { printf '==> %s\n' "$*"; }
fail() { printf 'tools/release.sh: %s\n' "$*" >&2; exit 1; }

say "versions"
version=$(node -p 'require("./www/lib/package.json").version')
crate=$(awk -F'"' '/^version/ { print $2; exit }' Cargo.toml)
[ "$version" = "$crate" ] || fail "www/lib/package.json has version $version, Cargo.toml $crate; they are released together"
grep -qE "^## \[($version|Unreleased)\]" CHANGELOG.md || fail "CHANGELOG.md has no section for $version"

say "documentation"
tools/docs.sh

say "npm package $version"
tools/packed.sh
(cd www/lib && npm publish --dry-run --silent)

say "crate $crate"
others=$(cargo package --list --allow-dirty | grep -vE '^(src/|Cargo\.(toml|toml\.orig|lock)$|\.cargo_vcs_info\.json$|README\.md$|CHANGELOG\.md$|LICENSE-)' || true)
[ -z "$others" ] || fail "the crate would hold files that are not its own: $others"
# built from the archive alone, as those who depend on it will build it
cargo publish --dry-run --quiet "$@"

say "ready: npm publish in www/lib, cargo publish"

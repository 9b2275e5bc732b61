#!/usr/bin/env bash
# Installs what is missing and leaves alone what is there.
#   tools/install.sh build   what the page needs: wasm target, wasm-bindgen, npm packages
#   tools/install.sh test    what the tests need on top: wasm-pack, Chromium and its driver, Firefox where apt-get has it
source "$(dirname "$0")/env.sh"

fail() { printf 'tools/install.sh: %s\n' "$*" >&2; exit 1; }
say() { printf '==> %s\n' "$*"; }

has_version() { # command, version
  command -v "$1" >/dev/null && [ "$("$1" --version 2>/dev/null | awk '{ print $2 }')" = "$2" ]
}

# These tools run for seconds, so they are compiled for a short build, not for speed.
install_crate() { # crate, version, folder, optimisation level, options of cargo install
  local crate=$1 version=$2 home=$3 level=$4
  shift 4
  say "installing $crate $version into $home"
  CARGO_PROFILE_RELEASE_OPT_LEVEL=$level CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    cargo install "$crate" --version "$version" --root "$home" "$@"
}

rust() {
  command -v cargo >/dev/null || fail "cargo was not found; install Rust from https://rustup.rs"
  local target=wasm32-unknown-unknown
  if command -v rustup >/dev/null; then
    local channel
    channel=$(awk -F'"' '/^channel/ { print $2 }' rust-toolchain.toml)
    if ! rustc --version >/dev/null 2>&1; then
      say "installing Rust $channel"
      rustup toolchain install "$channel" --profile minimal
    fi
    cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 ||
      rustup component add --toolchain "$channel" rustfmt clippy
    [ -d "$(rustc --print target-libdir --target $target)" ] || rustup target add --toolchain "$channel" $target
  fi
  [ -d "$(rustc --print target-libdir --target $target)" ] ||
    fail "this Rust has no $target target and there is no rustup to add it"
}

node_packages() {
  command -v npm >/dev/null || fail "npm was not found; install Node 20.19 or newer"
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    fail "Node $(node --version) is too old; install Node 20.19 or newer"
  local stamp=www/node_modules/.package-lock.json
  [ -f $stamp ] && [ ! www/package-lock.json -nt $stamp ] && return 0
  say "installing npm packages"
  (cd www && npm ci --no-progress)
  touch $stamp
}

browser() {
  [ -n "$CHROMIUM" ] && [ -n "$CHROMEDRIVER" ] && return 0
  local packages="chromium chromium-driver"
  local hint="install them yourself (Debian: apt-get install $packages), or set CHROMIUM and CHROMEDRIVER to their paths"
  command -v apt-get >/dev/null || fail "Chromium or chromedriver is missing; $hint"
  [ "$(id -u)" = 0 ] || fail "Chromium or chromedriver is missing and apt-get needs root; $hint"
  say "installing $packages"
  apt-get update -qq
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages
}

# Tests skip what needs it where it is not there.
firefox() {
  command -v firefox-esr >/dev/null || command -v firefox >/dev/null && return 0
  [ -z "${FIREFOX:-}" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 0
  apt-cache show firefox-esr >/dev/null 2>&1 || return 0
  say "installing firefox-esr"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends firefox-esr || say "firefox-esr could not be installed; its tests will be skipped"
}

case "${1:-}" in
  build | test) ;;
  *) fail "expected 'build' or 'test', got '${1:-}'" ;;
esac
rust
node_packages
has_version wasm-bindgen "$bindgen_version" ||
  # not --locked: the lock file of this release names a crate version that was withdrawn
  install_crate wasm-bindgen-cli "$bindgen_version" "$bindgen_home" 1
if [ "$1" = test ]; then
  has_version wasm-pack "$pack_version" || install_crate wasm-pack "$pack_version" "$pack_home" 0 --locked
  browser
  firefox
fi

#!/usr/bin/env bash
# Brings what a target needs, and says so in one line each; nothing when it is there already.
#   bootstrap.sh code   Node and the npm packages
#   bootstrap.sh lab    these, and the Debian packages of the lab (needs root)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

oldest_node=24.18
pinned_node=24.21.0 # what is brought where there is none or an older one

say() { echo "bootstrap: $*"; }
fail() {
  printf 'bootstrap: %s\n' "$*" >&2
  exit 1
}

at_least() { [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

# `make` puts .tools/node/bin first on PATH, so this also finds the one that was brought before.
ensure_node() {
  local found=none architecture package
  export PATH="$PWD/.tools/node/bin:$PATH"
  if command -v node >/dev/null; then found=$(node --version 2>/dev/null | sed 's/^v//'); fi
  if [ "$found" != none ] && at_least "$oldest_node" "$found"; then return; fi
  command -v npm >/dev/null || fail "Homeward needs Node with npm, any version, to bring the rest. Install them: apt-get update && apt-get install -y nodejs npm"
  case "$(uname -m)" in
    x86_64) architecture=x64 ;;
    aarch64) architecture=arm64 ;;
    *) fail "There is no ready Node for $(uname -m). Install Node $oldest_node or later, with npm, and try again." ;;
  esac
  package="node-linux-$architecture"
  say "bringing Node $pinned_node into .tools (this machine has: $found)"
  rm -rf .tools/node .tools/download
  mkdir -p .tools/download
  # A folder with a package.json of its own, or npm would take this one for the checkout's workspaces.
  echo '{"private":true}' >.tools/download/package.json
  quietly npm install --prefix .tools/download --no-save --no-audit --no-fund "$package@$pinned_node"
  mv ".tools/download/node_modules/$package" .tools/node
  rm -rf .tools/download
}

# Under an older Node `npm ci` passes and leaves vitest without its binding: Node comes first, always.
ensure_packages() {
  local stamp=node_modules/.homeward-lock wanted
  wanted="$(sha256sum <package-lock.json) node $(node --version | cut -d. -f1) $(uname -m)"
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then return; fi
  command -v npm >/dev/null || fail "Homeward needs npm to bring its packages. Install it: apt-get update && apt-get install -y npm"
  say "bringing the npm packages of package-lock.json"
  quietly npm ci
  echo "$wanted" >"$stamp"
}

require_root() {
  [ "$(id -u)" -ne 0 ] || return 0
  printf 'The lab needs root: its directory listens on ports below 1024 and on a loopback address of its own.\n' >&2
  printf 'Run this again as root. The packages that it needs:\n  %s\n' "$(tools/debian-packages.sh line)" >&2
  exit 1
}

ensure_debian_packages() {
  local missing
  missing=$(tools/debian-packages.sh missing | tr '\n' ' ')
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null || fail "The lab needs Debian's packages (tested on Debian 12): $missing"
  say "installing Debian packages: ${missing% }"
  tools/debian-packages.sh install
}

# Silent when all goes well; everything that was said when not.
quietly() {
  local output
  if ! output=$("$@" 2>&1); then
    printf '%s\n' "$output" >&2
    fail "this failed: $*"
  fi
}

case "${1:-}" in
  code)
    ensure_node
    ensure_packages
    ;;
  lab)
    # Before anything is brought: who lacks root shall not wait for that sentence.
    require_root
    ensure_node
    ensure_packages
    ensure_debian_packages
    ;;
  *)
    echo "usage: $0 code | lab" >&2
    exit 2
    ;;
esac

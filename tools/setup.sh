#!/bin/sh
# Makes the checkout ready: the development tools that package-lock.json names, Node 24 among them. Does nothing when they are there.
set -eu
cd -- "$(dirname -- "$0")/.."

fresh() {
  [ -f node_modules/.package-lock.json ] && [ -x node_modules/.bin/node ] &&
    [ -z "$(find package-lock.json -newer node_modules/.package-lock.json)" ]
}

fail() {
  printf 'setup: %s\n' "$1" >&2
  exit 3
}

if ! fresh; then
  command -v npm >/dev/null 2>&1 || fail 'npm is missing; install Node.js 18 or newer with npm, then run this again.'
  echo 'setup: npm ci (once, and after a change of package-lock.json) ...' >&2
  # NODE_ENV=production and the like must not leave the tools out; the engines warning is about the system's node, which is not used.
  npm ci --include=dev --ignore-scripts=false --no-audit --no-fund --loglevel=error >&2 ||
    fail 'npm ci failed, its message is above; repair that and run this again.'
fi

version=$(node_modules/.bin/node --version 2>/dev/null) ||
  fail 'node_modules/.bin/node does not run; remove node_modules and run this again (install scripts must be allowed for "node").'
case $version in
  v2[4-9].* | v[3-9][0-9].*) ;;
  *) fail "node_modules/.bin/node is $version, not 24; remove node_modules and run this again." ;;
esac

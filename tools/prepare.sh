#!/bin/sh
# npm's `prepare`: builds dist/ after an installation from a checkout or from git, and before a package is made.
# For `npm install --global git+...` (pre-commit does that) npm leaves the development tools out: `global` reaches, by the
# environment, the npm that should have installed them into the clone. Then they are installed here.
set -eu
cd -- "$(dirname -- "$0")/.."

if [ -d node_modules/esbuild ]; then
  exec node tools/build.ts
fi
# That runs this file once more, with the tools there.
npm_config_global=false npm_config_location=project exec npm ci --include=dev --ignore-scripts=false --no-audit --no-fund --loglevel=error

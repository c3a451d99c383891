#!/bin/sh
# Runs a command with the project's own Node, installing the dependencies first when they are missing or out of date.
set -eu
cd "$(dirname "$0")/../.."
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ] || [ ! -x node_modules/.bin/node ]; then
  echo "installing dependencies (npm ci)" >&2
  npm ci --no-audit --no-fund --loglevel=error >&2
fi
PATH="$PWD/node_modules/.bin:$PATH"
# A worker is there in half the time when its modules were compiled before, and so is each test file.
NODE_COMPILE_CACHE="${NODE_COMPILE_CACHE:-$PWD/node_modules/.cache/compiled}"
export PATH NODE_COMPILE_CACHE KAFKAJS_NO_PARTITIONER_WARNING=1
exec "$@"

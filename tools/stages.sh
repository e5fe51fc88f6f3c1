#!/usr/bin/env bash
# Runs make targets one after the other, says which one runs and how long it took, and
# stops at the first that fails.
set -euo pipefail
cd "$(dirname "$0")/.."
unset MAKEFLAGS # a stage's own make decides for itself
n=0 total=$SECONDS table=""
for stage; do
  n=$((n + 1)) start=$SECONDS
  printf '\n==== %d/%d %s\n' "$n" "$#" "$stage"
  if ! make --no-print-directory "$stage"; then
    printf '==== %s FAILED after %d s; run it alone with: make %s\n' "$stage" $((SECONDS - start)) "$stage"
    exit 1
  fi
  table+=$(printf '  %-14s %5d s' "$stage" $((SECONDS - start)))$'\n'
done
printf '\n==== all %d stages passed in %d s\n%s' "$#" $((SECONDS - total)) "$table"

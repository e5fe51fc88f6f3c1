#!/usr/bin/env bash
# Uploads a pack of random weights to a real S3 server on this machine, by tools/publish and
# by rclone and AWS's own program where they are installed, in turns, each into an empty
# bucket. Prints seconds, CPU seconds and peak memory of each run.
#
#   tools/publish/bench.sh [ROUNDS [LAYERS]]    three rounds of 3.5 GB (4 layers of Mixtral at q4)
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-3} layers=${2:-4}

make -s build/s3server
work=$(mktemp -d "${TMPDIR:-/tmp}/mixtab-bench-publish.XXXXXX")
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
go build -o "$work/publish" ./tools/publish
go run ./tools/synth -out "$work/pack" -layers "$layers"

unset AWS_PROFILE AWS_CA_BUNDLE # rclone 1.60 stumbles over the latter
export AWS_ACCESS_KEY_ID=test-key AWS_SECRET_ACCESS_KEY=test-secret AWS_REGION=auto AWS_DEFAULT_REGION=auto
port=$((20000 + RANDOM % 10000))
endpoint=http://127.0.0.1:$port
bytes=$(cat "$work"/pack/shards/*.bin | wc -c)

upload() { # name, command…
  local name=$1
  shift
  rm -rf "$work/data" "$work/metadata"
  mkdir -p "$work/data/weights" "$work/metadata"
  : >"$work/log"
  build/s3server -dir "$work/data" -metadata "$work/metadata" -addr "127.0.0.1:$port" >"$work/log" 2>&1 &
  server=$!
  until grep -q "^127.0.0.1:$port" "$work/log"; do
    kill -0 "$server" || { cat "$work/log" >&2; exit 1; }
    sleep 0.1
  done
  /usr/bin/time -o "$work/time" -f '%e %U %S %M' "$@" >"$work/out" 2>&1 || { cat "$work/out" >&2; exit 1; }
  awk -v name="$name" -v bytes="$bytes" '{ printf "%-8s %6.1f s %6.0f MB/s %6.1f s of CPU %6.0f MB of memory\n", name, $1, bytes / 1e6 / $1, $2 + $3, $4 / 1e3 }' "$work/time"
  kill "$server"
  wait "$server" || true
  server=
}

for _ in $(seq "$rounds"); do
  upload publish "$work/publish" -pack "$work/pack" -to s3://weights/pack -endpoint "$endpoint"
  if command -v rclone >/dev/null; then
    upload rclone rclone --config /dev/null copy --transfers 8 --s3-no-check-bucket "$work/pack" \
      ":s3,provider=Other,env_auth=true,region=auto,endpoint='$endpoint':weights/pack"
  fi
  if command -v aws >/dev/null; then
    upload aws aws --endpoint-url "$endpoint" s3 sync --quiet "$work/pack" s3://weights/pack
  fi
done

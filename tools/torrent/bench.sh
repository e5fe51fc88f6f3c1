#!/usr/bin/env bash
# Measures tools/torrent and mixtab-server verify beside Debian's programs that do the same
# work, in turns, on files that are in memory already: medians of wall time and processor
# time, and the largest peak of memory. Debian: apt-get install mktorrent transmission-cli time
#
#   tools/torrent/bench.sh [PACK [ROUNDS]]
#
# Without a PACK it makes one of 5.2 GB, six layers of Mixtral's size, in build/torrent-pack.
set -euo pipefail
cd "$(dirname "$0")/../.."

pack=${1:-build/torrent-pack} rounds=${2:-3}
mkdir -p build
[ -e "$pack/manifest.json" ] || go run ./tools/synth -out "$pack" -layers 6 -format q4
out=$(mktemp -d "$pack.bench.XXXXXX") # in the pack's file system, for links
trap 'rm -rf "$out"' EXIT
go build -o "$out/torrent" ./tools/torrent
go build -o "$out/mixtab-server" ./server/cmd/mixtab-server
bytes=$(du -sbL --exclude=pack.torrent "$pack" | cut -f1)
cores=$(nproc)

# The pack twice, without and with a torrent, so that the folder itself stays as it is.
cp -al "$pack" "$out/with"
rm -f "$out/with/pack.torrent"
cp -al "$out/with" "$out/without"
length=$("$out/torrent" -pack "$out/with" -name bench -web-seed http://localhost/packs/ -json | sed -E 's/.*"piece_length":([0-9]+).*/\1/')
power=0
while [ $((1 << power)) -lt "$length" ]; do power=$((power + 1)); done

measure() { # name, command…
  local name=$1
  shift
  /usr/bin/time -a -o "$out/times" -f "$name|%e|%U|%S|%M" "$@" >"$out/said" 2>&1 || { cat "$out/said"; exit 1; }
}
shards() { find "$out/without/shards" -name '*.bin' -print0; }
export -f shards
export out cores

for _ in $(seq "$rounds"); do
  measure "sha256sum, $cores at a time" bash -c 'shards | xargs -0 -n 8 -P "$cores" sha256sum'
  measure "openssl sha256, $cores at a time" bash -c 'shards | xargs -0 -n 8 -P "$cores" openssl dgst -sha256'
  measure 'mixtab-server verify' "$out/mixtab-server" verify -pack "bench=$out/without"
  measure 'mixtab-server verify, with a torrent' "$out/mixtab-server" verify -pack "bench=$out/with"
  measure 'tools/torrent' "$out/torrent" -pack "$out/without" -name bench -web-seed http://localhost/packs/ -o "$out/1.torrent"
  rm -f "$out/2.torrent" "$out/3.torrent"
  measure 'mktorrent' mktorrent -l "$power" -t "$cores" -a http://localhost/ -o "$out/2.torrent" "$out/without"
  measure 'transmission-create' transmission-create -s "$((length >> 10))" -o "$out/3.torrent" "$out/without"
done

echo "$pack: $bytes bytes, pieces of $((length >> 10)) KiB, $cores cores, medians of $rounds rounds"
echo
echo '| program | s | MB/s | CPU s/GB | peak MB |'
echo '|---|---|---|---|---|'
cut -d'|' -f1 "$out/times" | awk '!seen[$0]++' | while read -r name; do
  median() { grep -F "$name|" "$out/times" | awk -F'|' -v n="$name" '$1 == n' | awk -F'|' "{ print $1 }" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
  wall=$(median '$2') cpu=$(median '$3 + $4') peak=$(grep -F "$name|" "$out/times" | awk -F'|' -v n="$name" '$1 == n { if ($5 > m) m = $5 } END { print m }')
  awk -v n="$name" -v w="$wall" -v c="$cpu" -v k="$peak" -v b="$bytes" 'BEGIN { printf "| %s | %.1f | %.0f | %.2f | %.0f |\n", n, w, b / 1e6 / w, c / b * 1e9, k / 1024 }'
done

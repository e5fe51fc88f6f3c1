#!/usr/bin/env bash
# Makes sure that the machine has what a build or the tests need. Quick where all is
# there; installs with apt where it may; says in one line what is missing where it may not.
#
#   tools/bootstrap.sh build   Go and Node
#   tools/bootstrap.sh test    also a C compiler, a Vulkan driver, Chromium and two BitTorrent clients
#   tools/bootstrap.sh peers   also Vulkan's headers
#   tools/bootstrap.sh bench-server   Go and Node, nginx, and the clients wrk and h2load
set -euo pipefail

die() { echo "mixtab: $*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

have go || die "Go is missing: install Go 1.26 or newer from https://go.dev/dl"
# An older Go fetches the one that go.mod asks for by itself, from 1.21 on.
at_least 1.21 "$(go env GOVERSION | sed 's/^go//; s/[ -].*//')" || die "$(go version | cut -d' ' -f3) is too old: install Go 1.26 or newer from https://go.dev/dl"
have node || die "Node is missing: install Node 20.19 or newer from https://nodejs.org"
at_least 20.19 "$(node --version | sed 's/^v//')" || die "Node $(node --version) is too old: install 20.19 or newer from https://nodejs.org"
have npm || die "npm is missing: it comes with Node from https://nodejs.org (Debian: apt-get install npm)"
[ "${1:-build}" != build ] || exit 0

browser() {
  local b
  for b in "${MIXTAB_CHROMIUM:-}" chromium chromium-browser google-chrome; do
    if [ -n "$b" ] && have "$b"; then return 0; fi
  done
  return 1
}
vulkan() { compgen -G '/usr/share/vulkan/icd.d/*.json' >/dev/null || compgen -G '/etc/vulkan/icd.d/*.json' >/dev/null; }
loader() { [[ $(ldconfig -p 2>/dev/null || /sbin/ldconfig -p) == *libvulkan.so.1* ]]; }

has_nginx() { have nginx || [ -x /usr/sbin/nginx ]; } # Debian keeps it where only root looks

packages=()
if [ "$1" = bench-server ]; then
  has_nginx || packages+=(nginx)
  have wrk || packages+=(wrk)
  have h2load || packages+=(nghttp2-client)
  found() { has_nginx && have wrk && have h2load; }
else
  have gcc || have clang || have cc || packages+=(gcc libc6-dev)
  loader || packages+=(libvulkan1)
  vulkan || packages+=(mesa-vulkan-drivers)
  have aria2c || packages+=(aria2)
  have transmission-cli || packages+=(transmission-cli)
  have pebble || packages+=(pebble)
  [ "$1" != peers ] || [ -e /usr/include/vulkan/vulkan.h ] || packages+=(libvulkan-dev)
  if ! browser; then
    # Ubuntu's package called chromium installs a snap, which no container can run.
    if grep -qsi '^ID=ubuntu' /etc/os-release; then
      die "no Chromium: install Google Chrome (https://www.google.com/chrome) or name a browser in MIXTAB_CHROMIUM"
    fi
    packages+=(chromium)
  fi
  found() { browser && vulkan && loader && have aria2c && have transmission-cli && have pebble; }
fi
[ ${#packages[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
  have sudo && sudo -n true 2>/dev/null || die "these system packages are missing: ${packages[*]}"
  as_root=(sudo -n)
fi
have apt-get || die "missing are the equivalents of these Debian packages: ${packages[*]}"
echo "mixtab: installing ${packages[*]}"
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
# Debian's package starts nginx on port 80; we start our own.
if [[ " ${packages[*]} " == *" nginx "* ]] && [ -d /run/systemd/system ]; then
  "${as_root[@]}" systemctl disable --quiet --now nginx
fi
found || die "apt installed ${packages[*]}, but something of it cannot be found"

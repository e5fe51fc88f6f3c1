#!/usr/bin/env bash
# Makes a copy of the system's Chromium whose WebGPU adapter is Mesa's lavapipe instead of
# SwiftShader: two CPU adapters compile shaders very differently, and peers need shader-f16.
#
#   tools/peers/lavapipe.sh DEST
#   VK_DRIVER_FILES=DEST/lvp_icd.json DEST/chromium --use-webgpu-adapter=swiftshader …
#
# For measurements on one machine only: the shim makes promises that lavapipe does not keep.
set -euo pipefail

die() { echo "lavapipe.sh: $*" >&2; exit 1; }
dest=${1:?usage: lavapipe.sh DEST}
chromium=${MIXTAB_CHROMIUM_DIR:-/usr/lib/chromium}
here=$(cd "$(dirname "$0")" && pwd)

[ -x "$chromium/chromium" ] || die "no Chromium in $chromium: apt-get install chromium, or name its folder in MIXTAB_CHROMIUM_DIR"
driver=$(ldconfig -p | sed -n 's/.*libvulkan_lvp\.so.*=> //p' | head -n 1)
[ -n "$driver" ] || driver=$(find /usr/lib -name libvulkan_lvp.so -print -quit)
[ -n "$driver" ] || die "no lavapipe: apt-get install mesa-vulkan-drivers"
[ -e /usr/include/vulkan/vulkan.h ] || die "no Vulkan headers: apt-get install libvulkan-dev"

new="$dest.new"
rm -rf "$new"
mkdir -p "$(dirname "$dest")"
# Hard links are quick, where both are on one file system.
cp -al "$chromium" "$new" 2>/dev/null || cp -a "$chromium" "$new"
# Chromium opens SwiftShader by this name. Removed first: a write would go through the link.
rm -f "$new/libvk_swiftshader.so"
cc -O2 -Wall -shared -fPIC -DDRIVER="\"$driver\"" -o "$new/libvk_swiftshader.so" "$here/lavapipe.c" -ldl
cat > "$new/lvp_icd.json" <<JSON
{"file_format_version": "1.0.0", "ICD": {"library_path": "$(realpath -m "$dest")/libvk_swiftshader.so", "api_version": "1.3.0"}}
JSON
rm -rf "$dest"
mv "$new" "$dest"

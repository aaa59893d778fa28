# What the scripts share; sourced, not run.
# shellcheck shell=bash

# shellcheck disable=SC2034 # used by those who source this
# The checkout, whatever the current directory is.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# One line on standard error, then the end.
fail() {
  printf '%s: %s\n' "$(basename "$0")" "$1" >&2
  exit "${2:-1}"
}

# Puts the Swift toolchain into PATH, from where toolchains are usually unpacked.
find_swift() {
  command -v swift >/dev/null && return
  local folder
  for folder in /opt/swift/usr/bin /opt/swift-*/usr/bin /usr/local/swift/usr/bin /usr/share/swift/usr/bin \
    "${HOME:-/root}/.local/share/swiftly/bin" /usr/libexec/swift/*/bin /usr/libexec/swift/bin; do
    if [ -x "$folder/swift" ]; then
      PATH="$folder:$PATH"
      export PATH
      return
    fi
  done
  fail "no Swift toolchain in PATH or under /opt/swift: install Swift 6.2 or newer from https://swift.org/install"
}

# Why this machine cannot record; empty when it can, as far as that is seen without trying.
cannot_record() {
  if [ "$(uname -s)" != Linux ]; then
    echo "recording needs Linux"
  elif [ ! -r /sys/kernel/btf/vmlinux ]; then
    echo "this kernel has no type information (/sys/kernel/btf/vmlinux is missing)"
  elif [ "$(id -u)" != 0 ]; then
    echo "recording needs root"
  fi
}

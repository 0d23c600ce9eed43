#!/usr/bin/env bash
# Installs SpacetimeDB's server 1.2.0 from Cargo's registry: the newest version there whose build downloads no binary. Every
# dependency has the version of the crate's own Cargo.lock (--locked). About 12 minutes on two cores, 2 GB of disk meanwhile.
#
#   scripts/install-spacetimedb.sh [ROOT]      # the program goes to ROOT/bin; default: ~/.cargo, where powercut looks, too
set -euo pipefail

version=1.2.0
root=${1:-${CARGO_HOME:-$HOME/.cargo}}
program=$root/bin/spacetimedb-standalone

if [[ -x $program && $("$program" --version) == *" $version;"* ]]; then
  echo "SpacetimeDB $version is installed: $program"
  exit 0
fi

missing=()
for tool in perl make g++ git; do command -v "$tool" >/dev/null || missing+=("$tool"); done
if ((${#missing[@]} > 0)); then
  echo "missing: ${missing[*]}; on Debian: apt-get install ${missing[*]}" >&2
  exit 1
fi
if ! command -v cargo >/dev/null; then
  echo "missing: cargo 1.84 or newer, which is newer than Debian 12's: install Rust with rustup" >&2
  exit 1
fi

# The server's speed is not what is tested: it is compiled fast instead.
export CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=256 CARGO_PROFILE_RELEASE_DEBUG=0
cargo install spacetimedb-standalone --version "=$version" --locked --root "$root"
"$program" --version

#!/usr/bin/env bash
# Installs SpacetimeDB's server 1.2.0 from Cargo's registry: the newest version there whose build downloads no binary. Every
# dependency has the version of the crate's own Cargo.lock (--locked). About 12 minutes on two cores, 2 GB of disk meanwhile.
#
#   scripts/install-spacetimedb.sh [ROOT]      # the program goes to ROOT/bin; default: ~/.cargo, where powercut looks, too
#
# Exits with 254 for a wrong command line, with 255 where this computer lacks what the build needs.
set -euo pipefail

version=1.2.0
least_cargo=1.84.0

usage() { echo "usage: scripts/install-spacetimedb.sh [ROOT]    installs ROOT/bin/spacetimedb-standalone $version; default: ~/.cargo"; }
lacks() { echo "$1" >&2; exit 255; }

if [[ ${1:-} == --help || ${1:-} == -h ]]; then usage; exit 0; fi
if (($# > 1)) || [[ ${1:-} == -* ]]; then usage >&2; exit 254; fi

root=${1:-${CARGO_HOME:-$HOME/.cargo}}
program=$root/bin/spacetimedb-standalone

if [[ -x $program && $("$program" --version 2>/dev/null) == *" $version;"* ]]; then
  echo "SpacetimeDB $version is installed: $program"
  exit 0
fi

missing=()
for tool in perl make g++ git; do command -v "$tool" >/dev/null || missing+=("$tool"); done
if ((${#missing[@]} > 0)); then lacks "missing: ${missing[*]}; on Debian: apt-get install ${missing[*]}"; fi
command -v cargo >/dev/null || lacks "missing: cargo $least_cargo or newer, which is newer than Debian 12's: install Rust with rustup"
cargo_version=$(cargo --version | cut -d' ' -f2)
if [[ $(printf '%s\n' "$least_cargo" "$cargo_version" | sort -V | head -n 1) != "$least_cargo" ]]; then
  lacks "cargo is $cargo_version, and $least_cargo or newer is needed: rustup update"
fi
mkdir -p "$root" 2>/dev/null && [[ -w $root ]] || lacks "$root cannot be written to: name another directory"

# The server's speed is not what is tested: it is compiled fast instead.
export CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=256 CARGO_PROFILE_RELEASE_DEBUG=0
cargo install spacetimedb-standalone --version "=$version" --locked --root "$root"
"$program" --version

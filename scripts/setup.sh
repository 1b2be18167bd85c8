# Sourced by the other scripts, after `root` was set to the project's folder. Sets
#
#   DENO               a native Deno binary, 2.4 or later (exported)
#   KVDIST_IMPORT_MAP  the stand-ins' import map, or empty: then deno.json and JSR serve (exported)
#
# From the environment: DENO overrides the search; KVDIST_STAND_INS=1 forces the stand-ins,
# KVDIST_STAND_INS=0 forces JSR.

DENO_VERSION=2.9.6 # what is installed where no Deno is
cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/kvdist

# Certificates that the system trusts count too: registries are often reached through a proxy.
export DENO_TLS_CA_STORE="${DENO_TLS_CA_STORE:-system}"
export DENO_NO_UPDATE_CHECK=1

die() {
  echo "kvdist: $*" >&2
  exit 1
}

is_recent() {
  case $("$1" -V 2>/dev/null) in
    'deno 2.'[0-3].*) return 1 ;;
    'deno 2.'*) ;;
    'deno '[3-9].* | 'deno '[1-9][0-9]*) ;;
    *) return 1 ;;
  esac
}

# npm's `deno` may be a Node script. It passes on no signal, and kill -9 would leave its child
# behind; so it is asked where the real one is.
native_of() {
  if [ "$(head -c 2 "$1")" = '#!' ]; then
    native=$("$1" eval --quiet --no-config 'console.log(Deno.execPath())' 2>/dev/null) || native=
    if [ -x "$native" ]; then
      echo "$native"
      return
    fi
  fi
  echo "$1"
}

npm_platform() {
  case $(uname -s)-$(uname -m) in
    Linux-x86_64) echo linux-x64-glibc ;;
    Linux-aarch64 | Linux-arm64) echo linux-arm64-glibc ;;
    Darwin-x86_64) echo darwin-x64 ;;
    Darwin-arm64) echo darwin-arm64 ;;
    *) die "npm has no Deno for $(uname -s) $(uname -m): install Deno 2.4 or later by hand" ;;
  esac
}

# Two runs may install at the same time: each does it in a folder of its own, and a rename,
# which replaces whole files only, puts the binary in its place.
install_deno() (
  platform=$(npm_platform)
  mkdir -p "${1%/*}"
  work=$(mktemp -d "$cache/install.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' INT TERM
  echo "kvdist: no Deno 2.4 or later here, getting $DENO_VERSION through npm" >&2
  npm install --prefix "$work" --no-audit --no-fund --no-package-lock --ignore-scripts \
    --loglevel=error --no-update-notifier "@deno/$platform@$DENO_VERSION" >/dev/null ||
    die "npm could not install Deno $DENO_VERSION (see above)"
  binary=$work/node_modules/@deno/$platform/deno
  chmod +x "$binary"
  is_recent "$binary" || die "the Deno that npm installed does not run on this system"
  mv -f "$binary" "$1"
)

find_deno() {
  if [ -n "${DENO:-}" ]; then
    found=$(command -v "$DENO") || die "DENO names no program: $DENO"
    is_recent "$found" || die "DENO is no Deno 2.4 or later: $DENO"
    native_of "$found"
    return
  fi
  found=$(command -v deno) || found=
  if [ -n "$found" ] && is_recent "$found"; then
    native_of "$found"
    return
  fi
  installed=$cache/deno-$DENO_VERSION/deno
  if [ ! -x "$installed" ]; then
    command -v npm >/dev/null || die "needs Deno 2.4 or later, or npm to get it: neither is on the PATH"
    install_deno "$installed" || exit 1
  fi
  echo "$installed"
}

# Asked through Deno, since Deno will do the downloading: same names, proxy and certificates.
ask_jsr() {
  "$DENO" eval --quiet --no-config '
    const signal = AbortSignal.timeout(2000);
    const ok = await fetch("https://jsr.io/@std/assert/meta.json", { signal })
      .then((response) => response.ok, () => false);
    Deno.exit(ok ? 0 : 1); // at once, even if a name is still being looked up
  ' >/dev/null 2>&1
}

# The answer holds for a day.
reaches_jsr() {
  answer=$cache/jsr-reached
  if [ -z "$(find "$answer" -mtime -1 2>/dev/null)" ]; then
    if ask_jsr; then reached=yes; else reached=no; fi
    # A cache that cannot be written only means asking again.
    { mkdir -p "$cache" && echo $reached >"$answer.$$" && mv -f "$answer.$$" "$answer"; } 2>/dev/null ||
      :
  else
    reached=$(cat "$answer")
  fi
  [ "$reached" = yes ]
}

DENO=$(find_deno)
export DENO

case ${KVDIST_STAND_INS:-} in
  0) KVDIST_IMPORT_MAP= ;;
  1)
    KVDIST_IMPORT_MAP=$root/scripts/std/import_map.json
    echo "kvdist: using the stand-ins of scripts/std for @std, as asked" >&2
    ;;
  '')
    if reaches_jsr; then
      KVDIST_IMPORT_MAP=
    else
      KVDIST_IMPORT_MAP=$root/scripts/std/import_map.json
      echo "kvdist: JSR is out of reach, using the stand-ins of scripts/std for @std" >&2
    fi
    ;;
  *) die "KVDIST_STAND_INS is 1 or 0, not '$KVDIST_STAND_INS'" ;;
esac
export KVDIST_IMPORT_MAP

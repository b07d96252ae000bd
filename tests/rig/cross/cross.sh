#!/usr/bin/env bash
# Compiles this workspace for Windows and macOS on a Debian 12 machine that has neither, and runs a Windows
# program under Wine. The compiler is Debian's rustc-web with its own source (the standard library is built from it);
# it is unpacked into a cache folder, not installed. C for Windows: mingw-w64. C for macOS: zig (from PyPI), check only.
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: cross.sh setup                    fetch and unpack what is missing (apt as root, pip)
       cross.sh windows CARGO-ARGS...    e.g. cross.sh windows check --workspace; cross.sh windows build --bin vivavoce
       cross.sh macos CARGO-ARGS...      check only: nothing can be linked for macOS here
       cross.sh wine PROGRAM.exe ARGS... run it (64-bit Wine, own prefix), with the DLLs it needs beside it
environment: CROSS_DIR cache folder; CARGO_TARGET_DIR as usual (a folder of its own is a good idea)
USAGE
}

CROSS_DIR=${CROSS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/cross-rig}
ROOT=$CROSS_DIR/root/usr
MINGW=x86_64-w64-mingw32
die() { echo "cross: $*" >&2; exit 1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

setup() {
  mkdir -p "$CROSS_DIR"
  if [ ! -x "$ROOT/bin/rustc" ]; then
    local std llvm
    echo "cross: unpacking Debian's rustc-web into $CROSS_DIR"
    rm -rf "$CROSS_DIR/deb" "$CROSS_DIR/root"  # of a set-up that was cut short
    mkdir -p "$CROSS_DIR/deb"
    as_root apt-get update -qq
    std=$(apt-cache depends rustc-web | sed -n 's/.*Depends: //p' | grep '^libstd-rust-web-dev$' | head -n 1)
    [ -n "$std" ] || die "no rustc-web among the packages: run apt-get update"
    std=$(apt-cache depends libstd-rust-web-dev | sed -n 's/.*Depends: \(libstd-rust-web-[0-9.]*\)$/\1/p' | head -n 1)
    llvm=$(apt-cache depends "$std" | sed -n 's/.*Depends: \(libllvm[0-9]*\)$/\1/p' | head -n 1)
    (cd "$CROSS_DIR/deb" && apt-get download -qq -o APT::Sandbox::User=root rustc-web rust-web-src libstd-rust-web-dev "$std" "$llvm")
    for d in "$CROSS_DIR"/deb/*.deb; do dpkg -x "$d" "$CROSS_DIR/root"; done
    rm -r "$CROSS_DIR/deb"
    mkdir -p "$ROOT/lib/rustlib/src/rust"
    ln -sfn "$(echo "$ROOT"/src/rustc-*/library)" "$ROOT/lib/rustlib/src/rust/library"
  fi
  local packages="gcc-mingw-w64-x86-64-posix g++-mingw-w64-x86-64-posix binutils-mingw-w64-x86-64 wine wine64 libwine"
  if ! command -v $MINGW-g++-posix >/dev/null || ! command -v $MINGW-windres >/dev/null || ! command -v wine >/dev/null; then
    echo "cross: installing $packages"
    as_root apt-get update -qq
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
  fi
  if [ ! -x "$CROSS_DIR/zig/bin/python" ]; then
    python3 -m venv "$CROSS_DIR/zig" && "$CROSS_DIR/zig/bin/pip" -q install ziglang
  fi
  cat >"$CROSS_DIR/zcc" <<ZCC
#!/usr/bin/env bash
args=(); skip=
for a in "\$@"; do
  if [ -n "\$skip" ]; then skip=; continue; fi
  case "\$a" in --target=*|-mmacosx-version-min=*) ;; -arch|-isysroot) skip=1 ;; *) args+=("\$a") ;; esac
done
exec "$CROSS_DIR/zig/bin/python" -m ziglang cc -target aarch64-macos "\${args[@]}"
ZCC
  printf '#!/usr/bin/env bash\nexec "%s" -m ziglang ar "$@"\n' "$CROSS_DIR/zig/bin/python" >"$CROSS_DIR/zar"
  # ggml gives its archives Microsoft's names, by which Rust does not look for GNU's
  cat >"$CROSS_DIR/cmake" <<'CMAKE'
#!/usr/bin/env bash
cmake "$@" || exit
[ "${1-}" != --build ] || for a in ggml/src/ggml*.a; do [ ! -f "$a" ] || cp "$a" "ggml/src/lib${a##*/}"; done
CMAKE
  chmod +x "$CROSS_DIR/zcc" "$CROSS_DIR/zar" "$CROSS_DIR/cmake"
}

cross_env() {
  [ -x "$ROOT/bin/rustc" ] && [ -x "$CROSS_DIR/cmake" ] || setup
  export RUSTC=$ROOT/bin/rustc RUSTC_BOOTSTRAP=1
  export LD_LIBRARY_PATH=$ROOT/lib/x86_64-linux-gnu:$(echo "$ROOT"/lib/llvm-*/lib)
  export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=$MINGW-gcc-posix
  export CC_x86_64_pc_windows_gnu=$MINGW-gcc-posix CXX_x86_64_pc_windows_gnu=$MINGW-g++-posix AR_x86_64_pc_windows_gnu=$MINGW-ar
  # crates that are cdylibs as well (nokhwa, rten) would export more symbols than a DLL can number
  export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUSTFLAGS="-Clink-arg=-Wl,--exclude-all-symbols"
  # Debian 12's mingw headers know no thread throttling, which whisper.cpp asks of Windows 8 and later
  export CFLAGS_x86_64_pc_windows_gnu=-D_WIN32_WINNT=0x0601 CXXFLAGS_x86_64_pc_windows_gnu=-D_WIN32_WINNT=0x0601
  export CMAKE_x86_64_pc_windows_gnu=$CROSS_DIR/cmake
  # libclang alone, which reads whisper.cpp's headers, brings none of C's own
  export BINDGEN_EXTRA_CLANG_ARGS_x86_64_pc_windows_gnu="-I$($MINGW-gcc-posix -print-file-name=include) -I/usr/$MINGW/include"
  export CC_aarch64_apple_darwin=$CROSS_DIR/zcc CXX_aarch64_apple_darwin=$CROSS_DIR/zcc AR_aarch64_apple_darwin=$CROSS_DIR/zar
}

cargo_for() {  # cargo_for TARGET SUBCOMMAND ARGS...
  local target=$1 sub=$2
  shift 2
  cross_env
  exec cargo "$sub" -Zbuild-std=std,panic_abort --target "$target" \
    --config 'profile.dev.debug=false' --config 'profile.dev.opt-level=1' "$@"
}

run_wine() {
  local exe=$1 dir
  [ -f "$exe" ] || die "no $exe"
  dir=$(dirname "$exe")
  command -v wine >/dev/null || setup
  for dll in libstdc++-6 libgcc_s_seh-1 libwinpthread-1; do
    [ -f "$dir/$dll.dll" ] || cp "$($MINGW-gcc-posix -print-file-name=$dll.dll)" "$dir/"
  done
  if [ ! -f "$dir/bcryptprimitives.dll" ]; then  # missing from Wine 8, wanted by Rust's standard library
    printf '#include <windows.h>\nBOOLEAN NTAPI SystemFunction036(PVOID, ULONG);\n__declspec(dllexport) BOOL ProcessPrng(PBYTE p, SIZE_T n) { return SystemFunction036(p, (ULONG)n); }\n' |
      $MINGW-gcc-posix -x c - -shared -o "$dir/bcryptprimitives.dll" -ladvapi32
  fi
  export WINEPREFIX=${WINEPREFIX:-$CROSS_DIR/wine} WINEDEBUG=${WINEDEBUG:--all}
  [ -d "$WINEPREFIX/drive_c" ] || wine wineboot -i >/dev/null 2>&1 || true
  exec wine "$@"
}

case ${1-} in
  setup) setup ;;
  windows) shift; cargo_for x86_64-pc-windows-gnu "$@" ;;
  macos) shift; [ "${1-}" = check ] || [ "${1-}" = clippy ] || die "check only"
    # whisper.cpp wants Apple's SDK; as for docs.rs, its build script leaves it out where only types are looked at
    export DOCS_RS=1; cargo_for aarch64-apple-darwin "$@" ;;
  wine) shift; run_wine "$@" ;;
  *) usage; exit 2 ;;
esac

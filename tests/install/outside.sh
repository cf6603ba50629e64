#!/bin/sh
# An outside project finds the installed library by CMake and by pkg-config, after the installed tree was moved.
# usage: outside.sh BUILD WORK LIBDIR CMAKE CC FLAGS...
set -eu
build=$1
work=$2
libdir=$3
cmake=$4
shift 4
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
readme=$here/../../README.md

rm -rf "$work/first" "$work/moved" "$work/outside"
"$cmake" --install "$build" --prefix "$work/first" >"$work/install.log"
mv "$work/first" "$work/moved"
prefix=$work/moved

cc=$1
shift
generator=$(sed -n 's/^CMAKE_GENERATOR:INTERNAL=//p' "$build/CMakeCache.txt") # its build program is here for sure
"$cmake" -G "$generator" -S "$here/outside" -B "$work/outside" "-DCMAKE_PREFIX_PATH=$prefix" "-DCMAKE_C_COMPILER=$cc" \
    "-DCMAKE_C_FLAGS=$*" >"$work/configure.log" 2>&1 || { cat "$work/configure.log"; exit 1; }
"$cmake" --build "$work/outside" >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
"$work/outside/outside"

PKG_CONFIG_PATH=$prefix/$libdir/pkgconfig
export PKG_CONFIG_PATH
unset LD_LIBRARY_PATH
for package in descent descent-cli; do
    words=$(pkg-config --cflags --libs "$package")
    # shellcheck disable=SC2086 # options are words
    "$cc" "$@" -std=c17 "$here/outside/outside.c" -o "$work/by_pkg_config" $words
    "$work/by_pkg_config"
done

# The README's program by the README's command, as it stands there; cc is the compiler of this build.
rm -rf "$work/readme"
mkdir -p "$work/readme/bin"
printf '#!/bin/sh\nexec "%s" %s "$@"\n' "$cc" "$*" >"$work/readme/bin/cc"
chmod +x "$work/readme/bin/cc"
awk '/^```c$/ { shown = 1; next } /^```$/ { shown = 0 } shown' "$readme" >"$work/readme/learning_rate.c"
# shellcheck disable=SC2016 # what stands between backquotes is Markdown
command=$(sed -n 's/.*`\(cc learning_rate\.c [^`]*\)`.*/\1/p' "$readme")
[ -n "$command" ] || { echo 'README.md has no command that builds its program'; exit 1; }
(
    cd "$work/readme"
    PATH=$work/readme/bin:$PATH sh -ec "$command"
    ./a.out --set epochs=1 --set lr=0.1 --seeds 1 --no-plot --out own.h5
    "$prefix/bin/descent" show own.h5 | grep -q '1: 1 done'
    ./a.out --verify own.h5
)

# Programs find their library beside them.
for program in "$prefix"/bin/*; do
    [ ! -x "$program" ] || "$program" --help >/dev/null
done

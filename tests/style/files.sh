# Sourced by the tests of style: moves to the root in $1 and lists our files.
# shellcheck shell=sh
set -eu
cd "$1"

# our_files PATTERN...: the files of the tree whose names match, built ones apart.
our_files() {
    if git rev-parse --git-dir >/dev/null 2>&1; then
        git ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do
            [ ! -f "$file" ] || printf '%s\n' "$file"
        done
    else
        for pattern in "$@"; do
            find . -path './build*' -prune -o -path './results' -prune -o -type f -name "${pattern##*/}" -print
        done
    fi
}

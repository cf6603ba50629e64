#!/bin/sh
# No two names one letter apart: a type or function of the inside (dsci_NAME) has no public twin (dsc_NAME) of its kind,
# unless the public type is opaque and stands for the inner one.
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "$0")/files.sh"

headers=$(our_files 'lib/*.h' 'apps/*.h')

# names KIND: each type, function or opaque type that a header declares, a line each.
names() {
    case $1 in
    type) pattern='s/^\} (dsci?_[a-z0-9_]+);.*/\1/p; s/^(typedef )?(struct|union|enum) (dsci?_[a-z0-9_]+) \{.*/\3/p' ;;
    function) pattern='s/^[A-Za-z][A-Za-z0-9_ ]*[ *](dsci?_[a-z0-9_]+)\(.*/\1/p' ;;
    opaque) pattern='s/^typedef struct (dsc_[a-z0-9_]+) \1;.*/\1/p' ;;
    esac
    # shellcheck disable=SC2086 # a list of files
    sed -nE "$pattern" $headers | sort -u
}

bad=0
for kind in type function; do
    found=$(names "$kind")
    [ "$(printf '%s\n' "$found" | wc -l)" -gt 20 ] || { echo "hardly any $kind was found"; exit 1; }
    for inner in $(printf '%s\n' "$found" | grep '^dsci_'); do
        public=dsc_${inner#dsci_}
        printf '%s\n' "$found" | grep -qx "$public" || continue
        ! { [ "$kind" = type ] && names opaque | grep -qx "$public"; } || continue
        echo "$kind $inner stands one letter from $public"
        bad=1
    done
done
exit "$bad"

#!/bin/sh
# A file that cannot be written is a clear error with exit status 3, and nothing half-written stays behind.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/check.sh"

refuses 3 'nowhere/a.h5' toy --out nowhere/a.h5 --no-plot
mkdir folder
refuses 3 'folder' toy --out folder --no-plot
rmdir folder
if [ "$(id -u)" -ne 0 ]; then
    mkdir -m 555 locked
    refuses 3 'locked/a.h5' toy --out locked/a.h5 --no-plot
fi

# a pipe would block, a device has no end
mkfifo pipe
refuses 3 "'pipe' is not a results file" timeout 20 "$(command -v toy)" --out pipe --no-plot
refuses 3 "'pipe' is not a results file" timeout 20 "$(command -v descent)" show pipe
refuses 3 "'/dev/zero' is not a results file" timeout 20 "$(command -v descent)" show /dev/zero
rm pipe

# a limit on the size of files
refuses 3 'limited.h5' sh -c 'ulimit -f 4; exec toy --out limited.h5 --no-plot'

refuses 3 'limited.h5' sh -c 'ulimit -f 4; exec descent data export mnist1d --out limited.h5'

# a disk that is full
mkdir disk
trap 'umount "$root/here/disk" 2>/dev/null; rm -rf "$root"' EXIT
if mount -t tmpfs -o size=16k tmpfs disk 2>/dev/null; then
    run 3 toy --out disk/a.h5 --no-plot --set width=1..400
    err_has 'disk/a.h5'
    is_empty "$out"
    [ -z "$(ls -A disk)" ] || fail "the full disk holds $(ls -A disk)"
    umount disk
else
    echo 'skipped: a full disk (no file system can be mounted here)'
fi

# stdout that takes nothing
if [ -w /dev/full ]; then
    run 3 sh -c 'descent list >/dev/full'
    err_has 'standard output'
fi
finish

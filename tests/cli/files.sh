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
refuses 3 "'pipe': it is a pipe" timeout 20 "$(command -v toy)" --out pipe --no-plot
refuses 3 "'pipe': it is a pipe" timeout 20 "$(command -v descent)" show pipe
refuses 3 "'/dev/zero': it is a pipe or a device" timeout 20 "$(command -v descent)" show /dev/zero
refuses 3 "'pipe': it is not a regular file" timeout 20 "$(command -v descent)" data export mnist1d --out pipe
mv pipe a.h5.partial
refuses 3 "'a.h5.partial' beside it is in the way" timeout 20 "$(command -v toy)" --out a.h5 --no-plot
mv a.h5.partial a.h5.lock
refuses 3 "at 'a.h5.lock', found" timeout 20 "$(command -v toy)" --out a.h5 --no-plot
rm a.h5.lock

# a link stays, its target is written, and a run resumes through it; a lock is no link
mkdir far
ln -s far/target.h5 link.h5
run 0 toy --preset quick --set width=1 --out link.h5 --no-plot --quiet
run 0 toy --preset quick --set width=1 --out link.h5 --no-plot
out_has '0 computed'
run 0 descent data export mnist1d --set samples=50 --out link2.h5
[ -L link.h5 ] || fail 'the link was replaced'
[ "$(ls far)" = target.h5 ] || fail "beside the target: $(ls far)"
echo precious >other
ln -s ../other far/target.h5.lock
run 3 toy --preset quick --set width=1 --out link.h5 --no-plot
err_has "at 'far/target.h5.lock', found"
rm far/target.h5.lock
[ "$(cat other)" = precious ] || fail 'a link in place of the lock was followed'

# a read-only file is refused before anything is computed, and shown and kept as it is
run 0 toy --preset quick --set width=1 --seeds 1 --out kept.h5 --no-plot --quiet
run 0 toy --preset quick --set width=1 --seeds 1 --out kept.h5 --plot svg --quiet
cp kept.h5 before.h5
chmod 444 kept.h5
run 0 toy --preset quick --set width=1 --seeds 1 --out kept.h5 --no-plot
out_has '0 computed'
refuses 3 "'kept.h5': it is read-only" descent merge before.h5 --out kept.h5
set -- kept-*.svg
picture=$1
cp "$picture" copy.svg
chmod 444 "$picture"
refuses 3 "'./$picture': it is read-only" descent plot kept.h5
picture=$(echo "$picture" | sed 's/kept/fresh/')
: >"$picture"
chmod 444 "$picture"
refuses 3 "'./$picture': it is read-only" toy --preset quick --set width=1 --out fresh.h5 --plot svg
rm -f "$picture"
picture=$1
echo '<p>' >page.html
chmod 444 page.html
refuses 3 "'page.html': it is read-only" descent report kept.h5 -o page.html
touch export.h5
chmod 444 export.h5
refuses 3 "'export.h5': it is read-only" descent data export mnist1d --out export.h5
refuses 3 "'export.h5': it is read-only" descent bench peak --out export.h5
run 0 cmp before.h5 kept.h5
run 0 cmp copy.svg "$picture"

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

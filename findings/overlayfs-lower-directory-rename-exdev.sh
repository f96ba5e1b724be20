#!/usr/bin/env bash
# overlayfs refuses to rename a directory that comes from the lower layer, with EXDEV, inside one mount.
#
# software   Linux 6.18.44, overlayfs with its default options (redirect_dir off)
# read       Documentation/filesystems/overlayfs.rst, "Renaming directories"; fs/overlayfs/dir.c, ovl_rename
# guess      Both paths are in one mount and have one st_dev, so rename(2) is atomic there, as on the layers themselves.
# behaviour  rename(2) of a directory that exists in the lower layer fails with EXDEV, though source and destination
#            have the same st_dev; a directory made after the mount moves. mv(1) hides it by copying and deleting.
# matters    A spool that is baked into a container image cannot move its old jobs and versions aside by rename.
# seen       2026-11-28 (the number of the device varies):
#              device of both parents: 40 40
#              from the lower layer: Invalid cross-device link
#              made after the mount: moved
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

((EUID == 0)) || untried "mounting needs root"
tmp=$(mktemp -d)
trap 'cd /; umount "$tmp/layers/merged" "$tmp/layers" 2> /dev/null || true; rm -rf "$tmp"' EXIT
mkdir "$tmp/layers"
mount -t tmpfs none "$tmp/layers" || untried "no tmpfs can be mounted"
cd "$tmp/layers"
mkdir -p lower/jobs/old upper work merged
mount -t overlay none -o lowerdir=lower,upperdir=upper,workdir=work,redirect_dir=off merged 2> /dev/null ||
    untried "this kernel mounts no overlayfs here"
mkdir merged/jobs/new merged/tmp
echo "Linux $(uname -r)"

observed=$(python3 - << 'PYTHON'
import os
print("device of both parents:", os.stat("merged/jobs").st_dev, os.stat("merged/tmp").st_dev)
for name, origin in ("old", "from the lower layer"), ("new", "made after the mount"):
    try:
        os.rename(f"merged/jobs/{name}", f"merged/tmp/{name}")
        print(f"{origin}: moved")
    except OSError as error:
        print(f"{origin}: {error.strerror}")
PYTHON
)
echo "$observed"
read -r _ _ _ _ one other <<< "${observed%%$'\n'*}"
[[ $one == "$other" ]] || changed "the parents have different devices"
grep -qx 'from the lower layer: Invalid cross-device link' <<< "$observed" || changed "the lower directory was moved"
grep -qx 'made after the mount: moved' <<< "$observed" || changed "the new directory was not moved"
echo "as described"

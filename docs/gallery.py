#!/usr/bin/env python3
"""Makes docs/gallery.md and its pictures: runs the quick preset of every case of every experiment.

gallery.py PROGRAMS WORK: the folder with descent, and one for results files, which are kept and resumed.
`cmake --build build --target gallery` calls it."""
import json
import pathlib
import subprocess
import sys

DOCS = pathlib.Path(__file__).resolve().parent
PICTURES = DOCS / "gallery"
HEAD = """# Gallery

Every figure of every experiment's `quick` preset, seconds each on two cores; the `default` and `paper` presets have
more points, seeds and epochs. `cmake --build build --target gallery` made this page and its pictures; `descent report
FILE.h5... -o report.html` makes a page of any results, with what sources claim beside what was measured.
"""


def call(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def show_case(descent, work, experiment, case):
    """The lines about a case; its pictures are left in PICTURES."""
    stem = f"{experiment}-{case['name']}"
    results = work / f"{stem}.h5"
    run = [descent, "run", experiment, "--case", case["name"], "--preset", "quick", "--quiet", "--no-plot", "--out", str(results)]
    if subprocess.run(run, check=False, capture_output=True).returncode != 0:
        results.unlink(missing_ok=True)  # of an older recipe
        call(*run)
    written = [pathlib.Path(line) for line in call(descent, "plot", str(results), "--dir", str(work), "--format", "png").splitlines()]
    lines = [f"### {case['name']}", "", f"{case['summary']}.", ""]
    for picture in written:
        if picture.suffix == ".png":
            name = picture.stem.removeprefix(stem + "-").replace("-", " ")
            lines += [f"![{experiment}, {case['name']}: {name}](gallery/{picture.name})", ""]
            (PICTURES / picture.name).write_bytes(picture.read_bytes())
    if case.get("reference"):
        lines += [f"Source: {case['reference']}.", ""]
    return lines + ["```sh", f"build/bin/descent run {experiment} --case {case['name']} --preset quick", "```", ""]


def main():
    descent, work = str(pathlib.Path(sys.argv[1]) / "descent"), pathlib.Path(sys.argv[2])
    work.mkdir(parents=True, exist_ok=True)
    PICTURES.mkdir(exist_ok=True)
    for old in PICTURES.glob("*.png"):
        old.unlink()
    lines = [HEAD]
    for experiment in json.loads(call(descent, "list", "--json")):
        lines += [f"## {experiment['name']}", "", f"{experiment['summary']}.", ""]
        for case in experiment["cases"]:
            lines += show_case(descent, work, experiment["name"], case)
    (DOCS / "gallery.md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Looks at a report in a headless browser: browser.py BROWSER REPORT.html. On a phone and on a desk, light and
dark: no message on the console, nothing wider than the window, and the colours that were asked for; on paper all of it."""
import html
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# The page stands in a frame of the wanted width, for a window of a desktop has a smallest one, and tells it what
# was measured, which --dump-dom shows. Boxes that scroll are held to the frame like the page.
FRAME = """<!DOCTYPE html><style>body {{ margin: 0 }} iframe {{ border: 0 }}</style><body>
<script>onmessage = (event) => {{ document.body.textContent = 'MEASURED ' + event.data + ' END'; }};</script>
<iframe src="{name}" width="{width}" height="800"></iframe></body>"""
PROBE = """<script>
const card = document.querySelector('.picture'), wide = [];
for (const box of document.querySelectorAll('body > *, section > *, .scroll, .picture'))
    if (box.getBoundingClientRect().right > innerWidth + 0.5) wide.push(box.outerHTML.slice(0, 80));
parent.postMessage(JSON.stringify({
    width: innerWidth, content: document.scrollingElement.scrollWidth, wide: wide,
    ground: getComputedStyle(document.body).backgroundColor,
    card: card ? getComputedStyle(card).backgroundColor : 'none' }), '*');
</script>"""
DARK, LIGHT = 0, 1  # blink's preferredColorScheme


def look(browser, page, scheme, profile):
    # Without a sandbox: a container has no namespaces for one, and the page is our own.
    command = [browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--enable-logging=stderr",
               f"--user-data-dir={profile}", f"--blink-settings=preferredColorScheme={scheme}", "--window-size=1400,900",
               "--virtual-time-budget=2000", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def paper(browser, report, profile):
    """What is wrong with the page on paper: nothing is folded, no number and no word of a head is broken."""
    if not shutil.which("pdftotext"):
        print("skipped: the page on paper (apt-get install poppler-utils)")
        return []
    pdf = pathlib.Path(profile).parent / "page.pdf"
    subprocess.run([browser, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
                    "--no-pdf-header-footer", f"--print-to-pdf={pdf}", report.as_uri()],
                   capture_output=True, timeout=60, check=False)
    text = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True).stdout
    words = set(text.split())
    page = report.read_text(encoding="utf-8")
    heads = re.findall(r'<th class="number">(.*?)</th>', page)
    wanted = {piece for head in heads for piece in re.split(r"(?<=_)<wbr>", head)}
    wanted |= set(re.findall(r'<td class="number">([^<]*)</td>', page))
    # A head that was not broken stands there as one word.
    whole = {piece for word in words for piece in re.split(r"(?<=_)", word)}
    lost = sorted(word for word in wanted if not set(word.split()) <= words | whole)
    folded = [name for name in ("compiler", "threads_reason", "parameters.deviation", "parameters.sets") if name not in words]
    return [f"on paper: '{word}' is not there" for word in lost[:10] + folded]


def main():
    browser, report = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        # The page as it is forbids scripts, so a copy without that line is measured.
        probed = pathlib.Path(folder) / "probed.html"
        lines = [line for line in report.read_text(encoding="utf-8").splitlines() if "Content-Security-Policy" not in line]
        probed.write_text("\n".join(lines).replace("</body>", PROBE + "</body>"), encoding="utf-8")
        frame = pathlib.Path(folder) / "frame.html"
        for width in (360, 1280):
            frame.write_text(FRAME.format(name=probed.name, width=width), encoding="utf-8")
            for scheme, ground in ((LIGHT, "rgb(255, 255, 255)"), (DARK, "rgb(20, 23, 26)")):
                _, console = look(browser, report, scheme, folder + "/profile")
                dom, _ = look(browser, frame, scheme, folder + "/profile")
                found = html.unescape(dom.rpartition("MEASURED ")[2].partition(" END")[0]) if "<iframe" not in dom else ""
                if not found:
                    print("the browser showed nothing")
                    return 77
                measured = json.loads(found)
                print(width, measured)
                if console:
                    failures.append(f"{width}: {console[0]}")
                if measured["width"] != width or measured["content"] > width or measured["wide"]:
                    failures.append(f"{width}: the page is wider than its window")
                if measured["ground"] != ground or measured["card"] not in ("rgb(255, 255, 255)", "none"):
                    failures.append(f"{width}: not the colours that were asked for")
        failures += paper(browser, report, folder + "/profile")
    print("\n".join(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

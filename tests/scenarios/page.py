#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Opens a page of `cutpoint report --format html` in headless Chromium and looks at it.

usage: page.py PAGE.html AUDIT.json [SCREENSHOTS]

AUDIT.json: the same runs as `--format json` shows them, or a single report. Prints a line for each
thing that is wrong, "ok" and what was looked at where nothing is. SCREENSHOTS: a directory for pictures
of the page, of each width and colour scheme.
"""

import base64
import json
import os
import sys
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]
WIDTHS = [1280, 390]
SCHEMES = ["light", "dark"]
HEIGHT = 900

# Texts that show, each with its size, and its contrast to what is behind it (WCAG 2.1, 1.4.3).
TEXTS = """
function rgb(text) {
  const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
  return { r, g, b, a };
}
function luminance({ r, g, b }) {
  const part = (v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
}
function behind(node) {
  for (let at = node; at; at = at.parentElement) {
    const colour = rgb(getComputedStyle(at).backgroundColor);
    if (colour.a === 1) return colour;
  }
  return { r: 255, g: 255, b: 255, a: 1 };
}
const found = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const parent = walk.currentNode.parentElement;
  if (parent.closest('script, style, noscript') || !walk.currentNode.data.trim()) continue;
  if (!parent.checkVisibility()) continue;
  const style = getComputedStyle(parent);
  const before = getComputedStyle(parent.closest('td') || parent, '::before');
  const front = luminance(rgb(parent instanceof SVGElement ? style.fill : style.color));
  const back = luminance(behind(parent));
  found.push({
    text: walk.currentNode.data.trim().slice(0, 60),
    size: Math.min(parseFloat(style.fontSize),
                   before.content === 'none' ? Infinity : parseFloat(before.fontSize)),
    contrast: (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05),
  });
}
return found;
"""

# Of the picture as it is now: single messages and retransmissions that no other mark of their lane is
# close to, with their places in the window.
LONELY = """
const picture = pictures[arguments[0]];
const { data, place, scale, byLane, canvas } = picture;
const box = canvas.getBoundingClientRect();
const found = [];
byLane.forEach((marks, lane) => marks.forEach((mark, i) => {
  const x = scale.x(mark[1]);
  if (mark[5] !== 1 || x < place.left + 2 || x > place.right - 2) return;
  const apart = (other) => other === undefined || Math.abs(scale.x(other[1]) - x) > 8;
  if (!apart(marks[i - 1]) || !apart(marks[i + 1])) return;
  found.push({ seq: mark[4], what: data.texts[mark[7]], kind: data.kinds[mark[2]],
               x: box.x + x, y: box.y + place.lanes[lane].middle });
}));
return found;
"""


class Page:
    def __init__(self, path, audit, profile):
        options = Options()
        for flag in [*FLAGS, f"--user-data-dir={profile}"]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.address = "file://" + os.path.abspath(path)
        self.audit = audit
        self.wrong = []
        self.looked_at = {"texts": 0, "findings": 0, "pictures": 0, "hovered": 0}

    def expect(self, holds, what):
        if not holds:
            self.wrong.append(what)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def protocol(self, command, **arguments):
        return self.driver.execute_cdp_cmd(command, arguments)

    def open(self, width, scheme):
        self.protocol("Emulation.setEmulatedMedia",
                      features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.protocol("Emulation.setDeviceMetricsOverride", width=width, height=HEIGHT,
                      deviceScaleFactor=1, mobile=False)
        self.driver.get(self.address)

    def hear(self, where):
        """What the page said, and asked for, since the last time."""
        for line in self.driver.get_log("browser"):
            self.expect(False, f"{where}: console: {line['message']}")
        for line in self.driver.get_log("performance"):
            event = json.loads(line["message"])["message"]
            if event["method"] != "Network.requestWillBeSent":
                continue
            if event["params"]["documentURL"].startswith("chrome://"):
                continue  # the browser's own first tab
            url = event["params"]["request"]["url"]
            self.expect(url.split("#")[0] == self.address or url.startswith("data:"),
                        f"{where}: asked for {url}")

    def look(self, where, width):
        wide = self.run("return document.documentElement.scrollWidth")
        self.expect(wide <= width, f"{where}: is {wide} px wide")
        texts = self.run(TEXTS)
        self.looked_at["texts"] += len(texts)
        for one in texts:
            self.expect(one["size"] >= 11, f"{where}: {one['size']} px: {one['text']}")
            self.expect(one["contrast"] >= 4.5, f"{where}: contrast {one['contrast']:.1f}: {one['text']}")
        shown = " ".join(self.run("return document.body.innerText").split())
        for finding in self.audit["findings"]:
            self.looked_at["findings"] += 1
            for key in ["title", "severity", "impact", "component", "remedy", "invariant"]:
                text = " ".join(finding[key].split())
                self.expect(text in shown, f"{where}: finding's {key} is not shown: {text}")

    def hover(self, x, y):
        """Moves the pointer there; what the tooltip says, "" where there is none."""
        self.protocol("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        return self.run("return [...document.querySelectorAll('.tooltip')]"
                        ".filter((one) => !one.hidden).map((one) => one.innerText).join('')")

    def hover_lonely(self, where, index):
        marks = self.run(LONELY, index)
        for mark in marks[:3] + marks[len(marks) // 2:][:3]:
            self.looked_at["hovered"] += 1
            text = self.hover(mark["x"], mark["y"])
            self.expect(f"seq {mark['seq']} at" in text and mark["what"] in text,
                        f"{where}: hovering over {mark} says: {text}")
        return len(marks)

    def look_at_picture(self, where, index):
        figure = self.driver.find_elements("css selector", "figure.picture")[index]
        self.run("arguments[0].querySelector('.canvas').scrollIntoView({block: 'center'})", figure)
        self.hear(where)
        cuts = self.run("return pictures[arguments[0]].data.cuts", index)
        self.hover_lonely(where, index)
        for cut in cuts:
            self.hover_cut(where, figure, cut)
        self.control(where, index, figure, "fault" if cuts else "in")
        self.look_at_cuts(where, index, figure, cuts)
        self.looked_at["pictures"] += 1

    def look_at_cuts(self, where, index, figure, cuts):
        """Each press of `fault` goes on to the next one."""
        seen = set()
        for _ in cuts:
            self.run("arguments[0].querySelector('[data-action=fault]').click()", figure)
            begin, end = self.view(index)
            for cut in cuts:
                if begin <= cut["ms"] <= end:
                    self.hover_cut(where + ", close by", figure, cut)
                    seen.add(cut["seq"])
        self.expect(seen == {cut["seq"] for cut in cuts}, f"{where}: of the cuts, `fault` shows {seen}")
        self.run("arguments[0].querySelector('[data-action=all]').click()", figure)

    def hover_cut(self, where, figure, cut):
        box = self.run("const box = arguments[0].querySelector(`[data-seq='${arguments[1]}']`)"
                       ".getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]",
                       figure, cut["seq"])
        text = self.hover(*box)
        self.expect(f"seq {cut['seq']} at" in text and cut["text"] in text,
                    f"{where}: hovering over the cut says: {text}")

    def view(self, index):
        view = self.run("return pictures[arguments[0]].view", index)
        return view["from"], view["until"]

    def control(self, where, index, figure, button):
        """Zoom and move, by buttons, wheel and keyboard."""
        whole = self.view(index)
        self.run("arguments[0].querySelector(`[data-action=${arguments[1]}]`).click()", figure, button)
        close_by = self.view(index)
        self.expect(close_by[1] - close_by[0] < (whole[1] - whole[0]) / (10 if button == "fault" else 1.5),
                    f"{where}: button `{button}` shows {close_by} of {whole}")
        self.hover_lonely(where + ", close by", index)
        canvas = figure.find_element("css selector", ".canvas")
        self.run("arguments[0].focus()", canvas)
        box = self.run("const box = arguments[0].getBoundingClientRect(); return [box.x, box.y]", canvas)
        self.protocol("Input.dispatchMouseEvent", type="mouseWheel", x=box[0] + 200, y=box[1] + 60,
                      deltaX=0, deltaY=-120)
        self.driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
        closer = self.view(index)
        self.expect(closer[1] - closer[0] < close_by[1] - close_by[0], f"{where}: the wheel does not zoom")
        canvas.send_keys("n")
        self.expect("seq" in self.run("return pictures[arguments[0]].readout.textContent", index),
                    f"{where}: N does not say the next event")
        canvas.send_keys("0")
        self.expect(self.view(index) == whole, f"{where}: 0 does not show the whole run")

    def look_at_paper(self):
        self.protocol("Emulation.setEmulatedMedia", media="print")
        self.expect(self.run("return getComputedStyle(document.querySelector('main')).maxWidth") == "none",
                    "paper: the style sheet does not know it")
        paper = base64.b64decode(self.protocol("Page.printToPDF")["data"])
        self.expect(paper.startswith(b"%PDF"), "paper: not printed")
        self.protocol("Emulation.setEmulatedMedia", media="")

    def photograph(self, directory, name, width):
        height = self.run("return document.documentElement.scrollHeight")
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, 12000), "scale": 1}
        taken = self.protocol("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        with open(os.path.join(directory, name + ".png"), "wb") as file:
            file.write(base64.b64decode(taken["data"]))


def findings_of(document):
    with open(document, encoding="utf-8") as file:
        audit = json.load(file)
    runs = audit.get("runs", [audit])
    return {"findings": audit["findings"], "runs": len(runs)}


def main(path, document, screenshots=None):
    with tempfile.TemporaryDirectory() as profile:
        page = Page(path, findings_of(document), profile)
        try:
            for scheme in SCHEMES:
                for width in WIDTHS:
                    where = f"{width} px, {scheme}"
                    page.open(width, scheme)
                    page.look(where, width)
                    pictures = len(page.driver.find_elements("css selector", "figure.picture"))
                    page.expect(pictures == page.audit["runs"], f"{where}: {pictures} pictures")
                    if screenshots:
                        page.photograph(screenshots, f"{scheme}-{width}", width)
                    for index in range(pictures):
                        page.look_at_picture(f"{where}, picture {index + 1}", index)
                    page.hear(where)
            page.look_at_paper()
        finally:
            page.driver.quit()
    print(*page.wrong, sep="\n", end="\n" if page.wrong else "")
    if not page.wrong:
        print("ok", *(f"{count} {what}" for what, count in page.looked_at.items()))
    return 1 if page.wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

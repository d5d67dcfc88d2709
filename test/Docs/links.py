# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""links.py SOURCE: every relative link of a Markdown page leads to a file of the project, and to a heading where it names one, as
a forge's web view resolves them."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1]).resolve()
FENCE = re.compile(r"^```.*?^```$", re.M | re.S)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|<img[^>]* src=\"([^\"]+)\"")


def headings(page):
    """Their anchors: small letters, no signs but - and _, blanks as -; of equal ones the second ends in -1."""
    seen = {}
    for title in re.findall(r"^#+ +(.+?) *$", FENCE.sub("", page.read_text(encoding="utf-8")), re.M):
        slug = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        seen[slug] = seen.get(slug, -1) + 1
        yield slug if not seen[slug] else f"{slug}-{seen[slug]}"


def broken(page):
    text = re.sub(r"`[^`\n]*`", "", FENCE.sub("", page.read_text(encoding="utf-8")))
    for match in LINK.finditer(text):
        link = match.group(1) or match.group(2)
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or root not in (target, *target.parents):
            yield f"{link} leads nowhere"
        elif anchor and anchor not in headings(target):
            yield f"{link}: there is no such heading"


pages = [*root.glob("*.md"), *(root / "docs").rglob("*.md"), *(root / "examples").rglob("*.md"), *(root / "bench").rglob("*.md")]
wrong = [f"{page.relative_to(root)}: {text}" for page in sorted(pages) for text in broken(page)]
print(*wrong, f"{len(pages)} pages, {len(wrong)} broken", sep="\n")
sys.exit(bool(wrong))

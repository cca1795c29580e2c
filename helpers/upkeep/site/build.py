"""Build the static site from the stored notebooks: ``make site``.

``python -m helpers.upkeep.site.build [FOLDER]``  writes into FOLDER, build/site by default
``… --panels NAME ...``  records these panels only, ``--panels`` alone none: the others stay pictures

nbconvert renders the stored cells; page.html.j2 puts a header, a table of contents and a skip link around
them; MathJax comes from a package and is copied beside the pages. No cell is executed: the panels are built
as the cells build them, and all frames of one move from the start and from each preset are recorded.
"""

import argparse
import html
import importlib.metadata
import pathlib
import re
import shutil
import sys
import time
import urllib.parse

import nbformat

from helpers.upkeep import address
from helpers.upkeep.settings import NOTEBOOKS, ROOT
from helpers.upkeep.site.asking import asked
from helpers.upkeep.site.recording import panel_of, record_all

LARGEST = 40_000_000  # bytes
HERE = pathlib.Path(__file__).parent
MATHJAX = ("es5/tex-chtml.js", "es5/output/chtml/fonts/woff-v2", "LICENSE")
_LINK = re.compile(r"(\]\()(?!https?://|#)([^)\s]+)(\))")
_HEADING = re.compile(r'<h([23])[^>]*\bid="([^"]+)"[^>]*>(.*?)</h\1>', re.DOTALL)


def pages() -> dict[str, nbformat.NotebookNode]:
    """Return each stored notebook by its name: the index first, then the sections in order."""
    paths = sorted(NOTEBOOKS.glob("*.ipynb"), key=lambda path: (path.stem != "index", path.name))
    return {path.stem: nbformat.read(path, as_version=4) for path in paths}


def with_links(source: str, repository: str) -> str:
    """Return Markdown whose links lead to pages, or to the repository for files that are no pages."""

    def replace(found):
        name, _, anchor = found[2].partition("#")
        anchor = f"#{anchor}" if anchor else ""
        if name.endswith(".ipynb"):
            return f"{found[1]}{name.removesuffix('.ipynb')}.html{anchor}{found[3]}"
        place = (NOTEBOOKS / name).resolve()
        if place.is_relative_to(ROOT) and place.exists():
            return f"{found[1]}{repository}/blob/HEAD/{place.relative_to(ROOT).as_posix()}{anchor}{found[3]}"
        return found[0]

    return _LINK.sub(replace, source)


def shown_panels(notebooks) -> list[str]:
    """Return the classes of all panels that the notebooks display, in order, each once."""
    from helpers.panels.panel import collection

    names = [kind.__name__ for kind in collection()]
    cells = (cell for notebook in notebooks for cell in notebook.cells if cell.cell_type == "code")
    return list(dict.fromkeys(filter(None, (panel_of(cell.source, names) for cell in cells))))


def prepared(notebook, repository: str, binder: str, panels=()):
    """Return the stored notebook with links for the site and each picture's sentence as alternative text.

    A picture of one of the recorded `panels` carries its name; what is asked comes with its data.
    """
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = with_links(cell.source, repository)
            continue
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data:
                output.metadata["image/png"] = {"alt": data.get("text/plain", "")}
                if name := panel_of(cell.source, panels):
                    output.metadata["panel"] = name
            if "text/html" in data:
                to_file = f'href="{repository}/blob/HEAD/'
                data["text/html"] = data["text/html"].replace('href="../', to_file)
                data["text/html"] = asked(cell.source, data["text/html"], binder) or data["text/html"]
    return notebook


def plain_anchors(body: str) -> str:
    """Return a rendered page in which anchors of headings hold no dollar sign and no backslash."""
    for _, anchor, _ in _HEADING.findall(body):
        plain = re.sub(r"[^\w.,:?–-]", "", html.unescape(anchor))
        if plain != anchor:
            quoted = urllib.parse.quote(html.unescape(anchor))
            for old in (f'id="{anchor}"', f'href="#{anchor}"', f'href="#{quoted}"'):
                body = body.replace(old, f'{old.partition("=")[0]}="{"#" * old.startswith("href")}{plain}"')
    return body


def contents(body: str) -> list[tuple[int, str, str]]:
    """Return level, anchor and text of the headings of a rendered page."""
    found = []
    for level, anchor, text in _HEADING.findall(body):
        words = html.unescape(re.sub(r"<[^>]+>", "", text)).replace("¶", "")
        found.append((int(level), anchor, words.strip()))
    return found


def build(folder: pathlib.Path, panels: list[str] | None = None, limit: int | None = None) -> str:
    """Write the site into `folder`, which is emptied first if an earlier site stands there.

    `panels`: the classes to record, all that the notebooks display unless given; of each move `limit`
    positions, or all. Returns in words how much there is. Raises ValueError where the folder holds anything
    else, and for a site of more than `LARGEST` bytes.
    """
    from jinja2 import Environment, FileSystemLoader
    from nbconvert import HTMLExporter

    from helpers.stage.live import HERE as STAGE
    from helpers.stage.live import script

    mark = folder / ".site"
    if folder.exists() and any(folder.iterdir()) and not mark.exists():
        raise ValueError(f"{folder} holds something else; choose an empty folder")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "assets").mkdir(parents=True)
    mark.touch()
    mathjax = importlib.metadata.distribution("django-static-mathjax").locate_file("mathjax/static/mathjax")
    for name in MATHJAX:
        source, target = mathjax / name, folder / "assets" / "mathjax" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copyfile(source, target)
    for name in ("page.css", "page.js", "asking.js"):
        shutil.copyfile(HERE / name, folder / "assets" / name)
    for name in ("player.js", "stage.css"):
        shutil.copyfile(STAGE / name, folder / "assets" / name)
    (folder / "assets" / "stage.js").write_text(script(), encoding="utf-8", newline="\n")
    all_pages = pages()
    panels = shown_panels(all_pages.values()) if panels is None else panels
    frames = record_all(panels, folder / "panels", limit)
    (folder / ".nojekyll").touch()

    exporter = HTMLExporter(raw_template=(HERE / "body.html.j2").read_text(encoding="utf-8"))
    exporter.exclude_input_prompt = exporter.exclude_output_prompt = True
    frame = Environment(loader=FileSystemLoader(HERE), autoescape=True).get_template("page.html.j2")
    repository = address.known()
    firsts = {name: notebook.cells[0].source.splitlines()[0] for name, notebook in all_pages.items()}
    titles = [(name, first.lstrip("# ").strip()) for name, first in firsts.items()]
    for name, title in titles:
        binder = address.binder(repository, f"notebooks/{name}.ipynb")
        cells = prepared(all_pages[name], repository, binder, panels)
        body = plain_anchors(exporter.from_notebook_node(cells)[0])
        page = frame.render(
            title=title,
            body=body,
            name=name,
            pages=titles,
            contents=contents(body),
            binder=binder,
            repository=repository,
        )
        (folder / f"{name}.html").write_text(page, encoding="utf-8", newline="\n")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if size > LARGEST:
        raise ValueError(f"the site has {size / 1e6:.1f} MB; at most {LARGEST / 1e6:.0f} are meant")
    return f"{len(titles)} pages, {frames} frames, {size / 1e6:.1f} MB"


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns 0 when the site stands."""
    parser = argparse.ArgumentParser(prog="python -m helpers.upkeep.site.build")
    parser.add_argument("folder", nargs="?", default=ROOT / "build" / "site", type=pathlib.Path)
    parser.add_argument("--panels", nargs="*", metavar="NAME")
    options, start = parser.parse_args(arguments), time.monotonic()
    folder = options.folder
    try:
        written = build(folder, options.panels)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{written}, in {time.monotonic() - start:.0f} s: {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

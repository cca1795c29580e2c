"""Write the public address of the project into every place that shows it: ``make address URL=https://…``.

It is kept once, in ``[project.urls]`` of pyproject.toml; README.md and CITATION.cff follow from there.
In README.md the text between ``<!-- address: NAME -->`` and ``<!-- end -->`` is replaced.
"""

import re
import sys
import tomllib
import urllib.parse

from helpers.upkeep.settings import ROOT, worded

PLACEHOLDER = "https://github.com/OWNER/REPOSITORY"
START = "notebooks/index.ipynb"


def known() -> str:
    """Return the address in ``[project.urls]``."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return settings["project"]["urls"]["Repository"]


def checked(url: str) -> str:
    """Return the address without a trailing slash or ``.git``.

    Raises ``ValueError`` unless it is an https address of a repository.
    """
    parts = urllib.parse.urlsplit(url.strip())
    url = url.strip().rstrip("/").removesuffix(".git")
    plain = re.fullmatch(r"https://[\w.-]+(?:/[\w.~-]+){2,}", url)
    if parts.username or parts.password or not plain:
        raise ValueError(f"the address must look like https://github.com/owner/repository; got {url!r}")
    return url


def binder(url: str, page: str = START) -> str:
    """Return the Binder address that opens a page, the index by default, of the repository at `url`."""
    host, _, path = url.removeprefix("https://").partition("/")
    kinds = {"github.com": f"gh/{path}", "gitlab.com": f"gl/{urllib.parse.quote(path, safe='')}"}
    place = kinds.get(host, f"git/{urllib.parse.quote(url, safe='')}")
    return f"https://mybinder.org/v2/{place}/HEAD?urlpath=lab/tree/{page}"


def regions(url: str) -> dict[str, str]:
    """Return the texts of README.md that depend on the address, by name."""
    note = (
        "*The public address is not known yet: the badge and the clone command hold a placeholder, which*\n"
        "*`make address URL=https://…` replaces.*"
    )
    return {
        "badge": f"[![Open in Binder](https://mybinder.org/badge_logo.svg)]({binder(url)})",
        "clone": f"```\ngit clone {url}\ncd {url.rsplit('/', 1)[1]}\n```",
        "note": note if url == PLACEHOLDER else "",
    }


def fill(readme: str, url: str) -> str:
    """Return the text of README.md with every marked region written for `url`.

    Raises ``ValueError`` when a region is missing.
    """
    for name, text in regions(url).items():
        mark = re.compile(rf"(<!-- address: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        if not mark.search(readme):
            raise ValueError(f"README.md has lost its region <!-- address: {name} --> … <!-- end -->")
        body = text + "\n" if text else ""
        readme = mark.sub(lambda found, body=body: found[1] + body + found[2], readme)
    return readme


def write(url: str) -> None:
    """Write `url` into the files that show it. Raises ``ValueError`` for a bad address."""
    url = checked(url)
    code = f'repository-code: "{url}"'
    changes = {
        "pyproject.toml": lambda text: re.sub(r'(?m)^Repository = ".*"$', f'Repository = "{url}"', text),
        "CITATION.cff": lambda text: re.sub(r'(?m)^repository-code: ".*"$', code, text),
        "README.md": lambda text: fill(text, url),
    }
    texts = {name: change((ROOT / name).read_text(encoding="utf-8")) for name, change in changes.items()}
    for name, text in texts.items():
        (ROOT / name).write_text(text, encoding="utf-8", newline="\n")


@worded
def main(arguments: list[str] | None = None) -> int:
    """Run the command with one address, or with none to write again the one that is known."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        write(arguments[0] if arguments else known())
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"the address is {known()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The page: one file that asks for nothing, with everything escaped, figures with names, and a bounded size."""

from __future__ import annotations

import base64
import hashlib
import re
import shlex
import shutil
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ncproofs.cli.verify import _selected, verify_command
from ncproofs.errors import NcproofsError
from ncproofs.families import problem_of
from ncproofs.losses.spelling import known_loss
from ncproofs.report.figure_data import figures_of
from ncproofs.report.figures import Cell, CriticalPoint, Stem, landscape_svg, matrix_svg, spectrum_svg, visible
from ncproofs.report.html import as_html, replay
from ncproofs.report.mathml import OBJECTIVES, loss_mathml, mathml
from ncproofs.suite import expand, read_suite, shipped_suites
from tests.report.browser import Browser
from tests.report.outcomes import CONTROL, EVERY, FAILS, HOSTILE, INSTANCE, RIDGE, evidence, outcome, results

EMPTY = {"meta", "link", "br", "input", "img", "hr"}


class Page(HTMLParser):
    """Every element with its attributes, the text, and whether the elements are nested as they should be."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self._open.append(tag)

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in ("style", "script"):
            self.said.append(data)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.said).split())


def hostile_page(text: str) -> str:
    loss = {**RIDGE, "loss": text}
    parts = (evidence(sentence=text, because=text, witness=text, axioms=(text,), holes=(text,)),)
    odd = outcome(theorem=text, parts=parts, covers=text, breaks=text)
    found = results(odd, outcome(parameters=loss, parts=parts, covers=text), FAILS, title=text)
    about = {"when": text, "command": [text], "versions": {text: text}}
    return as_html(replace(found, about=about, certificates={0: text, 1: text}))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_comes_from_outside_is_escaped(text: str) -> None:
    """The same elements and attribute names as with a harmless name, and the text itself is readable."""
    page, plain = Page(hostile_page(text)), Page(hostile_page("harmless"))
    shape = [(tag, sorted(attributes)) for tag, attributes in page.elements]
    assert shape == [(tag, sorted(attributes)) for tag, attributes in plain.elements]
    assert " ".join(visible(text).split()) in page.text
    assert "‮" not in hostile_page(text) and "\x00" not in hostile_page(text)


def test_nothing_is_loaded_from_elsewhere() -> None:
    for text in (as_html(results(*EVERY)), hostile_page("https://evil.example/x.js")):
        page = Page(text)
        for tag, attributes in page.elements:
            assert tag not in ("img", "iframe", "object", "embed", "base", "video", "audio", "image", "use")
            assert not any(name.startswith("on") or name in ("style", "src", "xlink:href") for name in attributes)
            href = attributes.get("href") or "#"
            assert href.startswith(("#", "./")) or href == "data:,", href
        style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
        assert style and "url(" not in style[1] and "@import" not in style[1]


def test_the_policy_names_exactly_what_is_in_the_page() -> None:
    text = as_html(results(*EVERY))
    (policy,) = [a["content"] for tag, a in Page(text).elements if tag == "meta" and "http-equiv" in a]
    assert policy and policy.startswith("default-src 'none'; ") and "unsafe" not in policy and "http" not in policy
    for tag in ("style", "script"):
        (body,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_what_the_page_says() -> None:
    said = Page(as_html(results(*EVERY, CONTROL))).text
    for expected in (
        "certified on", "2025-01-02T03:04:05Z", "ncproofs verify 'a b.toml'", "Needs attention", "x = 1",
        "over the budget of 60 s", "Hole, checked by nobody: nobody looked", "Jensen's inequality", "internal error",
        "Are All Losses Created Equal", "Source and fidelity", "control, breaks: d >= K - 1",
        "ncproofs verify benign-landscape --loss cross_entropy -K 4 -d 4 -n 1 --lambda-W 1/100 --lambda-H 1/100",
    ):
        assert expected in said, expected


def test_ids_are_unique_and_labels_lead_to_them() -> None:
    elements = Page(as_html(results(*EVERY))).elements
    ids = [a["id"] for _, a in elements if "id" in a]
    assert len(ids) == len(set(ids))
    for _, attributes in elements:
        for target in (attributes.get("aria-labelledby") or "").split():
            assert target in ids
    assert ("html", {"lang": "en"}) in elements and sum(tag == "h1" for tag, _ in elements) == 1
    assert all(a.get("role") == "img" and "aria-labelledby" in a for tag, a in elements if tag == "svg")


def test_the_filters_are_hidden_until_the_script_runs() -> None:
    elements = Page(as_html(results(*EVERY))).elements
    assert all("hidden" in a for tag, a in elements if tag == "form")
    assert not any("hidden" in a for tag, a in elements if tag != "form")


def test_a_large_run_stays_small() -> None:
    """3400 instances under 2 MB; every one has its row, and those not as expected are shown claim by claim."""
    many = [
        outcome(parameters={**RIDGE, "K": str(K), "d": str(d)}, covers=f"cross_entropy K={K} d={d}" + " lambda=1" * 5)
        for K in range(13, 113) for d in range(34)
    ]
    text = as_html(results(*many, outcome(parts=FAILS.verdict.evidence, parameters={**RIDGE, "K": "200"})))
    assert len(text.encode()) < 2 * 10**6
    assert text.count('<tr class="entry"') == 3401 and "x = 1" in text and "in the JSON file" in text


def test_figures_of_certified_instances() -> None:
    spectrum = as_html(results(outcome("collapse-spectrum", parameters=RIDGE)))
    assert "Hessian spectrum at the optimum" in spectrum and "multiplicity" in spectrum
    landscape = as_html(results(INSTANCE))
    assert "2 merged groups" in landscape and "simplex ETF" in landscape and "at least" in landscape
    assert "<svg" not in as_html(results(outcome(parts=FAILS.verdict.evidence, parameters=RIDGE)))
    sphere = {"loss": "cross_entropy", "K": "4", "d": "5", "n": "1", "tau": "1"}
    assert "all columns equal" in as_html(results(outcome("sphere-landscape", parameters=sphere)))
    assert "a simplex ETF" in as_html(results(outcome("sphere-spectrum", parameters=sphere)))


@pytest.mark.parametrize(
    "changed",
    [
        {"loss": "focal(1000)", "tau": "99999"}, {"tau": "1e5"}, {"loss": "os:system"}, {"loss": "nothing"},
        {"tau": "-1"},
        {"K": "100000"}, {"d": "x"}, {"K": "9" * 400}, {"tau": "9" * 400}, {"family": "network"},
    ],
    ids=str,
)
def test_no_figure_of_what_is_too_large_or_no_problem(changed: dict[str, str]) -> None:
    """A results file must not choose work without end, nor a module."""
    sphere = {"loss": "focal(2)", "K": "4", "d": "5", "n": "1", "tau": "1"}
    assert list(figures_of("sphere-spectrum", [outcome(parameters=sphere)]))
    assert not list(figures_of("sphere-spectrum", [outcome(parameters={**sphere, **changed})]))


def test_figures_are_well_formed_and_escaped() -> None:
    text = HOSTILE["a script"]
    stems = [Stem(Fraction(k, 3), text, 3**abs(k), text) for k in range(-2, 3)]
    points = [CriticalPoint(text, Fraction(k), text, k, at_least=bool(k)) for k in range(3)]
    cells = {(2, 2): Cell("good", text, text), (3, 4): Cell("bad", "x", text)}
    for svg in (
        spectrum_svg("a", text, stems), spectrum_svg("b", text, stems[2:3]), landscape_svg("c", text, points),
        matrix_svg("d", text, (text, [2, 4]), (text, [2, 3]), cells),
    ):
        tree = ElementTree.fromstring(svg)
        assert tree[0].tag == "title" and tree[0].text == text and tree[1].tag == "desc"
        assert not any(node.tag == "script" for node in tree.iter())
    (drawn,) = [ElementTree.fromstring(spectrum_svg("a", "t", stems))]
    kinds = [node.get("class") for node in drawn.iter() if node.tag in ("circle", "rect")]
    assert kinds == ["negative", "negative", "zero", "positive", "positive"]


def test_mathematics() -> None:
    for latex in OBJECTIVES.values():
        assert ElementTree.fromstring(mathml(latex)).tag == "math"
    for name in ("cross_entropy", "label_smoothing(1/10)", "focal(2)", "mean_squared"):
        assert "<mfrac>" in loss_mathml(known_loss(name)) or name == "cross_entropy"
    with pytest.raises(NcproofsError, match="write it otherwise"):
        mathml(r"\href{javascript:alert(1)}{x}")


@pytest.mark.parametrize(
    ("certificate", "folder", "link"),
    [
        ("certs/a b.json", ".", "./certs/a%20b.json"),
        ("certs/a.json", "out/html", "./../../certs/a.json"),
        ("javascript:alert(1).json", ".", "./javascript%3Aalert%281%29.json"),
        ("https://evil.example/a.json", ".", "./https%3A/evil.example/a.json"),
        ("/etc/a.json", ".", None),
        ("certs/a.html", ".", None),
        ("..\\a.json", ".", None),
    ],
)
def test_certificates_are_linked_beside_the_page_only(certificate: str, folder: str, link: str | None) -> None:
    found = replace(results(*EVERY), certificates={0: certificate}, page_folder=folder)
    page = Page(as_html(found))
    links = [a["href"] for tag, a in page.elements if tag == "a" and not (a["href"] or "").startswith("#")]
    assert links == ([link] if link else []) and certificate in page.text


def test_the_command_asks_the_same_question() -> None:
    """For a part of every shipped suite: the command line reads the command back as the same problem."""
    for path in shipped_suites().values():
        for job in [job for job in expand(read_suite(path)) if job.parameters is not None][::41]:
            words = shlex.split(replay(job.theorem, job.parameters))[2:]
            given = dict(verify_command.make_context("verify", words).params)
            (again,) = expand(_selected(given.pop("names"), given))
            assert again.theorem == job.theorem and again.parameters and job.parameters
            assert problem_of(again.parameters) == problem_of(job.parameters)


def test_replay_is_quoted_for_a_shell() -> None:
    assert replay("a", None) == "ncproofs verify a"
    assert replay("pkg.mine:bound", {"K": "3"}) == "python -m ncproofs verify pkg.mine:bound -K 3"
    assert replay("a", {"loss": "pkg.mine:loss"}) == "python -m ncproofs verify a --loss pkg.mine:loss"
    said = replay("a", {"family": "code", "loss": "focal(2)", "K": "3", "counts": "1:3;rm"})
    assert said == "ncproofs verify a --loss 'focal(2)' -K 3 --set 'counts=1:3;rm'"


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here to open the page with")


@needs_chromium
@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
def test_in_a_browser(width: int, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(as_html(results(*EVERY, outcome("collapse-spectrum", parameters=RIDGE))), encoding="utf-8")
    with Browser(str(CHROMIUM), page, width=width) as browser:
        browser.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert browser.evaluate("document.documentElement.scrollWidth") <= width
        browser.evaluate("(e => { e.value = 'bad'; e.dispatchEvent(new Event('input', {bubbles: true})) })"
                         "(document.getElementById('by-tone'))")
        assert browser.evaluate("document.getElementById('shown').textContent") == "1 of 2 theorems shown"
        assert browser.evaluate("document.querySelector('math').getBoundingClientRect().width") > 50
        assert browser.complaints() == [] and browser.requests() == [page.as_uri()]


@needs_chromium
@pytest.mark.slow
def test_in_a_browser_without_scripts(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(as_html(results(*EVERY)), encoding="utf-8")
    with Browser(str(CHROMIUM), page, scripts=False) as browser:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)  # to ask; the page's own did not run
        assert browser.evaluate("getComputedStyle(document.getElementById('filter')).display") == "none"
        assert browser.evaluate("document.querySelector('article').getBoundingClientRect().height") > 100

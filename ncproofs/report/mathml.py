"""LaTeX that SymPy wrote as MathML, and the objectives of the families: mathematics that a browser sets by itself."""

from __future__ import annotations

from xml.etree import ElementTree

import sympy

from ncproofs.errors import NcproofsError
from ncproofs.losses.loss import K, Loss, T, Z

__all__ = ["OBJECTIVES", "loss_mathml", "mathml"]

#: Class of problems -> the objective in LaTeX.
OBJECTIVES = {
    "Ridge": r"f(W, H, b) = \frac{1}{N} \sum_{k=1}^{K} \sum_{i=1}^{n} L(W^T h_{k,i} + b, k)"
    r" + \frac{\lambda_W}{2} \|W\|^2 + \frac{\lambda_H}{2} \|H\|^2 + \frac{\lambda_b}{2} \|b\|^2",
    "Spheres": r"f(W, H) = \frac{1}{N} \sum_{k=1}^{K} \sum_{i=1}^{n} L(\tau W^T h_{k,i}, k),"
    r" \quad \|w_k\| = \|h_{k,i}\| = 1",
    "Layered": r"f = \frac{1}{2N} \|W_L \cdots W_1 H + b 1^T - Y\|^2 + \sum_{l=1}^{L} \frac{\lambda_l}{2} \|W_l\|^2"
    r" + \frac{\lambda_H}{2} \|H\|^2 + \frac{\lambda_b}{2} \|b\|^2",
    "MultiLabel": r"f(W, H, b) = \frac{1}{N} \sum_{s} v_{|S_s|} L(W^T h_s + b, S_s) + \frac{\lambda_W}{2} \|W\|^2"
    r" + \frac{\lambda_H}{2} \|H\|^2 + \frac{\lambda_b}{2} \|b\|^2",
    "Network": r"\frac{1}{2} \|f(X) - Y\|^2 + \frac{\beta}{2} R(f), \quad R \text{ the weight decay}",
}

_Z = sympy.Symbol("z_j", real=True)
_NAMESPACE = "http://www.w3.org/1998/Math/MathML"
_TAGS = {
    "math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup", "munder",
    "mover", "munderover", "mtable", "mtr", "mtd", "mstyle", "mpadded",
}
_ATTRIBUTES = {
    "display", "stretchy", "fence", "form", "mathvariant", "width", "columnalign", "rowspacing", "displaystyle",
    "linethickness", "scriptlevel", "minsize", "maxsize", "separator", "lspace", "rspace", "movablelimits",
}


def mathml(latex: str) -> str:
    """``latex`` as one MathML element; only elements and attributes of MathML that are known here come through.

    Raises:
        NcproofsError: the converter wrote something else, such as a link.
    """
    from latex2mathml.converter import convert

    tree = ElementTree.fromstring(convert(latex, display="block"))
    for node in tree.iter():
        node.tag = node.tag.removeprefix(f"{{{_NAMESPACE}}}")
        if node.tag not in _TAGS or not set(node.attrib) <= _ATTRIBUTES:
            raise NcproofsError(f"{latex!r} gives the MathML {node.tag} {dict(node.attrib)}; write it otherwise")
    return ElementTree.tostring(tree, encoding="unicode")


def loss_mathml(loss: Loss) -> str:
    """L(z, y) with its sums written out, t the target logit.

    Raises:
        NcproofsError: the loss is of a set of labels, or has letters of its own.
    """
    if not loss.phi.free_symbols <= {T, K, *loss.sums}:
        raise NcproofsError(f"{loss.name} has other letters than t, K and its sums; it is shown by name")
    sums = [
        rf"{sympy.latex(symbol)} = \sum_{{j=1}}^{{K}} {sympy.latex(function.subs(Z, _Z))}"
        for symbol, function in zip(loss.sums, loss.class_functions, strict=True)
    ]
    return mathml(rf"L(z, y) = {sympy.latex(loss.phi)}, \quad t = z_y, \quad " + r", \quad ".join(sums))


"""Forward differentiation agrees with SymPy's, and a wrong derivative is told apart."""

import pytest
import sympy

from ncproofs.arithmetic.duals import Duals
from ncproofs.arithmetic.program import lower
from ncproofs.losses.identities import vanishes

x, y = sympy.symbols("x y", positive=True)
EXPRESSIONS = [
    x**3 * y, 1 / x, sympy.exp(x * y) / (1 + sympy.exp(x)), sympy.log(x + y) ** 2,
    (1 - sympy.exp(-x)) ** sympy.Rational(7, 3) * x, sympy.sqrt(x), x**y, (x + y) ** 0,
]


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=str)
def test_agrees_with_diff(expression):
    duals = Duals()
    values = {"x": duals.argument(x, moving=True), "y": duals.argument(y, moving=False)}
    value, slope = lower([sympy.sympify(expression)], [x, y]).run(duals, values)[0]
    assert vanishes(sympy.expand(value - expression))
    assert vanishes(slope - sympy.diff(expression, x))
    assert not vanishes(slope - sympy.diff(expression, x) - x)

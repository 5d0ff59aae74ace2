"""For test suites: Hypothesis strategies, laws that a loss, manifold or arithmetic must obey, a pytest plugin.

    from ncproofs.testing import strategies, conformance

Hypothesis and pytest are needed only by the modules that use them; this file imports nothing.
"""

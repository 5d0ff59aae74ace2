"""Names of the theorems that come with the package; nothing is imported before it is asked for."""

from __future__ import annotations

import importlib

from ncproofs.errors import UnknownName
from ncproofs.theorems.theorem import Theorem

__all__ = ["CATALOGUE", "load"]

#: name -> module with a value THEOREM, in the order in which the theory is built.
CATALOGUE = {
    "contrastive-bound": "all_losses.contrastive_bound",
    "reduced-function": "all_losses.reduced_function",
    "lower-bound-chain": "all_losses.lower_bound_chain",
    "equality-case": "all_losses.equality_case",
    "collapse-optimum": "all_losses.collapse_optimum",
    "label-smoothing-range": "all_losses.label_smoothing_range",
    "focal-convexity-region": "all_losses.focal_convexity_region",
    "focal-uniqueness": "all_losses.focal_uniqueness",
    "focal-bias": "all_losses.focal_bias",
    "critical-point-structure": "all_losses.critical_point_structure",
    "null-sector": "all_losses.null_sector",
    "collapse-spectrum": "all_losses.collapse_spectrum",
    "origin-spectrum": "all_losses.origin_spectrum",
    "benign-landscape": "all_losses.benign_landscape",
    "merged-saddles": "all_losses.merged_saddles",
    "mse-optimum": "extended_ufm.mse_optimum",
    "mse-spectrum": "extended_ufm.mse_spectrum",
    "mse-landscape": "extended_ufm.mse_landscape",
    "layered-reduction": "extended_ufm.layered_reduction",
    "layered-optimum": "extended_ufm.layered_optimum",
    "layered-bias": "extended_ufm.layered_bias",
    "layered-spectrum": "extended_ufm.layered_spectrum",
    "layered-critical-points": "extended_ufm.layered_critical_points",
    "layered-benign": "extended_ufm.layered_benign",
    "layered-spurious-minima": "extended_ufm.layered_spurious_minima",
    "layered-imbalance": "extended_ufm.layered_imbalance",
    "layered-relu": "extended_ufm.layered_relu",
    "riemannian-calculus": "normalised_features.riemannian_calculus",
    "sphere-lower-bound": "normalised_features.sphere_lower_bound",
    "sphere-optimum": "normalised_features.sphere_optimum",
    "duality-certificate": "normalised_features.duality_certificate",
    "label-smoothing-threshold": "normalised_features.label_smoothing_threshold",
    "sphere-focal": "normalised_features.sphere_focal",
    "sphere-mse": "normalised_features.sphere_mse",
    "sphere-spectrum": "normalised_features.sphere_spectrum",
    "sphere-conditioning": "normalised_features.conditioning",
    "sphere-landscape": "normalised_features.sphere_landscape",
    "sphere-temperature-bound": "normalised_features.temperature_bound",
    "sphere-dimension-two": "normalised_features.dimension_two",
    "spurious-sphere-minima": "normalised_features.spurious_minima",
    "sphere-critical-families": "normalised_features.critical_families",
    "sphere-large-temperature": "normalised_features.large_temperature",
    "softmax-margin-duality": "softmax_codes.margin_duality",
    "softmax-code-value": "softmax_codes.code_value",
    "code-exact-values": "softmax_codes.exact_values",
    "sharp-codes": "softmax_codes.sharp_codes",
    "code-bounds": "softmax_codes.code_bounds",
    "code-finite-temperature": "softmax_codes.finite_temperature",
    "multilabel-loss-bound": "multilabel.loss_bound",
    "multilabel-lower-bound": "multilabel.lower_bound",
    "multilabel-scalar-system": "multilabel.scalar_system",
    "multilabel-equality-case": "multilabel.equality_case",
    "multilabel-tag-average": "multilabel.tag_average",
    "multilabel-threshold": "multilabel.collapse_threshold",
    "multilabel-spectrum": "multilabel.optimum_spectrum",
    "multilabel-landscape": "multilabel.label_landscape",
    "multilabel-dual-bound": "multilabel.dual_bound",
    "network-weak-duality": "convex_duality.weak_duality",
    "linear-network": "convex_duality.linear_network",
    "deep-linear-network": "convex_duality.deep_linear_network",
    "relu-network": "convex_duality.relu_network",
    "relu-program": "convex_duality.relu_program",
    "spline-interpolation": "convex_duality.spline_interpolation",
    "spline-kinks": "convex_duality.spline_kinks",
    "batchnorm-network": "convex_duality.batchnorm_network",
}


def load(name: str) -> Theorem:
    """The theorem called ``name``, or the value at ``"package.module:attribute"``.

    Raises:
        UnknownName: no such theorem; the message lists what there is.
    """
    if ":" in name:
        module, _, attribute = name.partition(":")
        try:
            value = getattr(importlib.import_module(module), attribute)
        except (ImportError, AttributeError, ValueError) as error:
            missing = isinstance(error, ModuleNotFoundError) and f"{module}.".startswith(f"{error.name}.")
            hint = ", and python -m ncproofs instead of ncproofs if the module is in the current folder" * missing
            raise UnknownName(f"{name} cannot be imported ({error}); write package.module:attribute{hint}") from None
        if not isinstance(value, Theorem):
            raise UnknownName(f"{name} is a {type(value).__name__}, not a Theorem")
        return value
    if name not in CATALOGUE:
        raise UnknownName(f"there is no theorem {name!r}; there are: {', '.join(CATALOGUE)}")
    theorem: Theorem = importlib.import_module(f"ncproofs.theorems.{CATALOGUE[name]}").THEOREM
    return theorem

"""Trees that LightGBM grew, as the plain arrays that cleaner asks."""

from typing import Any

import lightgbm
import numpy as np

from cleaner.trees import Trees


def as_arrays(booster: lightgbm.Booster) -> Trees:
    nodes: list[tuple[int, float, int, int, float]] = []
    depth = 0

    def add(node: dict[str, Any], level: int) -> int:
        nonlocal depth
        depth = max(depth, level)
        place = len(nodes)
        if "split_feature" not in node:
            nodes.append((0, 0.0, place, place, node["leaf_value"]))
            return place
        nodes.append((0, 0.0, 0, 0, 0.0))
        left, right = add(node["left_child"], level + 1), add(node["right_child"], level + 1)
        nodes[place] = node["split_feature"], node["threshold"], left, right, 0.0
        return place

    roots = [add(tree["tree_structure"], 0) for tree in booster.dump_model()["tree_info"]]
    feature, threshold, left, right, value = map(np.array, zip(*nodes, strict=True))
    return Trees(
        np.array(roots, dtype=np.int32),
        feature.astype(np.int16),
        threshold,
        left.astype(np.int32),
        right.astype(np.int32),
        value,
        depth,
    )

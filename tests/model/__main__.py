# SPDX-License-Identifier: Apache-2.0
"""Prints what the checker finds: the whole protocol in each scenario, then the rules switched off one at a time.

`python -m tests.model` runs all of it; `-v` adds the shortest way to each hole. It fails when one is not as expected.
"""

from __future__ import annotations

import sys

from tests.model.run import run
from tests.model.variants import OFF, WHOLE


def main() -> int:
    """Run all cases and print the two tables."""
    found = run()
    verbose = "-v" in sys.argv[1:]
    surprises = 0
    for title, cases in (("The whole protocol", WHOLE), ("A rule switched off", OFF)):
        lines = [f"{title:52} {'hole':46} {'steps':>5} {'states':>9} {'s':>6}"]
        for case in cases:
            result = found[case.name]
            said = result.hole or ("none" if result.exhaustive else "none, not exhaustive")
            steps = str(len(result.way)) if result.way else "-"
            line = f"{case.name:52} {said:46} {steps:>5} {result.states:>9,} {result.seconds:>6.1f}"
            if not case.is_met_by(result):
                surprises += 1
                line += f"   EXPECTED {case.hole or 'none'}"
            lines.append(line)
            if verbose:
                lines.extend(f"    {n}. {what}" for n, what in enumerate(result.way, 1))
        sys.stdout.write("\n".join(lines) + "\n\n")
    states = sum(result.states for result in found.values())
    sys.stdout.write(f"{states:,} states, the largest scenario {max(r.states for r in found.values()):,}\n")
    return 1 if surprises else 0


if __name__ == "__main__":
    sys.exit(main())

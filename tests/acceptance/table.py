# SPDX-License-Identifier: Apache-2.0
"""docs/acceptance.md: which steps it has, and whether the checks that it names exist."""
import importlib
import re

from world import Failed, ROOT

PAGE = ROOT / "docs" / "acceptance.md"
STEPS = [f"{letter}{i + 1}" for letter, count in (("A", 25), ("B", 16), ("C", 13)) for i in range(count)]
OURS = "tests/acceptance/"
NOT_HERE = "not here: "


def rows():
    """step: how it is checked, of the whole page."""
    found = {}
    for line in PAGE.read_text().splitlines():
        row = re.match(r"\| ([ABC]\d+) \|.*\| ([^|]*) \|$", line)
        if row is None:
            continue
        if row.group(1) in found:
            raise Failed(f"{row.group(1)} stands there twice")
        found[row.group(1)] = row.group(2)
    return found


def named(how):
    """[(file, what is in it)] of a cell: `FILE: TEXT`."""
    return re.findall(r"`([\w./-]+): ([^`]+)`", how)


def stages(how):
    """Those of tests/e2e/run that a cell names."""
    return re.findall(r"`tests/e2e/run --only ([\w-]+)`", how)


def complete():
    found = rows()
    if sorted(found) != sorted(STEPS):
        raise Failed(f"missing {sorted(set(STEPS) - set(found))}, unknown {sorted(set(found) - set(STEPS))}")
    nothing = [step for step, how in found.items() if not named(how) and not stages(how) and not how.startswith(NOT_HERE)]
    if nothing:
        raise Failed(f"neither a check nor why there is none: {nothing}")
    checked = [step for step, how in found.items() if not how.startswith(NOT_HERE)]
    return f"{len(checked)} of {len(found)} steps are checked"


def alive():
    """Every check that is named is there: in its file, or as a stage."""
    there = set(importlib.import_module("stages").STAGES) | set(importlib.import_module("apis").STAGES)
    bad, count = [], 0
    for step, how in rows().items():
        for file, text in named(how):
            count += 1
            path = ROOT / file
            if not path.is_file() or text not in path.read_text():
                bad.append(f"{step}: {file} has no '{text}'")
        for stage in stages(how):
            count += 1
            if stage not in there:
                bad.append(f"{step}: no stage {stage}")
    if bad:
        raise Failed("; ".join(bad))
    return f"{count} references"


def run_by_us(names):
    """A check of ours begins with its steps, as `A17 A20: ...`: the page must name this folder for each of them."""
    ours = {step for name in names for step in re.findall(r"\b[ABC]\d+\b", name.split(":")[0])}
    listed = {step for step, how in rows().items() if any(file.startswith(OURS) for file, _ in named(how))}
    if ours != listed:
        raise Failed(f"run, not on the page: {sorted(ours - listed)}; on the page, not run: {sorted(listed - ours)}")
    return f"{len(ours)} steps"

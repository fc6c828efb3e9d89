# SPDX-License-Identifier: Apache-2.0
"""Comparing JSON with a pattern.

A pattern is JSON. Objects must have at least the members of the pattern, arrays as many elements as the pattern, and
everything else must be equal. An object whose keys start with `$` says more (all of its conditions must hold):

    {"$absent": true}       the member is not there          {"$match": "regex"}   text that fits, from end to end
    {"$any": true}          there, whatever it is            {"$in": [a, b]}       equal to one of them
    {"$len": 2}             array or object of that size     {"$has": pattern}     an element of the array fits
    {"$each": pattern}      every element fits               {"$lacks": pattern}   no element fits
    {"$keys": ["a", "b"]}   exactly these keys, in order     {"$empty": true}      null, absent, "", [] or {}
    {"$only": {...}, "$optional": ["k"]}                     these members and no others, save the optional ones
    {"$type": "string"}     string, number, boolean, array, object or null
    {"$begins": "text"}     text that begins so
"""

from __future__ import annotations

import json
import re
from typing import Any


class _Missing:
    def __repr__(self) -> str:
        return "nothing"


MISSING = _Missing()
_TYPES: dict[str, tuple[type, ...]] = {"string": (str,), "number": (int, float), "boolean": (bool,), "array": (list,),
                                       "object": (dict,), "null": (type(None),)}


def mismatch(pattern: Any, value: Any, where: str = "") -> list[str]:
    """What is wrong with `value`, one line each; empty if it fits."""
    if isinstance(pattern, dict) and any(key.startswith("$") for key in pattern):
        return [line for key, operand in pattern.items() for line in _condition(key, operand, pattern, value, where)]
    if isinstance(pattern, dict):
        if not isinstance(value, dict):
            return [_line(where, pattern, value)]
        return [line for key, part in pattern.items()
                for line in mismatch(part, value.get(key, MISSING), f"{where}.{key}")]
    if isinstance(pattern, list):
        if not isinstance(value, list) or len(value) != len(pattern):
            return [_line(where, pattern, value)]
        return [line for n, (part, one) in enumerate(zip(pattern, value))
                for line in mismatch(part, one, f"{where}[{n}]")]
    if pattern != value or isinstance(pattern, bool) != isinstance(value, bool):
        return [_line(where, pattern, value)]
    return []


def _condition(key: str, operand: Any, pattern: dict[str, Any], value: Any, where: str) -> list[str]:
    wrong = [_line(where, {key: operand}, value)]
    if key == "$absent":
        return [] if value is MISSING else wrong
    if key == "$empty":
        return [] if value is MISSING or value in (None, "", [], {}) else wrong
    if value is MISSING:
        return wrong
    if key == "$any":
        return []
    if key == "$in":
        return [] if any(not mismatch(one, value) for one in operand) else wrong
    if key == "$match":
        return [] if isinstance(value, str) and re.fullmatch(operand, value, re.S) else wrong
    if key == "$begins":
        return [] if isinstance(value, str) and value.startswith(operand) else wrong
    if key == "$len":
        return [] if isinstance(value, (list, dict, str)) and len(value) == operand else wrong
    if key == "$keys":
        return [] if isinstance(value, dict) and list(value) == operand else wrong
    if key == "$type":
        fits = isinstance(value, _TYPES[operand]) and (operand == "boolean" or not isinstance(value, bool))
        return [] if fits else wrong
    if key == "$only":
        if not isinstance(value, dict):
            return wrong
        extra = set(value) - set(operand) - set(pattern.get("$optional", []))
        return mismatch(operand, value, where) + [f"{where}.{name}: not expected" for name in sorted(extra)]
    if key == "$optional":
        return []
    if not isinstance(value, list):
        return wrong
    if key == "$has":
        return [] if any(not mismatch(operand, one) for one in value) else wrong
    if key == "$lacks":
        return [] if all(mismatch(operand, one) for one in value) else wrong
    if key == "$each":
        return [line for n, one in enumerate(value) for line in mismatch(operand, one, f"{where}[{n}]")]
    raise ValueError(f"unknown condition {key}")


def _line(where: str, pattern: Any, value: Any) -> str:
    shown = "nothing" if value is MISSING else json.dumps(value, ensure_ascii=False)
    if len(shown) > 400:
        shown = shown[:400] + "..."
    return f"{where or 'body'}: expected {json.dumps(pattern, ensure_ascii=False)}, got {shown}"

# SPDX-License-Identifier: MIT
"""The oracle itself: tests/lib/schema.py refuses what it does not know, and finds what is wrong."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import schema  # noqa: E402
from contract import check, finish, read  # noqa: E402

WRONG = [
    ({"type": "string"}, 1), ({"type": "integer"}, True), ({"enum": [1, "a"]}, True),
    ({"const": 1}, 2), ({"required": ["a"]}, {}), ({"minimum": 1}, 0), ({"maxLength": 1}, "ab"),
    ({"pattern": "^a$"}, "b"), ({"items": {"type": "string"}}, ["a", 1]),
    ({"prefixItems": [{"type": "string"}], "items": False}, ["a", "b"]),
    ({"properties": {"a": {"type": "null"}}}, {"a": 1}),
    ({"properties": {"a": True}, "additionalProperties": False}, {"a": 1, "b": 1}),
    ({"patternProperties": {"^x": {"type": "string"}}}, {"xy": 1}),
    ({"oneOf": [{"type": "string"}, {"maxLength": 3}]}, "ab"), ({"not": {}}, 1),
    ({"anyOf": [{"type": "string"}, {"type": "null"}]}, 1), ({"allOf": [{"type": "string"}]}, 1),
    ({"if": {"type": "string"}, "then": {"minLength": 2}}, "a"),
    ({"if": {"type": "string"}, "else": {"minimum": 2}}, 1),
    ({"$ref": "#/$defs/n", "$defs": {"n": {"type": "number"}}}, "a"),
    ({"format": "date-time"}, "2026-13-01T00:00:00Z"), ({"format": "ipv4"}, "1.2.3"),
    ({"uniqueItems": True}, [1, 1]), ({"propertyNames": {"pattern": "^a"}}, {"b": 1}),
    ({"dependentRequired": {"a": ["b"]}}, {"a": 1}), ({"contains": {"const": 1}}, [2]),
]
REFUSED = [{"requierd": ["a"]}, {"properties": {"a": {"unevaluatedItems": False}}},
           {"type": "text"}, {"format": "hostname"}, {"$ref": "#/$defs/none"},
           {"$ref": "https://example.org/other.json"}, {"items": [{"multipleOf": 2}]}]


def main():
    for number, (rules, value) in enumerate(WRONG):
        check(f"schema: finds {number} {list(rules)[0]}",
              "" if schema.compile(rules)(value) else f"{value!r} passes {rules}")
    for rules in REFUSED:
        try:
            schema.compile(rules)
            check(f"schema: refuses {json.dumps(rules)}", "is taken")
        except schema.SchemaError:
            check(f"schema: refuses {json.dumps(rules)}", "")
    rules = schema.compile(json.loads(read("conf/report.schema.json")))
    check("schema: an empty report is not valid", "" if rules({}) else "it is")
    check("schema: of reports has required keys",
          "" if any("lacks" in complaint for complaint in rules({})) else "none is missing in {}")
    finish()


main()

# SPDX-License-Identifier: MIT
"""A small JSON Schema (draft 2020-12) validator for conf/report.schema.json.

It knows the keywords below and refuses a schema with any other, so that nothing in the schema is
passed over in silence. compile(schema) -> validator; validator(value) -> list of complaints."""
import datetime
import ipaddress
import re

ANNOTATIONS = {"$schema", "$id", "$comment", "$defs", "title", "description", "examples", "default",
               "deprecated", "readOnly", "writeOnly"}
TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "integer": lambda v: (isinstance(v, int) and not isinstance(v, bool))
               or (isinstance(v, float) and v.is_integer()),
}


class SchemaError(Exception):
    """The schema itself is wrong, or has a keyword that is not known here."""


def is_date_time(text):
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", text):
        return False
    try:
        datetime.datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return False
    return True


def is_ip(version):
    def check(text):
        try:
            return ipaddress.ip_address(text.split("%")[0]).version == version
        except ValueError:
            return False
    return check


FORMATS = {"date-time": is_date_time, "ipv4": is_ip(4), "ipv6": is_ip(6)}


def same(a, b):
    if isinstance(a, bool) != isinstance(b, bool):
        return False
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    return a == b


def number(value):
    return TYPES["number"](value)


# Each takes (keyword's value, instance, path, validator) and yields complaints.
def k_type(want, value, at, _):
    wants = [want] if isinstance(want, str) else want
    if not any(TYPES[w](value) for w in wants):
        yield f"{at}: is not {' or '.join(wants)}"


def k_enum(want, value, at, _):
    if not any(same(value, w) for w in want):
        yield f"{at}: {value!r} is none of {want}"


def k_const(want, value, at, _):
    if not same(value, want):
        yield f"{at}: {value!r} is not {want!r}"


def k_required(want, value, at, _):
    if isinstance(value, dict):
        for key in want:
            if key not in value:
                yield f"{at}: lacks {key!r}"


def k_dependent_required(want, value, at, _):
    if isinstance(value, dict):
        for key, others in want.items():
            for other in others if key in value else ():
                if other not in value:
                    yield f"{at}: has {key!r} and lacks {other!r}"


def k_dependent_schemas(want, value, at, v):
    if isinstance(value, dict):
        for key, sub in want.items():
            if key in value:
                yield from v.walk(sub, value, at)


def k_properties(want, value, at, v):
    if isinstance(value, dict):
        for key, sub in want.items():
            if key in value:
                yield from v.walk(sub, value[key], f"{at}/{key}")


def k_pattern_properties(want, value, at, v):
    if isinstance(value, dict):
        for pattern, sub in want.items():
            for key in value:
                if re.search(pattern, key):
                    yield from v.walk(sub, value[key], f"{at}/{key}")


def k_property_names(want, value, at, v):
    if isinstance(value, dict):
        for key in value:
            yield from v.walk(want, key, f"{at}/{key} (name)")


def k_items(want, value, at, v, start=0):
    if isinstance(value, list):
        for i, item in enumerate(value[start:], start):
            yield from v.walk(want, item, f"{at}/{i}")


def k_prefix_items(want, value, at, v):
    if isinstance(value, list):
        for i, (sub, item) in enumerate(zip(want, value)):
            yield from v.walk(sub, item, f"{at}/{i}")


def k_contains(want, value, at, v):
    if isinstance(value, list) and not any(not list(v.walk(want, i, at)) for i in value):
        yield f"{at}: no item fits `contains`"


def k_unique_items(want, value, at, _):
    if want and isinstance(value, list):
        if any(same(a, b) for i, a in enumerate(value) for b in value[:i]):
            yield f"{at}: items are not unique"


def limit(applies, test, words):
    def check(want, value, at, _):
        if applies(value) and not test(value, want):
            yield f"{at}: {words} {want}"
    return check


def k_pattern(want, value, at, _):
    if isinstance(value, str) and not re.search(want, value):
        yield f"{at}: {value!r} does not match {want!r}"


def k_format(want, value, at, _):
    if isinstance(value, str) and not FORMATS[want](value):
        yield f"{at}: {value!r} is no {want}"


def k_all_of(want, value, at, v):
    for sub in want:
        yield from v.walk(sub, value, at)


def k_any_of(want, value, at, v):
    if all(list(v.walk(sub, value, at)) for sub in want):
        yield f"{at}: fits none of anyOf"


def k_one_of(want, value, at, v):
    fits = sum(not list(v.walk(sub, value, at)) for sub in want)
    if fits != 1:
        yield f"{at}: fits {fits} of oneOf"


def k_not(want, value, at, v):
    if not list(v.walk(want, value, at)):
        yield f"{at}: fits what it must not"


def k_ref(want, value, at, v):
    yield from v.walk(v.resolve(want), value, at)


TEXT, LIST, OBJECT = TYPES["string"], TYPES["array"], TYPES["object"]
KEYWORDS = {
    "type": k_type, "enum": k_enum, "const": k_const, "required": k_required,
    "dependentRequired": k_dependent_required, "dependentSchemas": k_dependent_schemas,
    "properties": k_properties, "patternProperties": k_pattern_properties,
    "propertyNames": k_property_names, "prefixItems": k_prefix_items, "contains": k_contains,
    "uniqueItems": k_unique_items, "pattern": k_pattern, "format": k_format,
    "allOf": k_all_of, "anyOf": k_any_of, "oneOf": k_one_of, "not": k_not, "$ref": k_ref,
    "minLength": limit(TEXT, lambda v, w: len(v) >= w, "is shorter than"),
    "maxLength": limit(TEXT, lambda v, w: len(v) <= w, "is longer than"),
    "minItems": limit(LIST, lambda v, w: len(v) >= w, "has fewer items than"),
    "maxItems": limit(LIST, lambda v, w: len(v) <= w, "has more items than"),
    "minProperties": limit(OBJECT, lambda v, w: len(v) >= w, "has fewer keys than"),
    "maxProperties": limit(OBJECT, lambda v, w: len(v) <= w, "has more keys than"),
    "minimum": limit(number, lambda v, w: v >= w, "is below"),
    "maximum": limit(number, lambda v, w: v <= w, "is above"),
    "exclusiveMinimum": limit(number, lambda v, w: v > w, "is not above"),
    "exclusiveMaximum": limit(number, lambda v, w: v < w, "is not below"),
}
# Handled with their neighbours in walk().
TOGETHER = {"additionalProperties", "items", "if", "then", "else", "unevaluatedProperties"}
MAPS_OF_SCHEMAS = ("$defs", "properties", "patternProperties", "dependentSchemas")
LISTS_OF_SCHEMAS = ("allOf", "anyOf", "oneOf", "prefixItems")
SCHEMAS = ("not", "if", "then", "else", "items", "contains", "additionalProperties", "propertyNames")


class Validator:
    def __init__(self, schema):
        self.root = schema
        self.check_schema(schema, "#")

    def check_schema(self, schema, at):
        if isinstance(schema, bool):
            return
        if not isinstance(schema, dict):
            raise SchemaError(f"{at}: a schema is an object or a boolean")
        for key, value in schema.items():
            here = f"{at}/{key}"
            if key == "unevaluatedProperties" or \
                    key not in KEYWORDS and key not in TOGETHER and key not in ANNOTATIONS:
                raise SchemaError(f"{here}: this keyword is not known to tests/lib/schema.py")
            if key in MAPS_OF_SCHEMAS:
                for name, sub in value.items():
                    self.check_schema(sub, f"{here}/{name}")
            elif key in LISTS_OF_SCHEMAS:
                for i, sub in enumerate(value):
                    self.check_schema(sub, f"{here}/{i}")
            elif key in SCHEMAS:
                self.check_schema(value, here)
            elif key == "type":
                for name in [value] if isinstance(value, str) else value:
                    if name not in TYPES:
                        raise SchemaError(f"{here}: no such type: {name!r}")
            elif key == "format" and value not in FORMATS:
                raise SchemaError(f"{here}: this format is not known to tests/lib/schema.py")
            elif key == "$ref":
                self.resolve(value)
            if key in ("pattern", "patternProperties"):
                for pattern in [value] if key == "pattern" else value:
                    re.compile(pattern)

    def resolve(self, ref):
        if not ref.startswith("#"):
            raise SchemaError(f"$ref {ref!r}: only references into the same schema are known")
        found = self.root
        for part in ref[1:].split("/")[1:]:
            part = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(found, dict) or part not in found:
                raise SchemaError(f"$ref {ref!r} leads nowhere")
            found = found[part]
        return found

    def walk(self, schema, value, at):
        if schema is True:
            return
        if schema is False:
            yield f"{at}: nothing is allowed here"
            return
        for key, want in schema.items():
            if key in KEYWORDS:
                yield from KEYWORDS[key](want, value, at, self)
        if "items" in schema:
            yield from k_items(schema["items"], value, at, self, len(schema.get("prefixItems", ())))
        if "additionalProperties" in schema and isinstance(value, dict):
            for key, item in value.items():
                if key in schema.get("properties", {}):
                    continue
                if any(re.search(p, key) for p in schema.get("patternProperties", {})):
                    continue
                yield from self.walk(schema["additionalProperties"], item, f"{at}/{key}")
        if "if" in schema:
            branch = "else" if list(self.walk(schema["if"], value, at)) else "then"
            yield from self.walk(schema.get(branch, True), value, at)

    def __call__(self, value):
        return list(self.walk(self.root, value, "#"))


def compile(schema):  # pylint: disable=redefined-builtin
    return Validator(schema)

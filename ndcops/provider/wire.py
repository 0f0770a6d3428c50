"""Pulumi property maps (protobuf Struct) to Python values and back; every RPC of the servicer passes here.

Secrets are taken out of the values into a mask of the same shape, so that the rules work on plain values
and secretness is put back by path. A secret element taints its whole list, as in the official plugin.
"""

from dataclasses import dataclass
from typing import Any, Final, cast

from google.protobuf.struct_pb2 import Struct, Value

JsonObject = dict[str, Any]
Mask = dict[str, Any] | bool
"""Which parts of a value are secret: False nothing, True all of it, a mapping some of its keys."""

# Signatures of the wire format: pulumi/sdk/go/common/resource/{properties,plugin/rpc}.go.
_SIGNATURE_KEY: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a type tag, not a password
_UNKNOWN_STRING: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWN_SIGNATURES: Final = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        _UNKNOWN_STRING,
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-77ac-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)


class _Unknown:
    """A value that a preview cannot know yet."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()


class _Secret:
    """A value marked secret, while it is being decoded."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


@dataclass(slots=True)
class Properties:
    """A decoded property map: plain values, which of them are secret, and whether any is unknown."""

    value: JsonObject
    secret: Mask = False
    has_unknown: bool = False


class _Decoder:
    __slots__ = ("has_secret", "has_unknown")

    def __init__(self) -> None:
        self.has_secret = False
        self.has_unknown = False

    def value(self, value: Value) -> Any:
        kind = value.WhichOneof("kind")
        if kind == "string_value":
            text = value.string_value
            if text in _UNKNOWN_SIGNATURES:
                self.has_unknown = True
                return UNKNOWN
            return text
        if kind == "struct_value":
            return self.mapping(value.struct_value)
        if kind == "list_value":
            decode = self.value
            return [decode(item) for item in value.list_value.values]
        if kind == "number_value":
            # Struct has doubles only; Kubernetes refuses 3.0 where it wants an integer.
            number = value.number_value
            return int(number) if number.is_integer() else number
        if kind == "bool_value":
            return value.bool_value
        return None

    def mapping(self, struct: Struct) -> Any:
        decode = self.value
        result = {key: decode(value) for key, value in struct.fields.items()}
        if _SIGNATURE_KEY in result and result[_SIGNATURE_KEY] == _SECRET:
            self.has_secret = True
            return _Secret(result.get("value"))
        return result


def decode(struct: Struct) -> Properties:
    """The values of a property map. Whole numbers become int; unknown values become UNKNOWN."""
    decoder = _Decoder()
    decoded = {key: decoder.value(value) for key, value in struct.fields.items()}
    if not decoder.has_secret:
        return Properties(decoded, False, decoder.has_unknown)
    plain, mask = _unwrap(decoded)
    return Properties(cast(JsonObject, plain), mask, decoder.has_unknown)


def _unwrap(value: Any) -> tuple[Any, Mask]:
    if isinstance(value, _Secret):
        return _unwrap(value.value)[0], True
    if isinstance(value, dict):
        plain: JsonObject = {}
        mask: JsonObject = {}
        for key, item in value.items():
            plain[key], inner = _unwrap(item)
            if inner is not False:
                mask[key] = inner
        return plain, mask or False
    if isinstance(value, list):
        pairs = [_unwrap(item) for item in value]
        return [item for item, _ in pairs], any(inner is not False for _, inner in pairs)
    return value, False


def encode(value: JsonObject, secret: Mask = False) -> Struct:
    """A property map of these values; what the mask marks is wrapped as secret."""
    struct = Struct()
    _fill_struct(struct, value, secret)
    return struct


def _fill_struct(struct: Struct, value: JsonObject, secret: Mask) -> None:
    fields = struct.fields
    if isinstance(secret, dict):
        for key, item in value.items():
            _fill_masked(fields[key], item, secret.get(key, False))
    else:
        for key, item in value.items():
            _fill(fields[key], item)


def _fill_masked(target: Value, value: Any, secret: Mask) -> None:
    if secret is True:
        wrapper = target.struct_value.fields
        wrapper[_SIGNATURE_KEY].string_value = _SECRET
        _fill(wrapper["value"], value)
    elif secret is not False and isinstance(value, dict):
        target.struct_value.SetInParent()
        _fill_struct(target.struct_value, value, secret)
    else:
        _fill(target, value)


def _fill(target: Value, value: Any) -> None:
    if isinstance(value, str):
        target.string_value = value
    elif isinstance(value, dict):
        struct = target.struct_value
        struct.SetInParent()
        fields = struct.fields
        for key, item in value.items():
            _fill(fields[key], item)
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = value
    elif isinstance(value, list):
        items = target.list_value
        items.SetInParent()
        add = items.values.add
        for item in value:
            _fill(add(), item)
    elif value is None:
        target.null_value = 0
    elif value is UNKNOWN:
        target.string_value = _UNKNOWN_STRING
    else:
        raise TypeError(f"a {type(value).__name__} cannot be a Pulumi property")

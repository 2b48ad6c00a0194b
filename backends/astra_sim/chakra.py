"""Chakra execution traces, encoded by hand: a stream of length-delimited protobuf messages.

The first message is GlobalMetadata {version = 1}, then one Node each: {id = 1, name = 2, type = 3, data_deps = 5,
attr = 10}; an attribute is {name = 1, int64_val = 9, bool_val = 27}. Field numbers are those of Chakra's et_def.proto;
no protobuf package is needed to write four of them.
"""

from __future__ import annotations

VERSION = "0.0.4"
COLLECTIVE_NODE = 7
ALL_REDUCE = 0


def all_reduce_trace(size_bytes: int) -> bytes:
    """Return one NPU's trace: a single all-reduce of `size_bytes`."""
    attributes = (
        _text(1, "is_cpu_op") + _varint_field(27, 0),
        _text(1, "comm_type") + _varint_field(9, ALL_REDUCE),
        _text(1, "comm_size") + _varint_field(9, size_bytes),
    )
    node = _varint_field(1, 1) + _text(2, "ALL_REDUCE") + _varint_field(3, COLLECTIVE_NODE)
    node += b"".join(_bytes_field(10, attribute) for attribute in attributes)
    return _delimited(_text(1, VERSION)) + _delimited(node)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _varint_field(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _bytes_field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _delimited(value)


def _text(number: int, value: str) -> bytes:
    return _bytes_field(number, value.encode())


def _delimited(message: bytes) -> bytes:
    return _varint(len(message)) + message

"""The records of libsemanage (file contexts, ports, booleans, modules): each read into and written from plain texts."""

from __future__ import annotations

import importlib
from contextlib import suppress
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from avcdoctor.host.items import Item

FILE_TYPES = "afdcbslp"
NO_CONTEXT = "<<none>>"  # a file context that tells restorecon to leave the file alone


def made(result: Any) -> Any:
    """The value of a libsemanage call that makes something."""
    if not isinstance(result, (list, tuple)) or result[0] < 0:
        raise OSError("libsemanage could not make a record")
    return result[1]


def _text(api: Any, handle: Any, context: Any) -> str:
    return NO_CONTEXT if context is None else str(made(api.semanage_context_to_string(handle, context)))


def _fcontexts(api: Any, handle: Any) -> Dict[Item, str]:
    found = {}
    for record in made(api.semanage_fcontext_list_local(handle)):
        letter = FILE_TYPES[_type_numbers(api).index(api.semanage_fcontext_get_type(record))]
        key = (str(api.semanage_fcontext_get_expr(record)), letter)
        found[Item("fcontext", key)] = _text(api, handle, api.semanage_fcontext_get_con(record))
        api.semanage_fcontext_free(record)
    return found


def _ports(api: Any, handle: Any) -> Dict[Item, str]:
    found = {}
    for record in made(api.semanage_port_list_local(handle)):
        protocol = str(api.semanage_port_get_proto_str(api.semanage_port_get_proto(record)))
        key = (protocol, str(api.semanage_port_get_low(record)), str(api.semanage_port_get_high(record)))
        found[Item("port", key)] = _text(api, handle, api.semanage_port_get_con(record))
        api.semanage_port_free(record)
    return found


def _booleans(api: Any, handle: Any) -> Dict[Item, str]:
    found = {}
    for record in made(api.semanage_bool_list_local(handle)):
        name = str(api.semanage_bool_get_name(record))
        found[Item("boolean", (name,))] = "on" if api.semanage_bool_get_value(record) else "off"
        api.semanage_bool_free(record)
    return found


def _type_numbers(api: Any) -> List[int]:
    names = ("ALL", "REG", "DIR", "CHAR", "BLOCK", "SOCK", "LINK", "PIPE")
    return [getattr(api, f"SEMANAGE_FCONTEXT_{name}") for name in names]


def _write_fcontext(api: Any, handle: Any, key: Tuple[str, ...], value: Optional[str]) -> Any:
    pattern, letter = key
    number = _type_numbers(api)[FILE_TYPES.index(letter)]
    identity = made(api.semanage_fcontext_key_create(handle, pattern, number))
    if value is None:
        return api.semanage_fcontext_del_local(handle, identity)
    record = made(api.semanage_fcontext_create(handle))
    api.semanage_fcontext_set_expr(handle, record, pattern)
    api.semanage_fcontext_set_type(record, number)
    if value != NO_CONTEXT:
        api.semanage_fcontext_set_con(handle, record, made(api.semanage_context_from_string(handle, value)))
    return api.semanage_fcontext_modify_local(handle, identity, record)


def _write_port(api: Any, handle: Any, key: Tuple[str, ...], value: Optional[str]) -> Any:
    protocol, low, high = key[0], int(key[1]), int(key[2])
    number = getattr(api, f"SEMANAGE_PROTO_{protocol.upper()}")
    identity = made(api.semanage_port_key_create(handle, low, high, number))
    if value is None:
        return api.semanage_port_del_local(handle, identity)
    record = made(api.semanage_port_create(handle))
    api.semanage_port_set_proto(record, number)
    api.semanage_port_set_range(record, low, high)
    api.semanage_port_set_con(handle, record, made(api.semanage_context_from_string(handle, value)))
    return api.semanage_port_modify_local(handle, identity, record)


def _write_boolean(api: Any, handle: Any, key: Tuple[str, ...], value: Optional[str]) -> Any:
    identity = made(api.semanage_bool_key_create(handle, key[0]))
    if value is None:
        return api.semanage_bool_del_local(handle, identity)
    if not made(api.semanage_bool_exists(handle, identity)):  # libsemanage would take it and do nothing
        return -1
    return api.semanage_bool_modify_local(handle, identity, _boolean(api, handle, key[0], value))


def _write_active(api: Any, handle: Any, key: Tuple[str, ...], value: Optional[str]) -> Any:
    """Set the boolean in the running kernel too, as `setsebool -P` does."""
    if value is None:
        return 0
    identity = made(api.semanage_bool_key_create(handle, key[0]))
    return api.semanage_bool_set_active(handle, identity, _boolean(api, handle, key[0], value))


def _boolean(api: Any, handle: Any, name: str, value: str) -> Any:
    record = made(api.semanage_bool_create(handle))
    api.semanage_bool_set_name(handle, record, name)
    api.semanage_bool_set_value(record, 1 if value == "on" else 0)
    return record


def _write_module(api: Any, handle: Any, key: Tuple[str, ...], value: Optional[str]) -> Any:
    if value is None:
        return api.semanage_module_remove(handle, key[0])
    return api.semanage_module_install(handle, value, len(value.encode()), key[0], "cil")


def active(name: str) -> Optional[str]:
    """A boolean's value in the running kernel; None where there is no such boolean or no SELinux."""
    with suppress(ImportError, OSError):
        value = importlib.import_module("selinux").security_get_boolean_active(name)
        return None if value < 0 else "on" if value else "off"
    return None


LISTS: Mapping[str, Callable[[Any, Any], Dict[Item, str]]] = {
    "fcontext": _fcontexts,
    "port": _ports,
    "boolean": _booleans,
}
WRITERS: Mapping[str, Callable[[Any, Any, Tuple[str, ...], Optional[str]], Any]] = {
    "fcontext": _write_fcontext,
    "port": _write_port,
    "boolean": _write_boolean,
    "boolean-active": _write_active,
    "module": _write_module,
}

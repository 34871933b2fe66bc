#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Drives the module with the kernel's own ynl client and compares what it decodes with /proc/gpushift.

  ynl-check.py YNL-FOLDER SPECIFICATION ADDRESS

ADDRESS is unbound from its driver and bound again, to see the events. Prints `ok NAME` or `not ok NAME - REASON` for each
check; it is one program for all of them since each start of Python takes seconds under emulation.
"""
import os
import sys

sys.path.insert(0, sys.argv[1])
from lib import NlError, YnlFamily  # pylint: disable=wrong-import-position

PCI = "/sys/bus/pci"
# Digits that /proc/gpushift shows of a number; of all others as many as needed.
DIGITS = {"vendor-id": 4, "device-id": 4, "subsystem-vendor-id": 4, "subsystem-device-id": 4, "class": 6,
          "revision": 2, "acs-missing": 4}


def verdict(name, reason):
    print(f"not ok {name} - {reason}" if reason else f"ok {name}", flush=True)


def difference(ours, theirs):
    return "" if ours == theirs else f"{ours} is not {theirs}"


def whole(attr, value):
    """A reset without a state is impossible."""
    if attr["name"] != "reset" or "state" in value:
        return value
    return {"method": value["method"], "state": "impossible", **value}


def item(attr, value, family):
    """One value as /proc/gpushift shows it."""
    if isinstance(value, dict):
        inner = family.attr_sets[attr["nested-attributes"]]
        value = whole(attr, value)
        return ",".join(item(inner[name], part, family) for name, part in value.items())
    if isinstance(value, set):
        enum = family.consts[attr["enum"]]
        value = sum(enum.entries[name].user_value() for name in value)
    elif isinstance(value, str) and attr.get("display-hint") == "hex":
        value = int(value, 16)
    elif isinstance(value, str):
        return value.replace("\\", "\\134").replace("\n", "\\012")
    hexadecimal = attr["name"] in DIGITS or attr.get("display-hint") == "hex"
    return f"{value:0{DIGITS.get(attr['name'], 1)}x}" if hexadecimal else str(value)


def as_text(function, family):
    """One function as the lines of its block."""
    attrs = family.attr_sets["function"]
    lines = {}
    for name, value in function.items():
        if name != "generation":
            values = value if isinstance(value, list) else [value]
            lines[name] = " ".join(item(attrs[name], part, family) for part in values)
    return lines


def read_proc():
    """The generation, and the blocks of lines."""
    head, *blocks = open("/proc/gpushift").read().rstrip("\n").split("\n\n")
    lines = [block.split("\n") for block in blocks]
    return int(head.split()[3]), [{line.partition(": ")[0]: line.partition(": ")[2] for line in block} for block in lines]


def check_dump(family):
    functions = family.dump("function-get", {})
    generation, blocks = read_proc()
    verdict("a dump has a function", "" if functions else "it is empty")
    verdict("a dump and /proc have the same functions",
            difference([function["address"] for function in functions], [block["address"] for block in blocks]))
    verdict("a dump and /proc have the same generation",
            difference({function["generation"] for function in functions}, {generation}))
    unlike = [f"{block['address']} {name}: {ours.get(name)} is not {block.get(name)}"
              for ours, block in ((as_text(function, family), block) for function, block in zip(functions, blocks))
              for name in sorted(ours.keys() | block.keys()) if ours.get(name) != block.get(name)]
    verdict("each attribute of each function is as in /proc", "; ".join(unlike))
    verdict("asked one by one they are the same",
            difference([family.do("function-get", {"address": function["address"]}) for function in functions], functions))
    seen = {name for function in functions for name in function}
    print(f"note {len(functions)} functions, {sum(map(len, functions))} attributes, {len(seen)} different ones: "
          + " ".join(sorted(seen)))


def check_all(family):
    functions = family.dump("function-get", {"all": True})
    verdict("a dump of all has what sysfs has",
            difference([function["address"] for function in functions], sorted(os.listdir(f"{PCI}/devices"))))


def check_error(family, name, request, error, sentence):
    try:
        got = f"answered {family.do('function-get', request)}"
    except NlError as failure:
        got = (failure.error, (failure.nl_msg.extack or {}).get("msg"))
    verdict(name, difference(got, (error, sentence)))


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def check_events(family, listener, address):
    driver = os.path.realpath(f"{PCI}/devices/{address}/driver")
    before = family.do("function-get", {"address": address})
    write(f"{driver}/unbind", address)
    unbound = family.do("function-get", {"address": address})
    write(f"{driver}/bind", address)
    listener.check_ntf()
    events = [message["msg"] for message in listener.async_msg_queue if message["name"] == "event"]
    events = [event for event in events if event["address"] == address]
    words = [(event["event"], event.get("driver")) for event in events]
    name = os.path.basename(driver)
    verdict("an unbind and a bind are four events", difference(words, [(word, name) for word in
                                                                       ("unbind", "unbound", "bind", "bound")]))
    # Others may come between them, so that the numbers only have to grow.
    numbers = [before["generation"]] + [event["generation"] for event in events]
    verdict("their numbers come after the dump's and grow", difference(numbers, sorted(set(numbers))))
    verdict("events name the device", difference({(event["vendor-id"], event["device-id"], event["class"])
                                                  for event in events},
                                                 {(before["vendor-id"], before["device-id"], before["class"])}))
    verdict("while it is unbound there is no driver", difference((before.get("driver"), unbound.get("driver")), (name, None)))


def main():
    _, _, specification, address = sys.argv
    # The specification was validated where it was made: by the lint.
    family = YnlFamily(specification, "")
    # This client stumbles over an event that comes in between an answer, so that one asks and another one listens.
    listener = YnlFamily(specification, "")
    listener.ntf_subscribe("events")
    check_dump(family)
    check_all(family)
    check_error(family, "no such function: error and sentence", {"address": "ffff:ff:1f.7"}, 19,
                "there is no PCI function at ADDRESS")
    check_error(family, "no address: error and sentence", {"address": "vga"}, 22,
                "ADDRESS is not of the form dddd:bb:dd.f in lower case")
    check_error(family, "ALL for one function: error and sentence", {"all": True}, 22, "ALL is for dumps only")
    check_events(family, listener, address)


main()

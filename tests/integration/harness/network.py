# SPDX-License-Identifier: GPL-3.0-or-later
"""The network of a slot: a bridge with the control host on it, and a namespace for each host."""

from __future__ import annotations

import json

from integration.harness.commands import run


def make(bridge: str, address: str) -> None:
    """Makes the bridge; `address` (with its prefix length) is the control host's."""
    _ip(
        f"link add {bridge} type bridge",
        f"addr add {address} dev {bridge}",
        f"link set {bridge} up",
    )


def attach(bridge: str, namespace: str, address: str) -> None:
    """Makes a network namespace with `address` (with its prefix length) on the bridge."""
    # The outer end has the namespace's name, which starts with the bridge's: at most 15 characters.
    _ip(
        f"netns add {namespace}",
        f"link add {namespace} type veth peer name host0 netns {namespace}",
        f"link set {namespace} master {bridge} up",
        f"-n {namespace} link set lo up",
        f"-n {namespace} addr add {address} dev host0",
        f"-n {namespace} link set host0 up",
    )


def remove(bridge: str) -> None:
    """Removes the bridge and every namespace and interface called after it."""
    for namespace in _names("ip -json netns list", "name", bridge):
        _ip(f"netns delete {namespace}")
    # An interface whose other end has just gone with its namespace may be gone by now, or not yet.
    for link in _names("ip -json link show", "ifname", bridge):
        run(["ip", "link", "delete", link], check=False)


def _names(listing: str, field: str, bridge: str) -> list[str]:
    listed = json.loads(run(listing.split()).stdout or "[]")
    return [entry[field] for entry in listed if entry[field] == bridge or entry[field].startswith(f"{bridge}-")]


def _ip(*commands: str) -> None:
    for command in commands:
        run(["ip", *command.split()])

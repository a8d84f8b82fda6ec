# SPDX-License-Identifier: GPL-3.0-or-later
"""Services are data: their commands run without a shell, and what they say reaches the reader short and printable."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

import pytest

from ansible_collections.koshin.tls.plugins.module_utils._core.errors import InputRefused, InstallationFailed
from ansible_collections.koshin.tls.plugins.module_utils._install.service import Service, reload, services_from, test

test.__test__ = False  # it tests services, not us


def really(words: Sequence[str]) -> tuple[int, str, str]:
    done = subprocess.run(list(words), capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def service(**commands: str) -> Service:
    return services_from([{"name": "www", "port": 443, "reload_command": "true", **commands}])["www"]


def test_of_two_services_of_one_name_the_later_counts():
    entries = [
        {"name": "nginx", "reload_command": "systemctl reload nginx", "port": 443},
        {"name": "nginx", "reload_command": "nginx -s reload", "test_command": "nginx -t", "port": 8443},
    ]

    assert services_from(entries) == {"nginx": Service("nginx", 8443, ("nginx", "-s", "reload"), ("nginx", "-t"))}


def test_commands_are_words_and_no_shell_sees_them():
    words = service(reload_command="printf '%s' \"a b\" '$HOME' ; rm x").reload_command

    assert words == ("printf", "%s", "a b", "$HOME", ";", "rm", "x")


@pytest.mark.parametrize(
    ("wrong", "finding"),
    [
        (
            {"reload_command": "echo 'x"},
            "tls_services[www].reload_command is empty, or has a quote that is not closed.",
        ),
        ({"test_command": "  "}, "tls_services[www].test_command is empty, or has a quote that is not closed."),
        ({"port": 0}, "tls_services[www].port is 0."),
        ({"prot": 443}, "tls_services[www].prot is an unknown key."),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_path(wrong: dict[str, object], finding: str):
    with pytest.raises(InputRefused) as told:
        service(**wrong)

    assert told.value.message == finding


def test_a_command_that_succeeds_says_nothing():
    test(service(test_command="sh -c 'echo fine >&2'"), really)
    reload(service(), really)


def test_without_a_test_command_nothing_is_run():
    def never(words: Sequence[str]) -> tuple[int, str, str]:
        raise RuntimeError(words)

    test(service(), never)


def test_what_a_failing_command_says_is_told_with_the_next_move():
    with pytest.raises(InstallationFailed) as told:
        test(service(test_command="sh -c 'echo out; echo \"nginx: [emerg] no such file\" >&2; exit 3'"), really)

    assert told.value.code == "test_failed"
    assert "ended with 3: nginx: [emerg] no such file." in told.value.message
    assert "out" not in told.value.message.split("ended with 3")[1]
    assert told.value.message.startswith("www: test_command 'sh -c ")
    assert told.value.next_move.startswith("Run it on this host")


def test_what_it_says_is_cut_and_printable():
    with pytest.raises(InstallationFailed) as told:
        reload(service(reload_command="false"), lambda words: (1, "", "\x1b[31mred\nline\0" + "x" * 10_000))

    assert told.value.code == "reload_failed"
    assert told.value.message.isprintable()
    assert " [31mred line x" in told.value.message
    assert len(told.value.message) < 500


def test_a_silent_failure_is_told_as_one():
    with pytest.raises(InstallationFailed) as told:
        reload(service(reload_command="false"), really)

    assert told.value.message == "www: reload_command 'false' ended with 1: it said nothing."


def test_a_command_that_is_not_there_is_told_as_one():
    with pytest.raises(InstallationFailed) as told:
        reload(service(reload_command="/nowhere/nginx -s reload"), really)

    assert "'/nowhere/nginx -s reload' cannot be started: No such file or directory." in told.value.message
    assert "tls_services" in told.value.next_move

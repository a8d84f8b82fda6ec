# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that is far away: each byte through this port is half a round trip late, in order, whatever its amount."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def far_away(port: int, *, round_trip_seconds: float) -> Iterator[int]:
    """Return a port of 127.0.0.1 that leads to ``port``, so much further away."""
    loops: list[asyncio.AbstractEventLoop] = []
    ports: list[int] = []
    stop = asyncio.Event()
    began = threading.Event()

    async def connected(near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, there = await asyncio.open_connection("127.0.0.1", port)
        try:
            await asyncio.gather(
                _late(near, there, round_trip_seconds / 2),
                _late(far, back, round_trip_seconds / 2),
                return_exceptions=True,
            )
            await stop.wait()
        except asyncio.CancelledError:  # the block ended; a stream's task must not end so, it would be told
            pass
        finally:
            there.close()
            back.close()

    async def serve() -> None:
        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        loops.append(asyncio.get_running_loop())
        ports.append(server.sockets[0].getsockname()[1])
        began.set()
        async with server:
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    began.wait(5)
    try:
        yield ports[0]
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join(5)


async def _late(source: asyncio.StreamReader, sink: asyncio.StreamWriter, seconds: float) -> None:
    """Pass on what comes, each piece so much later; pieces do not wait for one another."""
    loop = asyncio.get_running_loop()
    try:
        while data := await source.read(65_536):
            loop.call_later(seconds, sink.write, data)
    finally:
        loop.call_later(seconds, sink.close)

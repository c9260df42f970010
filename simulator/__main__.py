"""python -m simulator"""

from __future__ import annotations

import asyncio
import signal
import sys

from aiohttp import web

from . import config, control, hooks, page, problems
from .core import SIM, Simulator
from .models import control as models_control
from .models import serve as models_serve
from .payments import control as payments_control
from .payments import mercado_pago, paypal, stripe, wompi
from .payments import page as payments_page
from .whatsapp import graph

# One module for each thing the simulator plays, each adds its routes.
PARTS = (graph, control, hooks, page, models_serve, models_control, payments_control,
         payments_page, stripe, mercado_pago, wompi, paypal)


def make_app(settings: config.Config) -> web.Application:
    app = web.Application(middlewares=[problems.problems])
    sim = app[SIM] = Simulator(settings)
    for part in PARTS:
        part.setup(app)

    async def start(_: web.Application) -> None:
        await sim.dispatcher.start()

    async def stop(_: web.Application) -> None:
        await sim.dispatcher.stop()

    app.on_startup.append(start)
    app.on_cleanup.append(stop)
    return app


async def serve(settings: config.Config) -> None:
    app = make_app(settings)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    site = web.TCPSite(runner, settings.bind, settings.port)
    try:
        await site.start()
    except OSError as error:
        await runner.cleanup()
        raise config.ConfigError(
            f"SIMULATOR_PORT={settings.port}: can't listen on {settings.bind}: {error.strerror}")
    port = runner.addresses[0][1]
    host = "127.0.0.1" if settings.bind in ("0.0.0.0", "::") else settings.bind
    app[SIM].public_url = settings.public_url or f"http://{host}:{port}"
    print(f"simulator: http://{host}:{port}/ -> webhooks to "
          f"{settings.webhook_url or '(nowhere yet: PUT /sim/settings)'}", flush=True)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await stopped.wait()
    await runner.cleanup()


def main() -> int:
    if "--help" in sys.argv[1:]:
        print(config.help_text())
        return 0
    try:
        asyncio.run(serve(config.load()))
    except config.ConfigError as error:
        print(f"simulator: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

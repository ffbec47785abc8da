"""The verb that shows the closet in a browser."""

from __future__ import annotations

import secrets
import webbrowser
from typing import Annotated, Any

import typer

from wardrobe.cli.terminal import Out, say, talk
from wardrobe.errors import WardrobeError

app = typer.Typer()
PORT = 8377


@app.command()
def serve(
    out: Out,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where to listen.")] = PORT,
    host: Annotated[
        str, typer.Option(help="Another address than this machine's own needs the token shown.")
    ] = "127.0.0.1",
    open_: Annotated[bool, typer.Option("--open", help="Open the browser.")] = False,
) -> None:
    """Show the closet in a browser: look, search, correct, combine. Ctrl-C ends it."""
    import uvicorn

    from wardrobe.web.app import create_app
    from wardrobe.web.security import Rules, is_loopback

    token = "" if is_loopback(host) else secrets.token_urlsafe(24)
    name = f"[{host}]" if ":" in host else host
    address = f"http://{name}:{port}/" + (f"?token={token}" if token else "")

    def ready() -> None:
        say(address)
        talk.print("The closet is open at this address. Ctrl-C ends it.")
        if open_:
            webbrowser.open(address)

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            if self.started:  # and listening: who reads the address may ask at once
                ready()

    closet = create_app(out, Rules(host, token))
    config = uvicorn.Config(
        closet, host, port, log_level="error", access_log=False, server_header=False,
        timeout_graceful_shutdown=3, timeout_keep_alive=120,
    )  # fmt: skip
    try:
        Server(config).run()
    except SystemExit:
        raise WardrobeError(
            f"port {port} of {host} can't be used; something else may. Choose another with --port."
        ) from None

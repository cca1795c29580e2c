"""A connection from browser to kernel without waiting, which makes the panels faster.

Jupyter Server leaves Nagle's algorithm on: a small message waits until the browser has acknowledged the one
before, up to 40 ms. A panel answers each change with a few small messages. ``make lab`` starts JupyterLab
with ``--ServerApp.kernel_websocket_connection_class=`` and the name of the class below.
"""

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class PromptConnection(ZMQChannelsWebsocketConnection):
    """The usual connection, with TCP_NODELAY set on the browser's side of it."""

    def connect(self):
        """Connect as usual, then let small messages go at once."""
        connected = super().connect()
        self.websocket_handler.set_nodelay(True)
        return connected

"""socketify_app.py PORT: uWebSockets under Python."""

import sys

from socketify import App, CompressOptions

app = App()


def serve(path, **handlers):
    limits = {"max_payload_length": 1 << 20, "idle_timeout": 120, "max_backpressure": 64 << 20}
    app.ws(path, {"compression": CompressOptions.DISABLED, **limits, **handlers})


serve("/sub", open=lambda ws: ws.subscribe("bench"), message=lambda ws, message, opcode: None)
serve("/pub", message=lambda ws, message, opcode: app.publish("bench", message, opcode))
serve("/echo", message=lambda ws, message, opcode: ws.send(message, opcode))
app.listen({"port": int(sys.argv[1]), "host": "127.0.0.1"}, lambda config: None)
app.run()

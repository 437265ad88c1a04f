import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isAdmin } from "./admin";
import { hasSession } from "./pages";

/** A text frame of RFC 6455 with `{}`, which is what the real one pings with (https://centrifugal.dev/docs/transports/client_protocol). */
const ping = Buffer.from([0x81, 2, ...Buffer.from("{}")]);

/**
 * What a client gets that asks for another protocol: Grafana's live updates are a WebSocket, for users only, and from the
 * page of the same name only. This stand-in has nothing to send but a ping.
 */
export function upgradeAnswer(request: IncomingMessage): Buffer {
  const { headers, url } = request;
  if (url !== "/api/live/ws" || headers.upgrade?.toLowerCase() !== "websocket") {
    return refusal("404 Not Found");
  }
  if (!isAdmin(headers.authorization) && !hasSession(request)) {
    return refusal("401 Unauthorized");
  }
  if (headers.origin !== undefined && new URL(headers.origin).host !== headers.host) {
    return refusal("403 Forbidden");
  }
  const accept = createHash("sha1")
    .update(`${headers["sec-websocket-key"] ?? ""}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest("base64");
  const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
  return Buffer.concat([
    Buffer.from([...lines, `Sec-WebSocket-Accept: ${accept}`, "", ""].join("\r\n")),
    ping,
  ]);
}

function refusal(status: string): Buffer {
  return Buffer.from(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`);
}

import type { IncomingMessage } from "node:http";
import { type Answer, json } from "./answer";
import type { State } from "./state";

/** What Grafana's API answers about what was provisioned, now or before. */
export function provisioningAnswer(
  { method }: IncomingMessage,
  path: string,
  state: State,
): Answer | undefined {
  if (method !== "GET") {
    return undefined;
  }
  switch (path) {
    case "/api/v1/provisioning/policies":
      return json(200, state.policies);
    case "/api/v1/provisioning/alert-rules":
      return json(200, state.rules);
    case "/api/v1/provisioning/contact-points":
      return json(
        200,
        state.receivers.flatMap(({ name, uids }) => uids.map((uid) => ({ uid, name }))),
      );
    default:
      return undefined;
  }
}

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { isAdminPassword, sessionSecret } from "./admin";
import { type Answer, html, redirect } from "./answer";
import { endedSession, isSession, pathAfterLogin, sessionCookie } from "./session";

/** The bundle that draws dashboards, beside this program; see scripts/rehearsal/offline/dashboard-viewer. */
const assets = new Map(
  (["js", "css"] as const).map((extension) => {
    const body = readFileSync(`${__dirname}/dashboard-viewer.${extension}`);
    return [extension, { body, hash: createHash("sha256").update(body).digest("hex").slice(0, 12) }];
  }),
);

const contentTypes = { js: "text/javascript", css: "text/css" } as const;

/** Answers to what a browser asks for, other than the API. */
export async function pageAnswer(request: IncomingMessage, url: URL): Promise<Answer | undefined> {
  const asset = /^\/public\/dashboard-viewer\.(js|css)$/.exec(url.pathname)?.[1] as
    keyof typeof contentTypes | undefined;
  if (asset !== undefined) {
    const headers = {
      "content-type": contentTypes[asset],
      "cache-control": "public, max-age=31536000, immutable",
    };
    return { status: 200, headers, body: assets.get(asset)?.body ?? "" };
  }
  if (url.pathname === "/login") {
    return request.method === "POST"
      ? logIn(new URLSearchParams(await text(request)))
      : loginPage(pathAfterLogin(url.searchParams.get("redirectTo")), 200, "");
  }
  if (url.pathname === "/logout") {
    return redirect("/login", { "set-cookie": endedSession });
  }
  if (request.method === "GET" && /^\/(d\/[^/]+(\/[^/]*)?)?$/.test(url.pathname)) {
    return hasSession(request)
      ? html(200, viewerPage())
      : redirect(`/login?${new URLSearchParams({ redirectTo: url.pathname + url.search }).toString()}`);
  }
  return undefined;
}

/** Whether a browser that is logged in has sent the request. */
export function hasSession({ headers }: IncomingMessage): boolean {
  return isSession(headers.cookie, sessionSecret());
}

function logIn(form: URLSearchParams): Answer {
  const next = pathAfterLogin(form.get("redirectTo"));
  if (!isAdminPassword(form.get("user") ?? "", form.get("password") ?? "")) {
    return loginPage(next, 401, "Invalid username or password");
  }
  return redirect(next, { "set-cookie": sessionCookie(sessionSecret()) });
}

/** @param next where the login leads */
function loginPage(next: string, status: number, mistake: string): Answer {
  return html(
    status,
    page(`<style>
  body { margin: 0; font: 14px/1.6 Inter, Helvetica, Arial, sans-serif; color: #ccccdc; background: #111217; }
  form { box-sizing: border-box; width: min(380px, 100%); margin: 15vh auto 0; padding: 24px; background: #181b1f; border-radius: 4px; }
  input, button { box-sizing: border-box; width: 100%; margin: 4px 0 16px; padding: 8px; font: inherit; border-radius: 2px; }
  input { color: inherit; background: #111217; border: 1px solid #34363d; }
  button { color: #fff; background: #3d71d9; border: 0; cursor: pointer; }
  [role=alert] { color: #ff5286; }
</style>
<form method="post" action="/login">
  <h1>Dashboards</h1>
  <p>This is a stand-in for Grafana. The user is <code>admin</code>, with the password of this stack.</p>
  <input type="hidden" name="redirectTo" value="${escaped(next)}">
  <label>User <input name="user" autocomplete="username" autocapitalize="none" required autofocus></label>
  <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
  ${mistake === "" ? "" : `<p role="alert">${mistake}</p>`}
  <button>Log in</button>
</form>`),
  );
}

function viewerPage(): string {
  const address = (extension: keyof typeof contentTypes): string =>
    `/public/dashboard-viewer.${extension}?hash=${assets.get(extension)?.hash ?? ""}`;
  return page(`<link rel="stylesheet" href="${address("css")}">
<div id="viewer"></div>
<script type="module" src="${address("js")}"></script>`);
}

function page(content: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Dashboards</title>
${content}
</html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

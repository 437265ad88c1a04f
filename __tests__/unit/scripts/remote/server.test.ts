import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { reasonOf, renderCurl, Server, ServerError } from "../../../../scripts/remote/server";
import { exampleSettings } from "../../../support/exampleSettings";
import { temporaryFolder } from "../../../support/temporaryFolder";

const folder = temporaryFolder();
const path = process.env["PATH"];
const server = new Server("local");

/** Puts a program in front of those of this machine. */
function standIn(name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
}

beforeAll(() => {
  process.env["PATH"] = [folder, path].join(delimiter);
  // A container is this machine.
  standIn("docker", 'test "$1 $2 $3" = "exec -i grafana" || { cat >/dev/null; exit 7; }\nshift 3\nexec "$@"');
});

afterAll(() => {
  process.env["PATH"] = path;
});

describe("a command", () => {
  test("gives what it prints, with its input from a text, a file or nowhere", async () => {
    const file = join(folder, "input");
    writeFileSync(file, "from a file");
    expect(await server.run(["cat"], { input: "a text" })).toBe("a text");
    expect(await server.run(["cat"], { inputFile: file })).toBe("from a file");
    expect(await server.run(["cat"])).toBe("");
    await server.pipe(["echo", "piped"], ["tee", file]);
    expect(await server.run(["cat", file])).toBe("piped\n");
  });

  test("that fails is an error with what it says, or with words of the caller's", async () => {
    const fails = ["sh", "-c", "echo wrong >&2; exit 3"];
    await expect(server.run(fails)).rejects.toMatchObject({
      message: "sh -c echo wrong >&2; exit 3: wrong",
      stderr: "wrong\n",
    });
    const describeFailure = (reason: string): string => `It is ${reason}.`;
    await expect(server.run(fails, { describeFailure })).rejects.toThrow("It is wrong.");
    await expect(server.pipe(fails, ["cat"], { describeFailure })).rejects.toThrow("It is wrong.");
  });

  test("ends with a server that no longer answers", async () => {
    standIn("ssh", 'echo "$@"');
    const { vps } = exampleSettings();
    expect(await new Server(vps).run(["true"])).toMatch(
      /^-o ServerAliveInterval=30 -o ServerAliveCountMax=4 .* root@vps\.example\.com true$/m,
    );
  });

  test("that does not end within the timeout is an error that says so", async () => {
    const hangs = new Server("local", "200ms").run(["sleep", "60"]);
    await expect(hangs).rejects.toMatchObject({ stderr: "the command did not end within 200ms" });
  });

  test("that fails silently has its own words as the reason", async () => {
    const error: unknown = await server.run(["sh", "-c", "exit 3"]).catch((each: unknown) => each);
    expect(reasonOf(error)).toBe("sh -c exit 3: exit code 3");
    expect(reasonOf(new ServerError("long", "short\n"))).toBe("short");
    expect(reasonOf(new Error("message"))).toBe("message");
  });

  describe("over SSH", () => {
    const { vps } = exampleSettings();
    const host = vps === "local" ? "" : vps.host;

    /** Has ssh log in or not, and run what it is given. */
    function sshThat(logsIn: boolean, version = "OpenSSH_9.2p1"): void {
      const login = logsIn ? 'for last; do :; done\nexec sh -c "$last"' : "echo no route >&2\nexit 255";
      standIn("ssh", `if [ "$1" = -V ]; then\n  echo '${version}' >&2\n  exit\nfi\n${login}`);
    }

    test("names the server that cannot be reached", async () => {
      sshThat(false);
      const message = `${host} cannot be reached by SSH. true: no route`;
      await expect(new Server(vps).run(["true"])).rejects.toThrow(message);
      expect(await new Server(vps).shareLogin()).toBe(false);
    });

    test("may exit as ssh does for its own errors", async () => {
      sshThat(true);
      const fails = ["sh", "-c", "echo wrong >&2; exit 255"];
      await expect(new Server(vps).run(fails)).rejects.toThrow(/^sh -c echo wrong >&2; exit 255: wrong$/);
      await expect(new Server(vps).pipe(["true"], fails)).rejects.toThrow(/^true: wrong$/);
    });

    test("names an ssh that is too old", async () => {
      sshThat(false, "OpenSSH_8.4p1");
      const message = "The ssh on this machine is OpenSSH_8.4p1, which has no KnownHostsCommand";
      await expect(new Server(vps).run(["true"])).rejects.toThrow(message);
      await expect(new Server(vps).shareLogin()).rejects.toThrow(message);
    });
  });
});

describe("curl in a container", () => {
  let web: HttpServer;
  let url: string;

  beforeAll(async () => {
    web = createServer((request, response) => {
      response.statusCode = request.headers.authorization === undefined ? 401 : 200;
      response.end(request.headers.authorization);
    });
    web.listen(0, "127.0.0.1");
    await once(web, "listening");
    url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/`;
  });

  afterAll(() => {
    web.close();
  });

  test("makes a request with any value", async () => {
    const header = String.raw`Authorization: Bearer "a\b"`;
    expect(await server.curl("grafana", { url, header })).toBe(String.raw`Bearer "a\b"`);
    expect(renderCurl({ data: "two\nlines", header: ["a", "b"], fail: true })).toBe(
      'silent\nshow-error\ndata = "two\\nlines"\nheader = "a"\nheader = "b"\nfail\n',
    );
  });

  test("makes several at once, and gives the status or the error of each", async () => {
    const closed = { url: "http://127.0.0.1:1/" };
    expect(await server.curlStatuses("grafana", [closed, { url }, { url, user: "admin:x" }])).toEqual([
      expect.objectContaining({ stderr: expect.stringMatching(/^curl: \(7\) Failed to connect/) as string }),
      401,
      200,
    ]);
  });

  test("fails without the container", async () => {
    await expect(server.curl("telegraf", { url })).rejects.toThrow(ServerError);
    expect(await server.curlStatuses("telegraf", [{ url }])).toEqual([expect.any(ServerError)]);
  });
});

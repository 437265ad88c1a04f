import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

interface Post {
  id: number;
  number: number;
  /** The pull request or issue that it is a comment on. */
  of?: number;
  title?: string;
  body: string;
  state: string;
  user: { login: string };
}

/** Plays the part of GitHub's API that the workflows use, with pages of two entries. */
export class GitHubStandIn {
  static readonly token = "token-of-the-workflow";
  readonly posts: Post[] = [];
  private readonly server: Server = createServer((request, response) => {
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    const handle = async (): Promise<void> => {
      if (request.headers.authorization !== `Bearer ${GitHubStandIn.token}`) {
        answer(401, { message: "Bad credentials" });
        return;
      }
      const body = request.method === "GET" ? {} : ((await json(request)) as Partial<Post>);
      const url = new URL(request.url ?? "", "http://localhost");
      const path = url.pathname.replace("/repos/someone/pi-monitoring", "");
      if ((body.body ?? "").length > 65_536) {
        answer(422, { message: "body is too long (maximum is 65536 characters)" });
        return;
      }
      answer(200, this.answer(`${request.method ?? ""} ${path}`, body, url.searchParams));
    };
    handle().catch((error: unknown) => {
      answer(500, { message: String(error) });
    });
  });

  /** @returns the environment of a script in a workflow */
  async start(): Promise<NodeJS.ProcessEnv> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    const { port } = this.server.address() as AddressInfo;
    return {
      ...process.env,
      GITHUB_API_URL: `http://127.0.0.1:${port}`,
      GITHUB_REPOSITORY: "someone/pi-monitoring",
      GITHUB_TOKEN: GitHubStandIn.token,
    };
  }

  stop(): void {
    this.server.close();
  }

  add(post: Partial<Post>): Post {
    const id = this.posts.length + 1;
    const added = {
      id,
      number: id,
      body: "",
      state: "open",
      user: { login: "github-actions[bot]" },
      ...post,
    };
    this.posts.push(added);
    return added;
  }

  private answer(call: string, body: Partial<Post>, query: URLSearchParams): unknown {
    const [, verb = "", number = ""] = /^(\w+) \/issues\/?(?:comments\/)?(\d*)/.exec(call) ?? [];
    const isComment = call.includes("/comments");
    if (verb === "PATCH") {
      const post = this.posts.find(({ id, of }) => id === Number(number) && isComment === (of !== undefined));
      return Object.assign(post ?? {}, body);
    }
    const of = isComment ? Number(number) : undefined;
    if (verb === "POST") {
      return this.add({ ...body, ...(of === undefined ? {} : { of }) });
    }
    const found = this.posts.filter(
      (post) =>
        post.of === of &&
        post.state === (query.get("state") ?? post.state) &&
        post.user.login === (query.get("creator") ?? post.user.login),
    );
    const page = Number(query.get("page"));
    return found.slice(2 * (page - 1), 2 * page);
  }
}

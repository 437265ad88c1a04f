import { UserError } from "../../components/userError";
import { markerOf } from "./comment";

/** A comment or an issue. */
interface Posted {
  readonly id: number;
  readonly number?: number;
  readonly body: string | null;
  readonly user: { readonly login: string } | null;
}

/** The author of what is written by the token of a workflow. */
const bot = "github-actions[bot]";

/** A client for the part of GitHub's API that the workflows need. */
export class GitHub {
  private constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  /** Reads the variables that GitHub sets in a workflow, and `GITHUB_TOKEN`, which the workflow sets. */
  static fromEnvironment(): GitHub {
    const { GITHUB_API_URL = "https://api.github.com", GITHUB_REPOSITORY, GITHUB_TOKEN } = process.env;
    if (GITHUB_REPOSITORY === undefined || GITHUB_TOKEN === undefined) {
      throw new UserError("GITHUB_REPOSITORY and GITHUB_TOKEN must be set, which a workflow of GitHub does.");
    }
    return new GitHub(`${GITHUB_API_URL}/repos/${GITHUB_REPOSITORY}`, GITHUB_TOKEN);
  }

  /** Makes `comment` the one of its kind on a pull request. */
  async keepComment(pullRequest: string, comment: string): Promise<void> {
    const comments = `/issues/${pullRequest}/comments`;
    const mine = await this.find(`${comments}?per_page=100`, markerOf(comment));
    await (mine === undefined
      ? this.call("POST", comments, { body: comment })
      : this.call("PATCH", `/issues/comments/${mine.id}`, { body: comment }));
  }

  /** Opens an issue with the text `comment`, or updates the open one of its kind. */
  async keepIssue(title: string, comment: string): Promise<void> {
    const mine = await this.openIssue(markerOf(comment));
    await (mine === undefined
      ? this.call("POST", "/issues", { title, body: comment })
      : this.call("PATCH", `/issues/${mine}`, { title, body: comment }));
  }

  /** Closes the open issue of that kind, if there is one, with `comment` as its last one. */
  async closeIssue(comment: string): Promise<void> {
    const mine = await this.openIssue(markerOf(comment));
    if (mine !== undefined) {
      await this.call("POST", `/issues/${mine}/comments`, { body: comment });
      await this.call("PATCH", `/issues/${mine}`, { state: "closed" });
    }
  }

  private async openIssue(marker: string): Promise<number | undefined> {
    const query = new URLSearchParams({ state: "open", creator: bot, per_page: "100" }).toString();
    return (await this.find(`/issues?${query}`, marker))?.number;
  }

  /** Finds what the workflows have written only: any user can write a comment that begins with the marker. */
  private async find(path: string, marker: string): Promise<Posted | undefined> {
    for (let page = 1; ; page++) {
      const posts = await this.call<Posted[]>("GET", `${path}&page=${page}`);
      const found = posts.find(({ body, user }) => user?.login === bot && body?.startsWith(marker) === true);
      if (found !== undefined || posts.length === 0) {
        return found;
      }
    }
  }

  private async call<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        accept: "application/vnd.github+json",
        authorization: `Bearer ${this.token}`,
        "x-github-api-version": "2022-11-28",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    if (!response.ok) {
      throw new UserError(
        `GitHub answers ${method} ${path} with ${response.status}: ${await response.text()}`,
      );
    }
    return (await response.json()) as T;
  }
}

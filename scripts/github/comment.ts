/** The most characters that GitHub accepts in a comment or an issue. */
const longest = 65_536;

/** The output of a command, for GitHub. */
export interface Post {
  /** Identifies this kind of post, so that the next one replaces it. */
  readonly marker: string;
  readonly title: string;
  /** Without secrets. */
  readonly text: string;
}

/** A post in Markdown. A text that is too long loses its middle, as its end has the result. */
export function renderPost({ marker, title, text }: Post): string {
  // Longer than any fence in the text, which could otherwise end this one.
  const ticks = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length)) + 1;
  const fence = "`".repeat(ticks);
  const render = (shown: string): string => [marker, `### ${title}`, "", fence, shown, fence, ""].join("\n");
  const room = longest - render("").length;
  return render(text.length <= room ? text : withoutMiddle(text, room));
}

/** The first line of a post. */
export function markerOf(post: string): string {
  return post.split("\n", 1).join();
}

function withoutMiddle(text: string, room: number): string {
  const note = "\n\n[... this part is too long for GitHub; the job's log has it ...]\n\n";
  const half = Math.floor((room - note.length) / 2);
  return `${text.slice(0, half)}${note}${text.slice(-half)}`;
}

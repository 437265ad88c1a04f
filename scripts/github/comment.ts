/** The most characters that GitHub accepts in a comment or an issue. */
const maxCharacters = 65_536;

/** The text of a comment or an issue with the output of a command. */
export interface Comment {
  /** An HTML comment that identifies this kind of comment, so that the next one replaces it. */
  readonly marker: string;
  readonly title: string;
  /** Without secrets, which `redact` in stack/redaction.ts removes. It is shown as code: Markdown has no effect in it. */
  readonly text: string;
}

/** The marker of the comment with the preview of a stack. */
export function previewMarker(stack: string): string {
  return `<!-- pi-monitoring preview ${stack} -->`;
}

/** The comment with the preview of a stack. */
export function renderPreview(stack: string, hasFailed: boolean, text: string): string {
  const title = `Preview of ${stack}${hasFailed ? " FAILED" : ""}`;
  return renderComment({ marker: previewMarker(stack), title, text });
}

/** A comment in Markdown. A text that is too long loses its middle, as its end has the result. */
export function renderComment({ marker, title, text }: Comment): string {
  // Longer than any fence in the text, which could otherwise end this one.
  const ticks = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length)) + 1;
  const fence = "`".repeat(ticks);
  const render = (shown: string): string => [marker, `### ${title}`, "", fence, shown, fence, ""].join("\n");
  const room = maxCharacters - render("").length;
  return render(text.length <= room ? text : cutMiddle(text, room));
}

/** The marker of a comment: its first line. */
export function markerOf(comment: string): string {
  return comment.split("\n", 1).join();
}

function cutMiddle(text: string, length: number): string {
  const gap = "\n\n[... this part is too long for GitHub; the job's log has it ...]\n\n";
  const half = Math.floor((length - gap.length) / 2);
  return `${text.slice(0, half)}${gap}${text.slice(-half)}`;
}

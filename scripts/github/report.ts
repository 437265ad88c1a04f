/** GitHub refuses a comment or an issue with more characters. */
const longest = 65_536;

/** What a command has said, to be shown on GitHub. */
export interface Report {
  /** Tells this kind of report from all others, so that the next one takes its place. */
  readonly marker: string;
  readonly title: string;
  /** Without secrets. */
  readonly text: string;
}

/** A report in Markdown. Of a text that is too long the middle is left out: the end says how it went. */
export function renderReport({ marker, title, text }: Report): string {
  // Longer than any fence in the text, which could otherwise leave its own.
  const ticks = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length)) + 1;
  const fence = "`".repeat(ticks);
  const render = (shown: string): string => [marker, `### ${title}`, "", fence, shown, fence, ""].join("\n");
  const room = longest - render("").length;
  return render(text.length <= room ? text : withoutMiddle(text, room));
}

/** The first line of a report. */
export function markerOf(report: string): string {
  return report.split("\n", 1).join();
}

function withoutMiddle(text: string, room: number): string {
  const note = "\n\n[... what is between is too long for GitHub; the job's log has it ...]\n\n";
  const half = Math.floor((room - note.length) / 2);
  return `${text.slice(0, half)}${note}${text.slice(-half)}`;
}

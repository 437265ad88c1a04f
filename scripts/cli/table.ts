import Table from "cli-table3";

/** A table for the terminal, which is plain text elsewhere too. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({ style: { head: [], border: [], compact: true } });
  table.push([...head], ...rows.map((row) => [...row]));
  return table.toString();
}

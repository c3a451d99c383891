/** Rows as a table: each cell as wide as the widest of its column. What is painted is padded first. */
export function padded(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)));
}

/** A line of a table. */
export function lineOf(cells: readonly string[]): string {
  return cells.join('  ').trimEnd();
}

/** A cell of an SQL answer as text: lists by commas, records as JSON, nothing as a dash. */
export function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return "–";
  if (Array.isArray(cell)) return cell.map(cellText).join(", ");
  if (typeof cell === "object") return JSON.stringify(cell);
  return String(cell);
}

/** The label that a person draws with, kept from picture to picture of a project while the page is open. */
const inHand = new Map<string, string>();

export function labelInHand(projectId: string): string | undefined {
  return inHand.get(projectId);
}

export function keepLabel(projectId: string, label: string): void {
  inHand.set(projectId, label);
}

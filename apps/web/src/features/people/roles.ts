/** The roles in the words of the plant. */
export const userRoles = [
  { value: "viewer", label: "Viewer", may: "Looks at everything, tries pictures" },
  { value: "operator", label: "Operator", may: "Also trains, starts, sets thresholds, adds cameras" },
  { value: "admin", label: "Admin", may: "Also deletes, invites and makes tokens" },
] as const;

export const tokenRoles = [
  { value: "device", label: "Device", may: "Sends pictures of its cameras, nothing else" },
  ...userRoles,
] as const;

export type UserRoleChoice = (typeof userRoles)[number]["value"];
export type TokenRoleChoice = (typeof tokenRoles)[number]["value"];

export function mayOf(role: TokenRoleChoice): string {
  return tokenRoles.find((one) => one.value === role)?.may ?? "";
}

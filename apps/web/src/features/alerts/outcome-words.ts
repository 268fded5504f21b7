/** What a rule does when it holds, in words. */
export const outcomeWords = {
  mail: "Mail the recipients",
  review: "Ask a person to look",
} as const;

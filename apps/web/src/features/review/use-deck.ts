/** Loads pictures to look at page by page, and sends words on them; a word shows at once and is taken back if it could not be stored. */
import { notifications } from "@mantine/notifications";
import type { Review } from "@sightline/api/reviews";
import type { QueryIn } from "@sightline/api/routes";
import type { Annotation as WireAnnotation } from "@sightline/api/samples";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { client, makeStale } from "../../app/api.js";
import { replaced, withWord } from "./deck.js";

export type DeckFilter = Omit<QueryIn<"listReviews">, "cursor" | "limit">;
export type Said = WireAnnotation & { word?: "correct" | "wrong" };

interface Page {
  items: Review[];
  nextCursor: string | null;
  total: number;
}
interface Pages {
  pages: Page[];
  pageParams: unknown[];
}

const pageSize = 60;
const staleAfterWord = ["listSamples", "getProject", "listProjects", "listReviews", "getTrial", "listTrials"] as const;

/** @param edition loads anew when it changes: more has come than was there */
export function useDeck(filter: DeckFilter, edition = "") {
  const queries = useQueryClient();
  const text = `${edition} ${JSON.stringify(filter)}`;
  const query = useInfiniteQuery({
    queryKey: ["reviewDeck", text],
    queryFn: ({ pageParam, signal }) =>
      client.call("listReviews", { query: { ...filter, cursor: pageParam, limit: pageSize }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last: Page) => last.nextCursor ?? undefined,
    // It must not change under a person's hands; it is loaded anew when the page is.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];

  const put = useCallback(
    (review: Review) =>
      queries.setQueryData<Pages>(
        ["reviewDeck", text],
        (old) => old && { ...old, pages: old.pages.map((page) => ({ ...page, items: replaced(page.items, review) })) },
      ),
    [queries, text],
  );
  const change = useCallback(
    async (before: Review, shown: Review, send: () => Promise<Review>): Promise<Review | undefined> => {
      put(shown);
      try {
        const stored = await send();
        put(stored);
        makeStale(queries, staleAfterWord);
        return stored;
      } catch (error) {
        put(before);
        const message = error instanceof Error ? error.message : String(error);
        notifications.show({ color: "defect", title: `“${before.name}” is not stored`, message, autoClose: 12_000 });
        return undefined;
      }
    },
    [put, queries],
  );
  const say = useCallback(
    (review: Review, said: Said) =>
      change(review, withWord(review, said), () =>
        client.call("sayWord", { params: { reviewId: review.id }, body: said }),
      ),
    [change],
  );
  const takeBack = useCallback(
    (review: Review) =>
      change(review, { ...review, status: "open", word: null, annotation: null }, () =>
        client.call("takeBackWord", { params: { reviewId: review.id } }),
      ),
    [change],
  );
  const setAside = useCallback(
    (review: Review) =>
      change(review, { ...review, status: "dismissed" }, () =>
        client.call("dismissReview", { params: { reviewId: review.id } }),
      ),
    [change],
  );
  return { query, items, total: query.data?.pages[0]?.total ?? 0, say, takeBack, setAside };
}

export type Deck = ReturnType<typeof useDeck>;

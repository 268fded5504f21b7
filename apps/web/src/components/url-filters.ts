/** Filters and selections kept in the address, so that a view can be shared and the back button works. */
import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";

export type Filters<Name extends string> = { readonly [K in Name]?: string };

export function useUrlFilters<Name extends string>(names: readonly Name[]) {
  const [params, setParams] = useSearchParams();
  const text = params.toString();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text stands for the params, whose identity changes on each render
  const filters = useMemo(() => {
    const found: { [K in Name]?: string } = {};
    for (const name of names) {
      const value = params.get(name);
      if (value !== null && value !== "") found[name] = value;
    }
    return found as Filters<Name>;
  }, [text]);
  const set = useCallback(
    (changes: { [K in Name]?: string | null | undefined }) => {
      setParams(
        () => {
          // The address as it is, which may be ahead of what is drawn: of two quick choices none is lost.
          const next = new URLSearchParams(window.location.search);
          for (const [name, value] of Object.entries(changes) as [string, string | null | undefined][]) {
            if (value) next.set(name, value);
            else next.delete(name);
          }
          return next;
        },
        { replace: true },
      );
    },
    [setParams],
  );
  return { filters, set, text };
}

/** A share as a thin bar below its name; the figure itself stands beside it. */
import css from "./share-bar.module.css";

export function ShareBar({ share, isNeutral = false }: { share: number; isNeutral?: boolean }) {
  return (
    <div className={css.bar} data-neutral={isNeutral || undefined} aria-hidden>
      <div style={{ width: `${share * 100}%` }} />
    </div>
  );
}

/** A picture with its anomaly map laid over it. */
import { mdiImageOffOutline } from "@mdi/js";
import { useState } from "react";
import { BoxOverlay, type ShownBoxes } from "./box-overlay.js";
import { Icon } from "./icon.js";
import css from "./picture.module.css";

export interface PictureProps {
  src: string;
  alt: string;
  heatMap?: string | undefined;
  /** 0 hides the heat map. */
  heatMapOpacity?: number;
  fit?: "contain" | "cover";
  lazy?: boolean;
  boxes?: ShownBoxes | undefined;
}

export function Picture({ src, alt, heatMap, heatMapOpacity = 0.85, fit = "contain", lazy, boxes }: PictureProps) {
  const [missing, setMissing] = useState<string>();
  if (missing === src) {
    return (
      <div className={css.missing} role="img" aria-label={`${alt}: the picture is gone`}>
        <Icon path={mdiImageOffOutline} size={28} />
      </div>
    );
  }
  const loading = lazy ? "lazy" : "eager";
  return (
    <div className={css.frame} data-fit={fit}>
      <img src={src} alt={alt} loading={loading} decoding="async" onError={() => setMissing(src)} />
      {heatMap !== undefined && heatMapOpacity > 0 && (
        <img
          key={heatMap}
          className={css.heatMap}
          src={heatMap}
          alt=""
          loading={loading}
          style={{ opacity: heatMapOpacity }}
          onError={hide}
        />
      )}
      {boxes !== undefined && boxes.items.length > 0 && <BoxOverlay boxes={boxes} fit={fit} />}
    </div>
  );
}

/** A heat map that can't be loaded must not cover the picture with a broken-image sign. */
function hide(event: React.SyntheticEvent<HTMLImageElement>): void {
  event.currentTarget.style.display = "none";
}

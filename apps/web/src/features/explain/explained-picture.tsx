/** A picture with what speaks for and against the answer laid over it, and the edge of the region in hand. */
import type { ExplainedRegion, ExplanationResult } from "@sightline/api/explanations";
import { useState } from "react";
import css from "./explain.module.css";

export interface ExplainedPictureProps {
  src: string;
  alt: string;
  result: ExplanationResult | undefined;
  /** 0 hides the map. */
  opacity: number;
  region: ExplainedRegion | undefined;
}

export function ExplainedPicture({ src, alt, result, opacity, region }: ExplainedPictureProps) {
  const [ratio, setRatio] = useState<number>();
  return (
    <div className={css.stage}>
      {/* As large as the place allows, the map always exactly over it. */}
      <div className={css.picture} style={ratio === undefined ? {} : { width: `min(100%, calc(68vh * ${ratio}))` }}>
        <img
          src={src}
          alt={alt}
          decoding="async"
          onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => setRatio(naturalWidth / naturalHeight)}
        />
        {result && (
          <div className={css.layer} style={placeOf(result)}>
            <img src={`data:image/png;base64,${result.overlayPng}`} alt="" style={{ opacity }} />
            {region && (
              <svg viewBox={`0 0 ${result.mapWidth} ${result.mapHeight}`} preserveAspectRatio="none" aria-hidden>
                <path className={css.halo} d={region.outline} />
                <path className={css.edge} d={region.outline} />
              </svg>
            )}
          </div>
        )}
      </div>
    </div>
  );
}

/** Of a tiled model the map shows a tile only. */
function placeOf({ area, width, height }: ExplanationResult) {
  return {
    left: `${(100 * area.x1) / width}%`,
    top: `${(100 * area.y1) / height}%`,
    width: `${(100 * (area.x2 - area.x1)) / width}%`,
    height: `${(100 * (area.y2 - area.y1)) / height}%`,
  };
}

/** Inspections as rows: a table where there is room, cards on a phone; one markup for both. */
import type { Inspection } from "@sightline/api/inspections";
import { Link } from "react-router";
import { client } from "../../app/api.js";
import { percent } from "../../components/format.js";
import { Picture } from "../../components/picture.js";
import { TimeText } from "../../components/time-text.js";
import { useProjectLabels } from "../../components/use-project-labels.js";
import { lookOf, Verdict } from "../../components/verdict.js";
import css from "./inspection-rows.module.css";

export function InspectionRows({ items, search }: { items: readonly Inspection[]; search: string }) {
  return (
    <div>
      <div className={`${css.row} ${css.head}`} aria-hidden>
        <span />
        <span>Verdict</span>
        <span>Confidence</span>
        <span>Picture</span>
        <span>Camera</span>
        <span>Line</span>
        <span>Received</span>
      </div>
      <ul className={css.list}>
        {items.map((inspection) => (
          <Row key={inspection.id} inspection={inspection} search={search} />
        ))}
      </ul>
    </div>
  );
}

function Row({ inspection, search }: { inspection: Inspection; search: string }) {
  const labels = useProjectLabels(inspection.projectId);
  const to = `/inspections/${inspection.id}${search === "" ? "" : `?${search}`}`;
  return (
    <li>
      <Link to={to} className={css.row}>
        <span className={css.thumbnail}>
          <Picture
            lazy
            fit="cover"
            alt=""
            boxes={{
              items: inspection.detections,
              width: inspection.imageWidth,
              height: inspection.imageHeight,
              labels,
            }}
            src={client.address("getInspectionThumbnail", { params: { inspectionId: inspection.id } })}
          />
        </span>
        <span className={css.verdict}>
          <Verdict look={lookOf(inspection)} />
          {inspection.failure !== null && <span className={css.reason}>{inspection.failure.message}</span>}
        </span>
        <span className={css.confidence}>
          {inspection.confidence === null ? "–" : `${percent(inspection.confidence)} sure`}
        </span>
        <span className={css.picture}>{inspection.imageId}</span>
        <span className={css.camera}>{inspection.cameraId}</span>
        <span className={css.line}>{inspection.assemblyLineId}</span>
        <span className={css.time}>
          <TimeText time={inspection.receivedAt} />
        </span>
      </Link>
    </li>
  );
}

/** The worst mistakes first, with their pictures. */
import { Anchor, Badge, Button, Text } from "@mantine/core";
import type { Evaluation, EvaluationReport, Mistake } from "@sightline/api/evaluations";
import { useState } from "react";
import { Link } from "react-router";
import { client } from "../../app/api.js";
import { percent, plural } from "../../components/format.js";
import { Panel } from "../../components/panel.js";
import { Picture } from "../../components/picture.js";
import css from "../models/measured-together.module.css";

const first = 12;

const kinds: Readonly<Record<Mistake["kind"], string>> = {
  escape: "Escape",
  falseReject: "False reject",
  mistaken: "Mistaken",
  missed: "Missed",
  invented: "Invented",
};

export function MistakesPanel({ report, evaluation }: { report: EvaluationReport; evaluation: Evaluation }) {
  const [limit, setLimit] = useState(first);
  const { mistakes, mistakeCount, pictures } = report;
  if (mistakes.length === 0)
    return <Panel title="Worst mistakes">All {plural(pictures.images, "picture")} are answered right.</Panel>;
  return (
    <Panel
      title="Worst mistakes"
      note={`${mistakeCount} of ${plural(pictures.images, "picture")}, the surest wrong answers first.`}
    >
      <ul className={css.pictures}>
        {mistakes.slice(0, limit).map((mistake) => (
          <li key={mistake.id ?? mistake.name} className={css.picture}>
            <One mistake={mistake} evaluation={evaluation} />
          </li>
        ))}
      </ul>
      {mistakes.length > limit && (
        <Button variant="subtle" size="xs" mt="sm" onClick={() => setLimit(limit + 48)}>
          Show more of {mistakes.length}
        </Button>
      )}
    </Panel>
  );
}

function One({ mistake, evaluation }: { mistake: Mistake; evaluation: Evaluation }) {
  const { id = "", name, kind, truth, answer, score, confidence } = mistake;
  const isTest = evaluation.pictures === "test";
  const src = isTest
    ? client.address("getSampleImage", { params: { sampleId: id } })
    : client.address("getInspectionImage", { params: { inspectionId: id } });
  const to = isTest ? `/projects/${evaluation.projectId}/pictures/${id}` : `/inspections/${id}`;
  return (
    <>
      <Anchor component={Link} to={to} underline="never" c="inherit">
        <div className={css.frame}>
          <Picture lazy fit="cover" alt={name} src={src} />
        </div>
        <Badge size="sm" mt={6} radius="sm" variant="light" color="defect">
          {kinds[kind]}
        </Badge>
        <Text size="sm" fw={560} truncate mt={2}>
          {truth}
        </Text>
      </Anchor>
      <Text size="xs" c="dimmed">
        answered {answer}, {score === null ? `${percent(confidence)} sure` : `score ${score.toFixed(3)}`}
      </Text>
    </>
  );
}

/** What a project's pictures are answered with, for whoever looks at them: kind of answer, labels in the order of their keys. */
import type { Model } from "@sightline/api/models";
import type { Project } from "@sightline/api/projects";
import { type ReactNode, useState } from "react";
import { useApi } from "../../app/api.js";
import { useMay } from "../../app/session.js";
import { PageLoading } from "../../components/loading.js";
import { AddLabel } from "../projects/add-label.js";
import { labelsToShow } from "../projects/labels.js";
import { useAnswers } from "../projects/use-answers.js";
import { DeckView } from "./deck-view.js";
import { type DeckFilter, useDeck } from "./use-deck.js";

export interface ProjectDeckProps {
  project: Project;
  filter: DeckFilter;
  /** See `useDeck`. */
  edition?: string | undefined;
  empty: ReactNode;
}

const answersOfTask = { anomaly: "label", classification: "label", multilabel: "labels", detection: "boxes" } as const;

export function ProjectDeck({ project, filter, edition, empty }: ProjectDeckProps) {
  const models = useApi("listModels", { query: { project: project.id } });
  const ofPictures = useAnswers(project.id);
  if (models.data === undefined || ofPictures === undefined) return <PageLoading />;
  const newest = models.data.items[0];
  // Without pictures (a model that was uploaded) the model says what is answered.
  const answers = ofPictures ?? (newest === undefined ? "label" : answersOfTask[newest.task]);
  return (
    <LoadedDeck
      {...{ project, filter, edition, empty, models: models.data.items }}
      answers={answers === "labels" || answers === "boxes" ? answers : "label"}
    />
  );
}

interface LoadedDeckProps extends ProjectDeckProps {
  models: readonly Model[];
  answers: "label" | "labels" | "boxes";
}

function LoadedDeck({ project, filter, edition, empty, models, answers }: LoadedDeckProps) {
  const deck = useDeck(filter, edition);
  const may = useMay("sayWord");
  const [added, setAdded] = useState<readonly string[]>([]);
  const existing = Object.keys(project.samples.byLabel);
  const isAnomaly = (models.find((model) => model.isRunning) ?? models[0])?.task === "anomaly";
  const classes = isAnomaly ? [] : models.flatMap((model) => model.labels);
  const labels = labelsToShow(existing, [...added, ...classes], isAnomaly ? "defects" : "classes");
  return (
    <>
      <DeckView {...{ deck, project, labels, answers, empty }} />
      {may.allowed && answers !== "boxes" && deck.items.length > 0 && (
        <div style={{ marginTop: 16 }}>
          <AddLabel
            aim={answers === "labels" ? "labels" : isAnomaly ? "defects" : "classes"}
            taken={labels}
            onAdd={(label) => setAdded([...added, label])}
          />
        </div>
      )}
    </>
  );
}

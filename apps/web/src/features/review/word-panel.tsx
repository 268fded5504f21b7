/** What the model said of the picture, and the buttons with which a person says what it shows. */
import { Alert, Button, Group, Kbd, Stack, Text } from "@mantine/core";
import type { ModelAnswer, Review } from "@sightline/api/reviews";
import { Link } from "react-router";
import { client } from "../../app/api.js";
import { useMay } from "../../app/session.js";
import { percent } from "../../components/format.js";
import { Panel } from "../../components/panel.js";
import { ScoreScale } from "../../components/score-scale.js";
import { lookOfLabel, Verdict } from "../../components/verdict.js";
import { ExplainButton } from "../explain/explain-button.js";
import { isNormal, titleOf } from "../projects/labels.js";
import { isOpen, saidInWords } from "./deck.js";
import type { ReviewCommand } from "./review-keys.js";
import css from "./word-panel.module.css";

export interface WordPanelProps {
  review: Review;
  labels: readonly string[];
  answers: "label" | "labels" | "boxes";
  /** Several labels: those that are on. */
  chosen: readonly string[];
  obey: (command: ReviewCommand) => void;
  putRight: () => void;
}

export function WordPanel(props: WordPanelProps) {
  const { review, labels, obey } = props;
  const may = useMay("sayWord");
  const said = saidInWords(review);
  return (
    <Panel>
      <Stack gap="md" pt={4}>
        <Said review={review} />
        <ExplainReview review={review} labels={labels} />
        {may.allowed ? (
          <Choices {...props} />
        ) : (
          <Text size="sm" c="dimmed">
            {may.reason}
          </Text>
        )}
        {said !== "" && (
          <Group justify="space-between" wrap="nowrap" role="status">
            <Text size="sm">
              {review.status === "dismissed" ? (
                "Set aside"
              ) : (
                <>
                  A person said: <b>{titleOf(said)}</b>
                </>
              )}
            </Text>
            <Group gap={4} wrap="nowrap">
              {review.sampleId !== null && isDefect(review) && (
                <Button
                  component={Link}
                  to={`/projects/${review.projectId}/pictures/${review.sampleId}`}
                  variant="subtle"
                  size="compact-sm"
                >
                  Where it is
                </Button>
              )}
              {may.allowed && (
                <Button variant="subtle" size="compact-sm" onClick={() => obey({ kind: "takeBack" })}>
                  Take back
                </Button>
              )}
            </Group>
          </Group>
        )}
      </Stack>
    </Panel>
  );
}

/** What a person said is a defect, which is somewhere in the picture: there it can be marked. */
function isDefect({ annotation }: Review): boolean {
  return annotation?.label !== undefined && !isNormal(annotation.label);
}

function Said({ review: { answer, served, failure } }: { review: Review }) {
  if (answer === null) {
    return (
      <Alert color="grape" variant="light" title="The model gave no answer">
        {failure?.message ?? "It was asked for before there was one."}
      </Alert>
    );
  }
  return (
    <>
      <AnswerLine title={`Version ${answer.modelVersion ?? "?"} says`} answer={answer} size="xl" />
      {answer.score !== null && <ScoreScale score={answer.score} />}
      {served !== null && (
        <AnswerLine title={`The line said (version ${served.modelVersion ?? "?"})`} answer={served} size="md" />
      )}
    </>
  );
}

/** Why the version answered so, where it is still here to be asked. */
function ExplainReview({ review: { id, name, answer }, labels }: Pick<WordPanelProps, "review" | "labels">) {
  if (!answer?.modelId) return null;
  const params = { reviewId: id };
  return (
    <ExplainButton
      key={id}
      size="xs"
      fullWidth
      src={client.address("getReviewImage", { params })}
      alt={name}
      labels={answer.isAnomalous === null ? labels : []}
      detections={answer.detections}
      start={(ask) => client.call("explainReview", { params, query: ask })}
    />
  );
}

function AnswerLine({ title, answer, size }: { title: string; answer: ModelAnswer; size: "md" | "xl" }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {title}
      </Text>
      <Group justify="space-between" wrap="nowrap">
        <Verdict look={lookOfLabel(answer.label, answer.isAnomalous)} size={size} />
        <Text size="sm" c="dimmed" style={{ whiteSpace: "nowrap" }}>
          {percent(answer.confidence)} sure
        </Text>
      </Group>
    </div>
  );
}

function Choices({ review, labels, answers, chosen, obey, putRight }: WordPanelProps) {
  if (answers === "boxes") {
    return (
      <Stack gap={8}>
        <Choice keyName="Enter" isChosen={review.word === "correct"} onClick={() => obey({ kind: "correct" })}>
          All boxes are right
        </Choice>
        <Choice keyName="x" isChosen={review.word === "wrong"} onClick={() => obey({ kind: "wrong" })}>
          Something is wrong
        </Choice>
        <Button variant="subtle" onClick={putRight}>
          Put the boxes right…
        </Button>
        <SetAside obey={obey} review={review} />
      </Stack>
    );
  }
  const isChosen = (label: string) =>
    answers === "labels" ? chosen.includes(label) : review.annotation?.label === label;
  return (
    <Stack gap={8}>
      <fieldset className={css.choices}>
        <legend className={css.legend}>{answers === "labels" ? "What holds" : "What does it show?"}</legend>
        {labels.map((label, index) => (
          <Choice
            key={label}
            keyName={index < 9 ? String(index + 1) : undefined}
            isChosen={isChosen(label)}
            onClick={() => obey({ kind: "label", label })}
          >
            {titleOf(label)}
          </Choice>
        ))}
      </fieldset>
      {(answers === "labels" || review.answer !== null) && (
        <Choice keyName="Enter" isPrimary onClick={() => obey({ kind: "correct" })}>
          {answers === "labels" ? "That is what it shows" : "The answer is right"}
        </Choice>
      )}
      <SetAside obey={obey} review={review} />
    </Stack>
  );
}

function SetAside({ obey, review }: Pick<WordPanelProps, "obey" | "review">) {
  if (!isOpen(review)) return null;
  return (
    <Button variant="subtle" color="gray" size="compact-sm" onClick={() => obey({ kind: "setAside" })}>
      Set aside
    </Button>
  );
}

interface ChoiceProps {
  keyName?: string | undefined;
  isChosen?: boolean;
  isPrimary?: boolean;
  onClick: () => void;
  children: string;
}

function Choice({ keyName, isChosen = false, isPrimary = false, onClick, children }: ChoiceProps) {
  return (
    <Button
      variant={isChosen ? "filled" : isPrimary ? "light" : "default"}
      justify="space-between"
      fullWidth
      aria-pressed={isPrimary ? undefined : isChosen}
      onClick={(event) => {
        // The next Enter is for the next picture, not for this button again.
        event.currentTarget.blur();
        onClick();
      }}
      rightSection={
        keyName !== undefined && (
          <Kbd size="xs" className={css.key} aria-hidden>
            {keyName}
          </Kbd>
        )
      }
    >
      {children}
    </Button>
  );
}

/** One picture after the other, for a person to say what it shows: made for the keyboard, fit for a thumb. */
import { ActionIcon, Button, Center, Grid, Group, Kbd, Loader, Progress, Stack, Text, Tooltip } from "@mantine/core";
import { mdiChevronLeft, mdiChevronRight } from "@mdi/js";
import type { Project } from "@sightline/api/projects";
import type { Review } from "@sightline/api/reviews";
import { type ReactNode, useCallback, useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { client } from "../../app/api.js";
import { useMay } from "../../app/session.js";
import { Refusal } from "../../components/answer.js";
import { plural } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { Panel } from "../../components/panel.js";
import { Picture } from "../../components/picture.js";
import { isOpen, nextOpen } from "./deck.js";
import css from "./deck-view.module.css";
import { ReviewFacts } from "./review-facts.js";
import { commandOf, isForAnother, type ReviewCommand } from "./review-keys.js";
import type { Deck } from "./use-deck.js";
import { WordPanel } from "./word-panel.js";

export interface DeckViewProps {
  deck: Deck;
  project: Project;
  /** In the order of their keys. */
  labels: readonly string[];
  answers: "label" | "labels" | "boxes";
  /** Shown where there is nothing to look at. */
  empty: ReactNode;
}

export function DeckView({ deck, project, labels, answers, empty }: DeckViewProps) {
  const { query, items } = deck;
  const [currentId, setCurrentId] = useState<string>();
  const found = items.findIndex(({ id }) => id === currentId);
  const at = found === -1 ? Math.max(0, items.findIndex(isOpen)) : found;
  const review = items[at];
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  useEffect(() => {
    if (at >= items.length - 10 && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [at, items.length, hasNextPage, isFetchingNextPage, fetchNextPage]);
  if (query.isPending) {
    return (
      <Center mih={320} role="status" aria-label="Loading">
        <Loader type="dots" />
      </Center>
    );
  }
  if (query.error) return <Refusal error={query.error as never} retry={() => void query.refetch()} compact />;
  if (review === undefined) return empty;
  return (
    <Looking
      key={review.id}
      {...{ deck, project, labels, answers, review, at }}
      go={(to) => setCurrentId(items[to]?.id ?? currentId)}
    />
  );
}

interface LookingProps extends Omit<DeckViewProps, "empty"> {
  review: Review;
  at: number;
  go: (at: number) => void;
}

function Looking({ deck, project, labels, answers, review, at, go }: LookingProps) {
  const { items, total } = deck;
  const may = useMay("sayWord");
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<readonly string[]>(review.annotation?.labels ?? review.answer?.labels ?? []);
  const [isHeatMapShown, setHeatMapShown] = useState(true);
  const open = items.filter(isOpen).length;

  const obey = useCallback(
    (command: ReviewCommand) => {
      const onwards = () => {
        const next = nextOpen(items, at);
        if (next !== null) go(next);
      };
      const say = (said: Parameters<typeof deck.say>[1]) => {
        void deck.say(review, said);
        onwards();
      };
      if (command.kind === "next") return at + 1 < items.length && go(at + 1);
      if (command.kind === "before") return at > 0 && go(at - 1);
      if (command.kind === "heatMap") return setHeatMapShown((isShown) => !isShown);
      if (!may.allowed) return;
      switch (command.kind) {
        case "label":
          if (answers === "labels") setChosen(toggled(chosen, command.label));
          else if (answers === "label") say({ label: command.label });
          return;
        case "correct":
          if (answers === "labels") return say({ labels: [...chosen] });
          return review.answer !== null && say({ word: "correct" });
        case "wrong":
          return review.answer !== null && answers !== "labels" && say({ word: "wrong" });
        case "takeBack":
          return !isOpen(review) && void deck.takeBack(review);
        case "setAside":
          void deck.setAside(review);
          return onwards();
      }
    },
    [items, at, go, deck, review, may.allowed, answers, chosen],
  );

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const { key } = event;
      const isModified = event.ctrlKey || event.metaKey || event.altKey;
      const command = commandOf({ key, isModified, isInText: isForAnother(event.target, key) }, labels);
      if (command === null) return;
      event.preventDefault();
      obey(command);
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [obey, labels]);

  // The next pictures come while this one is looked at.
  useEffect(() => {
    for (const { id } of items.slice(at + 1, at + 3))
      new Image().src = client.address("getReviewImage", { params: { reviewId: id } });
  }, [items, at]);

  const putRight = async () => {
    const boxes = (review.answer?.detections ?? []).map(({ score: _, ...box }) => box);
    const stored = await deck.say(review, { word: "wrong", boxes });
    if (stored?.sampleId) void navigate(`/projects/${project.id}/pictures/${stored.sampleId}`);
  };
  const params = { reviewId: review.id };
  return (
    <Stack gap="sm">
      <Group justify="space-between" wrap="nowrap" gap="md">
        <Text size="sm" c="dimmed" role="status" style={{ whiteSpace: "nowrap" }}>
          Picture {at + 1} of {total} ·{" "}
          {open === 0 ? "all looked at" : `${open}${items.length < total ? "+" : ""} open`}
        </Text>
        <Progress
          flex={1}
          value={(100 * (items.length - open)) / Math.max(1, total)}
          size="sm"
          radius="xl"
          aria-label="Pictures looked at"
        />
        <Group gap={6} wrap="nowrap">
          <Turn title="Picture before (left arrow key)" icon={mdiChevronLeft} to={at - 1} {...{ items, go }} />
          <Turn title="Next picture (right arrow key)" icon={mdiChevronRight} to={at + 1} {...{ items, go }} />
        </Group>
      </Group>
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, lg: 8 }}>
          <div className={css.stage} data-said={isOpen(review) ? undefined : review.status}>
            <Picture
              src={client.address("getReviewImage", { params })}
              alt={review.name}
              heatMap={review.hasHeatMap ? client.address("getReviewHeatMap", { params }) : undefined}
              heatMapOpacity={isHeatMapShown ? 0.75 : 0}
              boxes={{
                items: isHeatMapShown ? (review.answer?.detections ?? []) : [],
                width: review.width,
                height: review.height,
                labels,
                withNames: true,
              }}
            />
          </div>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 4 }}>
          <Stack gap="lg">
            <WordPanel {...{ review, labels, answers, chosen, obey, putRight }} />
            <Panel title="Details">
              <ReviewFacts review={review} />
            </Panel>
            <Keys answers={answers} hasHeatMap={review.hasHeatMap || (review.answer?.detections.length ?? 0) > 0} />
          </Stack>
        </Grid.Col>
      </Grid>
      {open === 0 && <AllSeen project={project} items={items} />}
    </Stack>
  );
}

function toggled(chosen: readonly string[], label: string): string[] {
  return chosen.includes(label) ? chosen.filter((one) => one !== label) : [...chosen, label].sort();
}

interface TurnProps {
  title: string;
  icon: string;
  to: number;
  items: readonly Review[];
  go: (at: number) => void;
}

function Turn({ title, icon, to, items, go }: TurnProps) {
  return (
    <Tooltip label={title}>
      <ActionIcon
        variant="default"
        size={34}
        aria-label={title}
        disabled={items[to] === undefined}
        onClick={() => go(to)}
      >
        <Icon path={icon} />
      </ActionIcon>
    </Tooltip>
  );
}

function AllSeen({ project, items }: { project: Project; items: readonly Review[] }) {
  const navigate = useNavigate();
  const may = useMay("startTraining");
  const kept = items.filter(({ sampleId }) => sampleId !== null).length;
  if (kept === 0) return null;
  return (
    <Group justify="space-between" role="status" className={css.done}>
      <Text size="sm">
        {plural(kept, "picture")} joined the pictures of {project.name}. The next version learns from{" "}
        {kept === 1 ? "it" : "them"}.
      </Text>
      {may.allowed && (
        <Button variant="light" onClick={() => void navigate(`/projects/${project.id}/setup?step=train`)}>
          Train again
        </Button>
      )}
    </Group>
  );
}

function Keys({ answers, hasHeatMap }: { answers: DeckViewProps["answers"]; hasHeatMap: boolean }) {
  const rows: [keys: string[], does: string][] = [
    ...(answers === "boxes"
      ? []
      : [[["1", "…", "9"], answers === "label" ? "say the label" : "on or off"] as [string[], string]]),
    [["Enter"], answers === "labels" ? "that is what it shows" : "the answer is right"],
    ...(answers === "labels" ? [] : [[["x"], "the answer is wrong"] as [string[], string]]),
    [["←", "→"], "turn"],
    [["u"], "take the word back"],
    [["s"], "set aside"],
    ...(hasHeatMap
      ? [[["h"], answers === "boxes" ? "boxes on or off" : "heat map on or off"] as [string[], string]]
      : []),
  ];
  return (
    <Stack gap={6} px={4} visibleFrom="lg" component="dl" m={0} aria-label="Keys">
      {rows.map(([names, does]) => (
        <Group key={does} gap="sm" wrap="nowrap" align="baseline">
          <Group component="dt" gap={3} wrap="nowrap" miw={84}>
            {names.map((name) =>
              name === "…" ? (
                <span key={name}>{name}</span>
              ) : (
                <Kbd key={name} size="xs">
                  {name}
                </Kbd>
              ),
            )}
          </Group>
          <Text component="dd" m={0} size="xs" c="dimmed">
            {does}
          </Text>
        </Group>
      ))}
    </Stack>
  );
}

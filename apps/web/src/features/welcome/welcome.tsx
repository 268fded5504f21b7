/** First run: either the sample line is being set up, or nothing is there yet. */
import { Button, Group, Paper, Progress, SimpleGrid, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { mdiCamera, mdiCheckDecagramOutline, mdiFactory, mdiImageMultipleOutline, mdiTuneVertical } from "@mdi/js";
import type { System } from "@sightline/api/service";
import { Link } from "react-router";
import { useApi } from "../../app/api.js";
import { useMay } from "../../app/session.js";
import { Icon } from "../../components/icon.js";
import { PageHeader } from "../../components/page-header.js";
import { setUpShare } from "./set-up-share.js";

/** The dashboard has something to show as soon as a project of the user's exists or the sample line runs. */
export function welcomeNeeded({ sampleLine, projects }: System): boolean {
  const own = projects - (sampleLine.projectId === null ? 0 : 1);
  if (own > 0) return false;
  return sampleLine.state === "settingUp" || (sampleLine.state !== "running" && projects === 0);
}

export function Welcome({ system }: { system: System }) {
  const { sampleLine } = system;
  return (
    <Stack maw={920} mx="auto" gap="lg" py={{ base: 8, sm: 32 }}>
      <PageHeader
        title="Welcome to Sightline"
        note="From pictures of good and bad parts to a running inspection, on this machine."
      />
      {sampleLine.state === "settingUp" && <SettingUp jobId={sampleLine.jobId} message={sampleLine.message} />}
      {sampleLine.state === "failed" && <SampleFailed message={sampleLine.message} />}
      <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="lg">
        {steps.map((step, index) => (
          <Step key={step.title} number={index + 1} {...step} />
        ))}
      </SimpleGrid>
      <NewProject isQuiet={sampleLine.state === "settingUp"} />
    </Stack>
  );
}

function SettingUp({ jobId, message }: { jobId: string | null; message: string }) {
  const job = useApi(
    "getJob",
    { params: { jobId: jobId ?? "" } },
    { enabled: jobId !== null, refetchEveryMs: 2_000 },
  ).data;
  const share = setUpShare(message, job?.progress);
  return (
    <Paper radius="lg" p="lg" bg="var(--surface)" style={{ border: "1px solid var(--edge)" }} role="status">
      <Group wrap="nowrap" align="flex-start">
        <ThemeIcon variant="light" size={44} radius="xl">
          <Icon path={mdiFactory} size={24} />
        </ThemeIcon>
        <Stack gap={6} flex={1} miw={0}>
          <Title order={2}>Setting up the sample line</Title>
          <Text size="sm" c="dimmed">
            A simulated camera makes castings and a model learns to inspect them. The dashboard opens by itself, in
            about a minute.
          </Text>
          <Progress
            value={Math.max(3, share * 100)}
            size="md"
            radius="xl"
            mt={6}
            animated
            aria-label="Progress of the training"
          />
          <Group justify="space-between" gap="xs">
            <Text size="sm">{job?.step || message}</Text>
            <Text size="sm" c="dimmed">
              {Math.round(share * 100)} %
            </Text>
          </Group>
        </Stack>
      </Group>
    </Paper>
  );
}

function SampleFailed({ message }: { message: string }) {
  return (
    <Paper radius="lg" p="lg" bg="var(--surface)" style={{ border: "1px solid var(--edge)" }} role="alert">
      <Title order={2}>The sample line could not be set up</Title>
      <Text size="sm" c="dimmed" mt={4}>
        {message} Your own projects work all the same.
      </Text>
    </Paper>
  );
}

const steps = [
  {
    icon: mdiImageMultipleOutline,
    title: "Drop pictures",
    text: "20 good parts are enough to begin; a few defective ones make it surer.",
  },
  {
    icon: mdiTuneVertical,
    title: "Train and see the result",
    text: "A minute or two on this machine, in words and with the threshold in your hand.",
  },
  {
    icon: mdiCamera,
    title: "Start, and send pictures",
    text: "A camera gets a token and sends pictures over HTTP. Defects show here and by mail.",
  },
];

function Step({ number, icon, title, text }: { number: number; icon: string; title: string; text: string }) {
  return (
    <Paper radius="lg" p="lg" bg="var(--surface)" style={{ border: "1px solid var(--edge)" }}>
      <ThemeIcon variant="light" size={44} radius="md" mb="md">
        <Icon path={icon} size={24} />
      </ThemeIcon>
      <Text fw={600}>
        {number}. {title}
      </Text>
      <Text size="sm" c="dimmed" mt={4}>
        {text}
      </Text>
    </Paper>
  );
}

function NewProject({ isQuiet }: { isQuiet: boolean }) {
  const may = useMay("createProject");
  if (!may.allowed) return <Text c="dimmed">There is no project yet. {may.reason}</Text>;
  return (
    <Group>
      <Button
        component={Link}
        to="/projects/new"
        size="md"
        variant={isQuiet ? "default" : "filled"}
        leftSection={<Icon path={mdiCheckDecagramOutline} />}
      >
        New project
      </Button>
    </Group>
  );
}

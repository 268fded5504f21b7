/** The way from pictures to a running model, step by step; the address knows the step, so a reload loses nothing. */
import { Stack } from "@mantine/core";
import type { Project } from "@sightline/api/projects";
import { useParams } from "react-router";
import { useApi } from "../../app/api.js";
import { Answer } from "../../components/answer.js";
import { Guard } from "../../components/faces.js";
import { PageHeader } from "../../components/page-header.js";
import { useUrlFilters } from "../../components/url-filters.js";
import { ResultStep } from "../training/result-step.js";
import { TrainStep } from "../training/train-step.js";
import { PicturesStep } from "./pictures-step.js";
import { ProjectGone } from "./project-gone.js";
import { type SetupStep, SetupSteps, setupSteps } from "./setup-steps.js";

export function Page() {
  const { projectId = "" } = useParams();
  const project = useApi("getProject", { params: { projectId } });
  return (
    <Guard route="addSample">
      <Answer query={project} missing={<ProjectGone />}>
        {(data) => <Setup project={data} />}
      </Answer>
    </Guard>
  );
}

const notes: Record<SetupStep, string> = {
  name: "",
  pictures: "Say once by hand what the pictures show.",
  train: "The pictures stay on this machine.",
  result: "What the model would have done on pictures it never saw.",
};

function Setup({ project }: { project: Project }) {
  const { filters, set } = useUrlFilters(["step", "job"]);
  const models = useApi("listModels", { query: { project: project.id } }).data?.items ?? [];
  const step = setupSteps.find((one) => one === filters.step && one !== "name") ?? "pictures";
  const hasPictures = project.samples.train + project.samples.test > 0;
  const reached = models.length > 0 ? 3 : hasPictures ? 2 : 1;
  return (
    <>
      <PageHeader
        title={project.name}
        note={notes[step]}
        back={{ to: `/projects/${project.id}`, title: "Project page" }}
      />
      <Stack gap="lg">
        <SetupSteps at={step} projectId={project.id} reached={reached} />
        {step === "pictures" && <PicturesStep project={project} onNext={() => set({ step: "train" })} />}
        {step === "train" && (
          <TrainStep
            project={project}
            onBack={() => set({ step: "pictures" })}
            onResult={() => set({ step: "result" })}
          />
        )}
        {step === "result" && <ResultStep project={project} models={models} onBack={() => set({ step: "train" })} />}
      </Stack>
    </>
  );
}

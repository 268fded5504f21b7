/** Where a picture to look at came from, and why a person is asked. */
import { Anchor, Table } from "@mantine/core";
import type { Review } from "@sightline/api/reviews";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { TimeText } from "../../components/time-text.js";

export const reasonTitles: Readonly<Record<Review["reason"], string>> = {
  lowConfidence: "The model was unsure",
  rule: "A rule asks",
  trial: "Part of a trial",
  person: "A person asks",
};

export function ReviewFacts({ review }: { review: Review }) {
  const { name, reason, note, inspectionId, trialId, answer, saidAt, saidBy, sampleId, projectId } = review;
  return (
    <Table variant="vertical" verticalSpacing={6} horizontalSpacing={0} withRowBorders={false} fz="sm">
      <Table.Tbody>
        <Fact title="Picture">
          {inspectionId === null ? name : <To to={`/inspections/${inspectionId}`}>{name}</To>}
        </Fact>
        <Fact title="Why">
          {trialId === null ? reasonTitles[reason] : <To to={`/trials/${trialId}`}>{reasonTitles[reason]}</To>}
          {note !== "" && `, ${note}`}
        </Fact>
        <Fact title="Since">
          <TimeText time={review.createdAt} />
        </Fact>
        {answer?.modelId && (
          <Fact title="Model">
            <To to={`/models/${answer.modelId}`}>version {answer.modelVersion}</To>
          </Fact>
        )}
        {saidAt !== null && (
          <Fact title="Said">
            <TimeText time={saidAt} /> by {saidBy}
          </Fact>
        )}
        {sampleId !== null && (
          <Fact title="Became">
            <To to={`/projects/${projectId}/pictures/${sampleId}`}>a labelled picture</To>
          </Fact>
        )}
      </Table.Tbody>
    </Table>
  );
}

function Fact({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Table.Tr>
      <Table.Th w={72} fw={400} c="dimmed" bg="transparent">
        {title}
      </Table.Th>
      <Table.Td style={{ overflowWrap: "anywhere" }}>{children}</Table.Td>
    </Table.Tr>
  );
}

function To({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Anchor component={Link} to={to} size="sm">
      {children}
    </Anchor>
  );
}

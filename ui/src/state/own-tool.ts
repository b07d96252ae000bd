// A function of the person's own while it is written in the form. Pure.
import type { OwnArgument, OwnTool, OwnWay } from "../ipc/bindings.gen";

/** What the fields hold: those of every way, so that nothing typed is lost while the ways are compared. */
export interface Draft {
  name: string;
  description: string;
  /** Null where the file says more of them than the form can. */
  arguments: OwnArgument[] | null;
  is: OwnWay["is"];
  program: string;
  /** One a line. */
  args: string;
  url: string;
  posts: boolean;
  text: string;
  question: string;
}

export const WAYS: OwnWay["is"][] = ["program", "request", "answer", "ask"];
export const KINDS: OwnArgument["kind"][] = ["text", "number", "whole", "yesNo"];

/** The fields of a function; of none for a new one. */
export function draftOf(tool: OwnTool | null): Draft {
  const way = tool?.way ?? { is: "program", program: "", args: [] };
  return {
    name: tool?.name ?? "",
    description: tool?.description ?? "",
    arguments: tool ? (tool.arguments?.map((argument) => ({ ...argument })) ?? null) : [],
    is: way.is,
    program: way.is === "program" ? way.program : "",
    args: way.is === "program" ? way.args.join("\n") : "",
    url: way.is === "request" ? way.url : "",
    posts: way.is === "request" && way.posts,
    text: way.is === "answer" ? way.text : "",
    question: way.is === "ask" ? way.question : "",
  };
}

/** The function that the fields describe. Rows without a name are left out. */
export function toolOf(draft: Draft): OwnTool {
  const rows = draft.arguments?.map((row) => ({ ...row, name: row.name.trim(), description: row.description.trim() }));
  return {
    name: draft.name.trim(),
    description: draft.description.trim(),
    arguments: rows?.filter(({ name }) => name !== "") ?? null,
    way: wayOf(draft),
  };
}

function wayOf({ is, program, args, url, posts, text, question }: Draft): OwnWay {
  switch (is) {
    case "program":
      return { is, program: program.trim(), args: args.split("\n").filter((line) => line !== "") };
    case "request":
      return { is, url: url.trim(), posts };
    case "answer":
      return { is, text };
    case "ask":
      return { is, question: question.trim() };
  }
}

/** A name from what somebody types: the service takes letters, digits and underscores. */
export function nameFrom(typed: string): string {
  const plain = typed.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
  return plain
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replace(/^[_0-9]+/, "")
    .slice(0, 64);
}

#!/usr/bin/env node
// Checks the timelines of job summaries with Mermaid: `timeline.mjs SUMMARY...`.
//
// Mermaid must parse each diagram, and the result must equal the table below the diagram: the same
// windows, uses and central sessions, at the same times. This script also checks a summary of its own,
// with ids that look like Mermaid syntax, and more windows and uses than are drawn. At the end it breaks
// diagrams on purpose, and each broken diagram must be refused.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import vm from "node:vm";

process.env.TZ = "UTC"; // Mermaid reads a time without a zone as local time
const REPOSITORY = fileURLToPath(new URL("..", import.meta.url));
const MOST_DRAWN = 150; // as in src/report/markdown/timeline.rs

// This build is for web pages: it defines a global name.
vm.runInThisContext(readFileSync(join(REPOSITORY, "target/tools/mermaid.js"), "utf8"));
const { mermaid } = globalThis;

/** The diagrams of a summary, each with the rows of the table below it. */
function diagrams(markdown) {
  return markdown.split("\n```mermaid\n").slice(1).map((part) => {
    const [text, rest] = part.split("\n```\n", 2);
    const table = rest.split(/\n(?![|\n])/, 1)[0].split("\n");
    return { text, rows: table.filter((line) => line.startsWith("| `")) };
  });
}

const second = (instant) => new Date(instant).toISOString().replace(".000Z", "Z");

/** What Mermaid draws, one line per item. */
async function drawn(text) {
  if (text.length > mermaid.mermaidAPI.getConfig().maxTextSize) {
    throw new Error(`${text.length} characters: Mermaid draws an error instead`);
  }
  await mermaid.parse(text);
  const diagram = await mermaid.mermaidAPI.getDiagramFromText(text);
  if (diagram.type !== "gantt") throw new Error(`it is read as \`${diagram.type}\``);
  const tasks = diagram.db.getTasks();
  if (new Set(tasks.map((task) => task.id)).size < tasks.length) throw new Error("two tasks have one id");
  return tasks.map((task) => {
    const [label, from, to] = [task.task.trimEnd(), second(task.startTime), second(task.endTime)];
    if (/[^A-Za-z0-9 ._-]/.test(label)) throw new Error(`the label ${JSON.stringify(label)}`);
    if (task.section === "Windows" && label.startsWith("window") && task.active) return `window ${from} ${to}`;
    const at = task.milestone && from === to;
    if (at && task.section === "Not a use" && label === "central session") return `listed ${from}`;
    const use = /^(sign-in|access-key) (outside|in a window)$/.exec(label);
    const tagged = task.crit ? "outside" : task.done && "in a window";
    if (!at || task.section !== "Uses" || use?.[2] !== tagged) {
      throw new Error(`a task of no known form: ${JSON.stringify(label)} in ${task.section}`);
    }
    return `use ${from} ${use[0]}`;
  });
}

/** What the table says, in the same form. */
function told(rows) {
  return rows.map((row) => {
    const window = /^\| `([^`]+)` \| window until `([^`]+)` \| /.exec(row);
    if (window) return `window ${second(window[1])} ${second(window[2])}`;
    const listed = /^\| `([^`]+)` \| not a use: /.exec(row);
    if (listed) return `listed ${second(listed[1])}`;
    const use = /^\| `([^`]+)` \| use: (sign-in|access-key)\b/.exec(row);
    if (!use) throw new Error(`a row of no known form: ${row}`);
    return `use ${second(use[1])} ${use[2]} ${row.endsWith("| **outside every window** |") ? "outside" : "in a window"}`;
  });
}

/** Fails unless Mermaid parses the diagram and the result equals the table. */
async function check({ text, rows }) {
  const [diagram, table] = [await drawn(text), told(rows)];
  for (const kind of ["window", "use", "listed"]) {
    const [marks, left] = [diagram, table].map((lines) => lines.filter((line) => line.startsWith(kind)));
    const expected = Math.min(left.length, MOST_DRAWN);
    if (marks.length !== expected) throw new Error(`drawn of kind ${kind}: ${marks.length}, not ${expected}`);
    for (const mark of marks) {
      const at = left.indexOf(mark);
      if (at < 0) throw new Error(`drawn, but not in the table: ${mark}`);
      left.splice(at, 1);
    }
  }
}

const HOSTILE = [
  "x :crit, milestone, m0, 2026-11-01T00:00:00, 0d", "a: b", "section Uses", "title pwned", "end",
  "%%{init: {'theme': 'dark'}}%%", "%% comment", "--- front matter ---", "click w0 call alert()", "; pwned",
  "# pwned", "```", "</pre><script>alert(1)</script>", "\"quoted\" 'too' `and so`", "dateFormat X", "axisFormat",
  "2026-11-01", "w0", "after w0", "todayMarker off", "gantt", "|", "\\", "{{ }}", "fenêtre d'été", "窓", ",,,", "…",
];

/** A summary with many windows and uses, and with an attacker's texts. */
function hostileSummary() {
  const folder = mkdtempSync(join(tmpdir(), "timeline-"));
  const at = (hours, minutes = 0) => second(Date.UTC(2026, 9, 24, hours, minutes));
  const many = Array.from({ length: 250 - HOSTILE.length }, (_, index) => `${index}${"x".repeat(90)}`);
  const windows = [...HOSTILE, ...many].map((id, index) => ({
    ...{ id: id, reason: id, ticket: id, from: at(2 * index), to: at(2 * index, 12) },
  }));
  const evidence = JSON.parse(readFileSync(join(REPOSITORY, "examples/demo/evidence.json"), "utf8"));
  const fact = evidence.accounts[0].root_events;
  const [event] = fact.value.events;
  fact.value.events = windows.flatMap(({ id }, index) => {
    const said = { source_address: id, user_agent: id };
    const time = at(2 * index, index % 2 ? 10 : 40); // every other use is inside its window
    return [
      { ...event, ...said, id: `e${index}`, time },
      { ...event, ...said, id: `a${index}`, time, kind: "central-audit", access_key: "session" },
    ];
  });
  const policy = {
    version: 1,
    rules: { "root-used-outside-window": { within: "30d" } },
    evidence: { "root-events": { lookback: "30d" } },
    windows,
    limits: { "window-total": "72h" },
  };
  const file = (name, value) => {
    writeFileSync(join(folder, name), JSON.stringify(value));
    return join(folder, name);
  };
  const command = ["check", "--policy", file("policy.yaml", policy), "--evidence", file("evidence.json", evidence)];
  const summary = join(folder, "summary.md");
  try {
    const options = { env: {}, stdio: ["ignore", "pipe", "pipe"] };
    execFileSync(join(REPOSITORY, "target/debug/rootgate"), [...command, "--at", "2026-11-20T09:00:00Z", "--summary", summary], options);
    throw new Error("the uses outside every window were not found");
  } catch (error) {
    if (error.status !== 1) throw new Error(`rootgate did not judge: ${error.message}${error.stderr ?? ""}`);
    return readFileSync(summary, "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Broken diagrams. Each must be refused, or this script proves nothing. */
const BREAKS = {
  "an unknown kind of diagram": (text) => text.replace("gantt", "gant"),
  "an invalid time": (text) => text.replace(/T\d\d:/, "T0x:"),
  "another time": (text) => text.replace(/T(\d\d):/, (_, hour) => `T${hour === "00" ? "01" : "00"}:`),
  "a colon in a label": (text) => text.replace(" :", ": x :"),
  "a line without data": (text) => `${text}\n    sign-in outside`,
  "a missing use": (text) => text.slice(0, text.lastIndexOf("\n")),
  "a use outside shown as inside a window": (text) => text.replace("outside :crit", "in a window :done"),
  "duplicate task ids": (text) => text.replaceAll(/, [uw]\d+,/g, ", w0,"),
  "a missing section": (text) => text.replace("    section Uses\n", ""),
  "a text too long for Mermaid": (text) => `${text}${"\n%% and so on".repeat(5_000)}`,
};

async function main(files) {
  const summaries = files.map((file) => [file, readFileSync(file, "utf8")]);
  summaries.push(["the summary of hostile ids", hostileSummary()]);
  let count = 0;
  for (const [name, markdown] of summaries) {
    const found = diagrams(markdown);
    if (found.length === 0) throw new Error(`${name}: no timeline`);
    for (const diagram of found) {
      await check(diagram).catch((error) => {
        throw new Error(`${name}: ${error.message}\n${diagram.text}`);
      });
      count += 1;
    }
  }
  const [sound] = diagrams(summaries[0][1]).filter(({ text }) => text.includes("outside") && text.includes("window"));
  for (const [what, broken] of Object.entries(BREAKS)) {
    const text = broken(sound.text);
    const refused = await check({ ...sound, text }).then(() => text === sound.text, () => true);
    if (!refused || text === sound.text) throw new Error(`this check does not notice ${what}`);
  }
  const broken = Object.keys(BREAKS).length;
  console.log(`${count} timelines: Mermaid reads what their tables say, and refuses ${broken} broken on purpose`);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exit(1);
});

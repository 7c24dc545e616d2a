// Python in a thread of its own, so that the page never freezes. It loads Pyodide and this project's
// own code, and then passes commands in and events out, as text.

import { loadPyodide } from "./pyodide/pyodide.mjs";

const waiting = [];
let take = (command) => waiting.push(command);
onmessage = ({ data }) => take(data);

const tell = (part, done) => postMessage({ part, done });

async function start() {
  tell("Python", 0);
  const [python, code] = await Promise.all([
    loadPyodide({ indexURL: new URL("pyodide/", import.meta.url).href }),
    fetch("python.zip").then((answer) => {
      if (!answer.ok) throw new Error("python.zip is not there");
      return answer.arrayBuffer();
    }),
  ]);
  tell("the chats", 0.7);
  python.FS.writeFile("/python.zip", new Uint8Array(code)); // Python imports from a zip as it is
  python.runPython('import sys; sys.path.insert(0, "/python.zip")');
  const local = python.pyimport("compat.page.local");
  const { call_later } = python.pyimport("asyncio").get_event_loop();
  const talk = local.start((event) => postMessage({ event }), call_later);
  take = (command) => talk(command);
  postMessage({ ready: true, version: python.version });
  for (const command of waiting.splice(0)) take(command);
}

start().catch((error) => postMessage({ failed: String(error.message ?? error).trim().split("\n").pop() }));

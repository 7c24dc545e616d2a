// Compiles the modules of the page, in Node.js: `node compile.mjs PYODIDE CODE BYTECODE TARGET STAMP`.
// PYODIDE is the folder with Pyodide, CODE the zip with our modules, BYTECODE the file bytecode.py. The
// folder TARGET gets both zips again, with bytecode.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [pyodide, code, bytecode, target, stamp] = process.argv.slice(2);

async function run() {
  const { loadPyodide } = await import(pathToFileURL(join(pyodide, "pyodide.mjs")).href);
  const python = await loadPyodide({ indexURL: pyodide });
  const put = (name, path) => python.FS.writeFile(name, new Uint8Array(readFileSync(path)));
  put("/python.zip", code);
  put("/bytecode.py", bytecode);
  python.globals.set("stamp", stamp);
  python.runPython(`
import sys
sys.path[:0] = ["/python.zip", "/"]
import bytecode
bytecode.compile_site(stamp)
`);
  writeFileSync(join(target, "python_stdlib.zip"), python.FS.readFile("/standard.out"));
  writeFileSync(join(target, "python.zip"), python.FS.readFile("/python.out"));
}

run().catch((error) => {
  console.error(String(error.message ?? error).trim().split("\n").pop());
  process.exitCode = 1;
});

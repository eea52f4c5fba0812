// Makes HTML of MJML: a line of JSON comes in, {"mjml": "…"}, and a line goes out, {"html": "…"} or {"errors": […]}.
// It lives as long as its input. Nothing but answers is written to its output.
import fs from 'node:fs'
import { resolve, sep } from 'node:path'
import { createInterface } from 'node:readline'

console.log = console.info = console.warn = console.error

let mjml
try {
  mjml = (await import('mjml')).default
} catch (missing) {
  process.stderr.write(`${missing.message}\n`)
  process.exit(3)
}

const options = {
  validationLevel: 'strict',
  // A template has no files of ours to read.
  ignoreIncludes: true,
  useMjmlConfigOptions: false,
  // The package would load its default fonts from Google, which tells Google who opens a mail.
  fonts: {},
  minify: false,
  beautify: false,
}

// Nothing of a template is a file: whatever the package is made to ask for, it reads its own folder at most.
const home = fs.realpathSync(process.cwd())
for (const name of ['readFileSync', 'openSync', 'readFile', 'open', 'createReadStream']) {
  const original = fs[name]
  fs[name] = (path, ...rest) => {
    if (!resolve(String(path)).startsWith(home + sep)) throw new Error('A template reads no files.')
    return original(path, ...rest)
  }
}

const answer = async (line) => {
  try {
    const { html, errors } = await mjml(JSON.parse(line).mjml, options)
    if (Array.isArray(errors) && errors.length) return { errors: errors.map(told) }
    return typeof html === 'string' ? { html } : { errors: [told()] }
  } catch (refused) {
    const all = Array.isArray(refused?.errors) && refused.errors.length ? refused.errors : [refused]
    return { errors: all.map(told) }
  }
}

// Whatever was thrown, what goes out has the form that is read.
const told = (problem) => ({
  line: Number.isInteger(problem?.line) ? problem.line : undefined,
  tagName: typeof problem?.tagName === 'string' ? problem.tagName : undefined,
  message: typeof problem?.message === 'string' ? problem.message.slice(0, 1000) : 'It cannot be compiled.',
})

process.stdout.write('{"ready":true}\n')
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(`${JSON.stringify(await answer(line))}\n`)
}

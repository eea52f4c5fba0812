// Makes HTML of MJML: a line of JSON comes in, {"mjml": "…"}, and a line goes out, {"html": "…"} or {"errors": […]}.
// It lives as long as its input. Nothing but answers is written to its output.
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

const answer = async (line) => {
  try {
    const { html, errors } = await mjml(JSON.parse(line).mjml, options)
    return errors?.length ? { errors: errors.map(told) } : { html }
  } catch (refused) {
    return { errors: refused.errors?.map(told) ?? [{ message: refused.message }] }
  }
}

const told = ({ line, tagName, message }) => ({ line, tagName, message })

process.stdout.write('{"ready":true}\n')
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(`${JSON.stringify(await answer(line))}\n`)
}

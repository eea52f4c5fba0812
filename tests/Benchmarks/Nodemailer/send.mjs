// Sends mails over nodemailer's pool and prints how many seconds it took. Settings come as one JSON object on standard
// input: port, connections, mails, html, text, and the DKIM key (domain, selector, PEM).
import { createTransport } from 'nodemailer';
import { readFileSync } from 'node:fs';

const settings = JSON.parse(readFileSync(0, 'utf8'));
const transport = createTransport({
  host: '127.0.0.1',
  port: settings.port,
  secure: false,
  ignoreTLS: true,
  pool: true,
  maxConnections: settings.connections,
  maxMessages: Infinity,
  dkim: {
    domainName: settings.domain,
    keySelector: settings.selector,
    privateKey: settings.privateKey,
  },
});

let next = 0;

async function sendUntilDone() {
  while (next < settings.mails) {
    const i = next++;
    const name = `Person ${i}`;
    const unsubscribe = `https://mail.example/unsubscribe/${i.toString(16).padStart(64, '0')}`;
    const fill = (text) => text.replaceAll('{{name}}', name).replaceAll('{{unsubscribe_url}}', unsubscribe);
    await transport.sendMail({
      from: { name: 'Night Train', address: `news@${settings.domain}` },
      to: { name, address: `person${i}@example.org` },
      subject: `Hello ${name}`,
      text: fill(settings.text),
      html: fill(settings.html),
      headers: {
        'List-Unsubscribe': `<${unsubscribe}>`,
        'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
        'List-Id': `<newsletter.benchmark.${settings.domain}>`,
        'Feedback-ID': '1:newsletter:benchmark:nodemailer',
      },
    });
  }
}

const start = process.hrtime.bigint();
// Twice as many senders as connections, so that the pool is never without work.
await Promise.all(Array.from({ length: 2 * settings.connections }, sendUntilDone));
console.log(Number(process.hrtime.bigint() - start) / 1e9);
transport.close();

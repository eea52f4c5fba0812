// Makes the sample lists, the same bytes every time:  node samples/make-contacts.mjs [directory]
//
// contacts.csv is as messy as lists are that grew over years in spreadsheets and three tools. Nobody in it exists: the
// addresses are at example.org, .com and .net and at .example (RFC 2606), the IP addresses are documentation's
// (RFC 5737, RFC 3849). Beside it lies contacts.expected.json: what each line was made to be, written by this script
// and not by the reader of such lists, so that the two check each other.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const directory = process.argv[2] ?? dirname(fileURLToPath(import.meta.url));
const goodRows = 11_000;

// mulberry32: small, and the same everywhere.
let seed = 20260101;
function random() {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];
const chance = (share) => random() < share;
const pad = (n, width = 2) => String(n).padStart(width, "0");

const firstNames = [
  "Ann", "Björn", "Chloé", "Đorđe", "Élodie", "Fatma", "Grażyna", "Håkon", "Ingrid", "João", "Kateřina", "Liam",
  "Màiri", "Nikola", "Ömer", "Pádraig", "Quinn", "Renée", "Søren", "Þóra", "Ülle", "Vytautė", "Wren", "Ximena", "Yusuf",
  "Željko", "Иван", "Ольга", "Γιάννης", "יעל", "مريم", "علی", "さくら", "伟", "지우", "अनिल",
];
const lastNames = [
  "Brückner", "Castaño", "D'Angelo", "Eriksson", "Fernández", "García-López", "Hansen", "Ionescu", "Jansen", "Kovács",
  "Lee", "McAllister", "Nowak", "O'Brien", "Petrović", "Quispe", "Rossi", "Šimić", "Tóth", "Uzun", "Van der Berg",
  "Weiß", "Yılmaz", "Zając", "Смирнова", "Παπαδόπουλος", "כהן", "حسن", "田中", "王",
];
const cities = ["Graz", "Porto", "Łódź", "São Paulo", "Köln", "İzmir", "Québec", "", "", ""];
const shows = ["Night Train", "The Loop", "Salt, Sea & Sand", "Morgenland", "Récits", "", ""];
const sources = ["form", "checkout", "Podcast page", "fair 2019", "webinar", "import:old-tool", ""];
const domains = ["example.org", "example.com", "example.net", "mail.example.org", "bücher.example", "пример.example"];

function address(n) {
  const style = below(12);
  const name = pick(["ann", "bo", "chris", "dana", "eli", "finn", "gus", "hana", "ida", "jo", "kim", "lou"]);
  const local =
    style === 0 ? `${name}.${n}` :
    style === 1 ? `${name}+news${n}` :
    style === 2 ? `o'${name}${n}` :
    style === 3 ? `${name}_${n}` :
    style === 4 ? `${name}-${n}` :
    style === 5 && n % 7 === 0 ? `jürgen${n}` :
    style === 6 && n % 11 === 0 ? `=${name}${n}` :
    `${name}${n}`;
  return `${local}@${pick(domains)}`;
}

// Exports differ in how they write an instant; each of these is one that can be read with certainty.
function instant({ from = 2012, to = 2025 } = {}) {
  const date = `${from + below(to - from)}-${pad(1 + below(12))}-${pad(1 + below(28))}`;
  const minute = `${pad(below(24))}:${pad(below(60))}`;
  const second = `${minute}:${pad(below(60))}`;
  return pick([
    `${date} ${second}`,
    `${date} ${second}`,
    `${date}T${second}Z`,
    `${date}T${second}.${pad(below(1000), 3)}Z`,
    `${date} ${second}.${pad(below(1_000_000), 6)} +0000 UTC`,
    `${date}T${second}+02:00`,
    `${date} ${second}-0800`,
    `${date} ${minute}`,
    date,
  ]);
}

const ip4 = () => pick(["192.0.2.", "198.51.100.", "203.0.113."]) + (1 + below(254));
const ip6 = () =>
  pick([
    () => `2001:db8::${below(65536).toString(16)}`,
    () => `2001:DB8:0:0:0:0:${below(65536).toString(16).toUpperCase()}:1`,
    () => `2001:0db8:00ff:0000:0000:0000:0000:${pad(below(9999), 4)}`,
    () => `::ffff:192.0.2.${1 + below(254)}`,
  ])();
const ip = () => (chance(0.2) ? ip6() : ip4());

function personName() {
  return pick([
    () => `${pick(firstNames)} ${pick(lastNames)}`,
    () => `${pick(firstNames)} ${pick(lastNames)}`,
    () => `${pick(firstNames)} ${pick(lastNames)}`,
    () => `${pick(lastNames)}, ${pick(firstNames)}`,
    () => pick(firstNames),
    () => `${pick(firstNames)} "${pick(["Ace", "Bee", "Zed"])}" ${pick(lastNames)}`,
    () => `${pick(firstNames)} ${pick(["🎉", "😀", "👩‍🚀", "🏳️‍🌈"])}`,
    () => pick(['=HYPERLINK("http://example.org","me")', "@SUM(1+1)", "+1 Anna", "-Bo-", "=1+1"]),
    () => "",
  ])();
}

const note = () =>
  pick(["", "", "", "met at the fair", 'prefers "du"', "line one\nline two", "a, b; c", "one\r\n\r\nthree", "50% off"]);

const columns = [
  "Email", "Name", "Opt In At", "opt_in_ip", "Confirmed At", "confirm_ip", "Source", "Status", "unsubscribed_at",
  "unsubscribed_reason", "City", "Favourite show", "Notes",
];
const blankRow = () => Object.fromEntries(columns.map((column) => [column, ""]));

function goodRow(n) {
  const row = blankRow();
  row.Email = address(n);
  row.Name = personName();
  row.City = pick(cities);
  row["Favourite show"] = pick(shows);
  row.Notes = note();
  row.Source = pick(sources);
  if (chance(0.8)) {
    row["Opt In At"] = instant({ to: 2024 });
    row.opt_in_ip = chance(0.9) ? ip() : "";
    if (chance(0.6)) {
      row["Confirmed At"] = instant({ from: 2024 });
      row.confirm_ip = chance(0.8) ? ip() : "";
    }
  }
  return row;
}

// What a row's status does to it: the words of three tools.
const standings = {
  active: ["", "", "", "", "subscribed", "Subscribed", "active", " enabled "],
  dormant: ["pending", "Unconfirmed", "disabled"],
  unsubscribed: ["unsubscribed", "UNSUBSCRIBED", "opted out"],
  bounced: ["bounced", "cleaned", "hard-bounced"],
  complained: ["complained", "spam"],
  blocked: ["blocklisted", "blocked"],
};

function standing() {
  const dice = random();
  if (dice < 0.86) return "active";
  if (dice < 0.89) return "dormant";
  if (dice < 0.95) return "unsubscribed";
  if (dice < 0.98) return "bounced";
  return dice < 0.99 ? "complained" : "blocked";
}

const long = "x".repeat(260);
const badAddresses = [
  "", "not an address", "ann@", "@example.org", "ann@@example.org", "ann@localhost", "ann..lee@example.org",
  ".ann@example.org", "ann@example..org", "ann@example.org.", "ann@-example.org", "ann@192.0.2.1", "ann@exa mple.org",
  "ann lee@example.org", "Ann Lee <ann@example.org", "ann@example.org, bo@example.org", "ann@example,org",
  "\"ann\"@example.org", "ann@[192.0.2.1]", "n/a", "mailto:ann@example.org", "ann@example.123", "ann(at)example.org",
  `${long}@example.org`, `${"y".repeat(65)}@example.org`, "ann@exam_ple.org", "ann\u200b@example.org",
  "ann\u0000@example.org",
];

// Each spoils a good row; the code is what must come of it.
const spoilers = {
  "row.email": (row) => (row.Email = pick(badAddresses)),
  "row.name": (row) => (row.Name = "Long ".repeat(60)),
  "row.control_character": (row) =>
    chance(0.5) ? (row.Name = "Ann\nLee") : (row.Notes = "bell\u0007, vertical\u000btab"),
  "row.time": (row) =>
    (row["Opt In At"] = pick([
      "3rd of April", "25. Dez. 2019", "12/2020", "1 Mar 2018", "yesterday", "2021-02-30", "2021-02-03 25:00",
      "1970-01-01", "0000-00-00 00:00:00", "20190304", "1583312400",
    ])),
  "row.future": (row) => (row["Opt In At"] = `${2090 + below(10)}-01-01 00:00:00`),
  "row.ip": (row) => {
    row["Opt In At"] ||= "2019-01-01";
    row.opt_in_ip = pick([
      "192.0.2.300", "unknown", "10.1", "192.0.2.1:443", "192.0.2.1, 192.0.2.2", "[2001:db8::1]", "::g",
    ]);
  },
  "row.status": (row) => (row.Status = pick(["maybe", "VIP", "see notes", "subscibed"])),
};
const spoilerCodes = Object.keys(spoilers);

const quote = (field) => `"${field.replaceAll("\"", "\"\"")}"`;
function field(value) {
  if (/[",\r\n]/.test(value)) return quote(value);
  if (value !== "" && chance(0.1)) return quote(value);
  // White space that somebody left behind.
  return value !== "" && chance(0.03) ? pick([` ${value}`, `${value} `, `${value}\u00a0`]) : value;
}
const record = (row) => columns.map((column) => field(row[column])).join(",");

function makeContacts() {
  const lines = [];
  const expected = { header: 1, good: 0, rejected: [], codes: {}, standings: {}, consents: 0 };
  let line = 1;
  const add = (text) => {
    lines.push(text);
    line += text.replaceAll("\r\n", "\n").split("\n").length;
  };
  const reject = (code, text) => {
    expected.rejected.push([line, code]);
    expected.codes[code] = (expected.codes[code] ?? 0) + 1;
    add(text);
  };

  add(columns.map((column, i) => (i === 1 ? ` ${column} ` : column)).join(","));
  const taken = [];
  for (let n = 0; n < goodRows; n++) {
    if (chance(0.01)) add(pick(["", "  ", ",".repeat(columns.length - 1), " , ".repeat(columns.length - 1)]));
    if (chance(0.05)) {
      const code = pick(spoilerCodes);
      const row = goodRow(1_000_000 + n);
      spoilers[code](row);
      reject(code, record(row));
    }
    if (chance(0.01)) reject("row.columns", record(goodRow(2_000_000 + n)) + pick([",", ",x,y"]));
    if (chance(0.005)) reject("row.columns", `${address(3_000_000 + n)},Ann`);
    if (chance(0.005)) reject("row.quotes", `${address(4_000_000 + n)},"Ann" Lee${",".repeat(columns.length - 2)}`);

    const row = goodRow(n);
    const kind = standing();
    row.Status = pick(standings[kind]);
    const hasLeft = !["active", "dormant"].includes(kind);
    if (hasLeft) {
      row.unsubscribed_at = chance(0.7) ? instant({ from: 2024 }) : "";
      row.unsubscribed_reason = pick(["", "", "too many mails", "\"not for me\", she said", "550 5.1.1 user unknown"]);
    }
    expected.good++;
    expected.standings[kind] = (expected.standings[kind] ?? 0) + 1;
    if (row["Opt In At"] !== "" && kind !== "dormant") expected.consents++;
    add(record(row));
    if (!hasLeft) taken.push(row.Email);

    if (chance(0.02)) {
      const again = goodRow(n);
      again.Email = pick(taken.slice(-500));
      // Only ASCII letters of an address are compared without case; a domain is compared by IDNA.
      const shouted = again.Email.replace(/[a-z]/g, (letter) => letter.toUpperCase());
      again.Email = pick([again.Email, shouted, ` ${again.Email}`]);
      reject("row.duplicate", record(again));
    }
  }
  expected.lines = line - 1;
  return { csv: "\ufeff" + lines.map((text) => text + "\r\n").join(""), expected };
}

// Mailchimp writes numbers and plain words bare, everything with a space or comma in quotes, and times in UTC.
function makeMailchimp() {
  const header =
    '"Email Address","First Name","Last Name",Address,"Phone Number",MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,' +
    "CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS";
  const day = (from, to) => `${from + below(to - from)}-${pad(1 + below(12))}-${pad(1 + below(28))}`;
  const time = (from, to) => `"${day(from, to)} ${pad(below(24))}:${pad(below(60))}:${pad(below(60))}"`;
  const word = (text) => (/[ ',]/.test(text) ? quote(text) : text);
  const rows = [];
  for (let n = 0; n < 40; n++) {
    const opted = n % 4 !== 3;
    const place = pick(["47.0707000,15.4395000,1,2,Europe/Vienna,AT,6", ",,,,,,"]);
    rows.push(
      [
        `member${n}@example.${pick(["org", "com", "net"])}`,
        word(pick(firstNames)),
        word(pick(lastNames)),
        n % 5 === 0 ? '"1 Main St  Graz 8010  AT"' : "",
        "",
        1 + below(5),
        opted ? time(2014, 2023) : "",
        opted ? ip4() : "",
        time(2023, 2025),
        opted ? ip4() : "",
        place,
        time(2025, 2026).replace(/2025-\d\d/, "2025-01"),
        90_000_000 + n,
        below(0xffffffff).toString(16).padStart(10, "0"),
        n % 9 === 0 ? '"met at the fair\n2019-03-04"' : "",
        n % 3 === 0 ? '"""VIP"",""Night Train"""' : "",
      ].join(","),
    );
  }
  return [header, ...rows].map((text) => text + "\n").join("");
}

// listmonk writes what Go's encoding/csv and time.Time.String() write.
function makeListmonk() {
  const rows = [];
  for (let n = 0; n < 40; n++) {
    const hex = (width) => below(2 ** 24).toString(16).padStart(6, "0").repeat(2).slice(0, width);
    const attributes = { city: pick(cities) };
    if (n % 2 === 0) {
      attributes.optin_time = `20${pad(15 + below(9))}-05-06T07:08:09Z`;
      attributes.optin_ip = ip();
    }
    if (n % 3 === 0) attributes.shows = shows.filter(() => chance(0.5));
    const day = `202${below(5)}-${pad(1 + below(12))}-${pad(1 + below(28))}`;
    const created = `${day} 0${below(10)}:24:52.${pad(below(1_000_000), 6)} +0000 UTC`;
    rows.push(
      [
        `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`,
        `subscriber${n}@example.org`,
        `${pick(firstNames)} ${pick(lastNames)}`,
        quote(JSON.stringify(attributes)),
        n % 10 === 9 ? "blocklisted" : n % 10 === 8 ? "disabled" : "enabled",
        created,
        created,
      ].join(","),
    );
  }
  return ["uuid,email,name,attributes,status,created_at,updated_at", ...rows].map((text) => text + "\n").join("");
}

mkdirSync(directory, { recursive: true });
const { csv, expected } = makeContacts();
writeFileSync(join(directory, "contacts.csv"), csv);
writeFileSync(
  join(directory, "contacts.expected.json"),
  JSON.stringify(expected, null, 1).replace(/\[\n\s+(\d+),\n\s+("[^"]+")\n\s+\]/g, "[$1, $2]") + "\n",
);
writeFileSync(join(directory, "mailchimp.csv"), makeMailchimp());
writeFileSync(join(directory, "listmonk.csv"), makeListmonk());

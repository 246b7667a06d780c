// nodemailer with its pool of connections: node nodemailer.cjs PACKAGE PORT CONNECTIONS MESSAGES FOLDER raw|composed
// The folder holds issue.txt, issue.html and issue.eml; "raw" hands over the finished issue.eml.

const fs = require("fs");
const [packageFolder, port, connections, messages, folder, kind] = process.argv.slice(2);
const nodemailer = require(packageFolder);
const [text, html, raw] = ["txt", "html", "eml"].map((type) => fs.readFileSync(`${folder}/issue.${type}`, "utf8"));

const pool = nodemailer.createTransport({
  host: "127.0.0.1", port: Number(port), secure: false, ignoreTLS: true,
  pool: true, maxConnections: Number(connections), maxMessages: Infinity,
});

function message(number) {
  const to = `reader${number}@example.org`;
  if (kind === "raw") return { envelope: { from: "news@example.com", to }, raw };
  const link = `https://news.example.com/unsubscribe/${number}`;
  return {
    from: "Tide Notes <news@example.com>", to: `Reader ${number} <${to}>`, subject: "The tide",
    text: text.replaceAll("UNSUBSCRIBE", link), html: html.replaceAll("UNSUBSCRIBE", link),
    headers: { "List-Unsubscribe": `<${link}>`, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" },
  };
}

async function main() {
  const start = process.hrtime.bigint(), before = process.cpuUsage();
  let next = 1;
  // as many wait in line as the pool can use: one that holds every message at once would be measured for its memory
  async function work() {
    while (next <= Number(messages)) await pool.sendMail(message(next++));
  }
  await Promise.all(Array.from({ length: 2 * Number(connections) }, work));
  const spent = process.cpuUsage(before);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  pool.close();
  console.log(JSON.stringify({ seconds, cpu: (spent.user + spent.system) / 1e6, messages: Number(messages) }));
}

main();

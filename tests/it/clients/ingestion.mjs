// Uploads rows with Azure's own client, and what it must refuse: ingestion.mjs FOLDER ENDPOINT RULE STREAM ROWS
// FOLDER is where @azure/monitor-ingestion is installed.
import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";

const [folder, endpoint, rule, stream, rows] = process.argv.slice(2);
const { LogsIngestionClient } = createRequire(`${folder}/`)("@azure/monitor-ingestion");

const anybody = { getToken: async () => ({ token: "a-token", expiresOnTimestamp: Date.now() + 3_600_000 }) };
const client = new LogsIngestionClient(endpoint, anybody, { allowInsecureConnection: true });
// It gives no token to a server without TLS; here the server is the same machine.
client.pipeline.removePolicy({ name: "bearerTokenAuthenticationPolicy" });
client.pipeline.addPolicy({
  name: "bearerOverLoopback",
  sendRequest: (request, next) => {
    request.headers.set("authorization", "Bearer a-token");
    return next(request);
  },
});

async function upload(rule, logs) {
  try {
    await client.upload(rule, stream, logs);
    console.log("taken");
  } catch (error) {
    const [{ cause, failedLogs }] = error.errors;
    console.log(`${error.name}: ${cause.statusCode} ${cause.code} ${failedLogs.length} failed: ${cause.message}`);
  }
}

const record = (number) => ({ ServiceDeskId_s: `INC${String(number).padStart(7, "0")}`, Title_s: "x".repeat(400) });
await upload(rule, Array.from({ length: Number(rows) }, (_, number) => record(number)));
await upload("dcr-" + "0".repeat(32), [record(1)]);
await upload(rule, [{ ServiceDeskId_s: "INC0000001", Title_s: randomBytes(1_500_000).toString("base64") }]);

// Starts and stops `matchwright serve` on a free port with an empty data folder.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { GameLiftClient } from "@aws-sdk/client-gamelift";

// The scenarios run from a copy in the target folder; the gate says where the data stands.
const data = process.env.SCENARIO_DATA;

export const ruleSet = (name) => readFileSync(join(data, `${name}.json`), "utf8");

export class Server {
  static async start(configuration) {
    const server = new Server();
    server.folder = mkdtempSync(join(tmpdir(), "matchwright-js-"));
    const log = join(server.folder, "server.log");
    const out = openSync(log, "w");
    // The server reads MATCHWRIGHT_ variables as settings; the way to its binary is none.
    const own = Object.entries(process.env).filter(([key]) => !key.startsWith("MATCHWRIGHT_"));
    const env = { ...Object.fromEntries(own), MATCHWRIGHT_DATA_DIR: join(server.folder, "data") };
    const words = ["serve", "--config", join(data, configuration)];
    server.process = spawn(process.env.MATCHWRIGHT_BIN, words, { env, stdio: ["ignore", out, out] });
    server.ended = once(server.process, "exit");
    closeSync(out);
    server.address = await server.waitForAddress(log);
    return server;
  }

  /** The start-up line tells the address that was taken. */
  async waitForAddress(log) {
    for (let round = 0; round < 500; round += 1) {
      const found = readFileSync(log, "utf8").match(/127\.0\.0\.1:[1-9]\d*/);
      if (found) return found[0];
      if (this.process.exitCode !== null) throw new Error(`the server ended:\n${readFileSync(log, "utf8")}`);
      await sleep(20);
    }
    throw new Error(`no address within 10 s:\n${readFileSync(log, "utf8")}`);
  }

  client() {
    return new GameLiftClient({
      endpoint: `http://${this.address}`,
      region: "us-east-1",
      // A key of `signed.toml` that may do everything.
      credentials: { accessKeyId: "AKIDGAME", secretAccessKey: "open-sesame-open-sesame-open-sesame-0000" },
      maxAttempts: 1,
    });
  }

  async stop() {
    this.process.kill("SIGTERM");
    const timer = globalThis.setTimeout(() => this.process.kill("SIGKILL"), 20_000);
    await this.ended;
    clearTimeout(timer);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

// The scenarios through @aws-sdk/client-gamelift. Each is a function; its name is the sentence that it shows.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

import * as sdk from "@aws-sdk/client-gamelift";

import { Server, ruleSet } from "./server.mjs";

const { ConflictException, FleetCapacityExceededException, InvalidRequestException } = sdk;
const { LimitExceededException, NotFoundException, TaggingFailedException } = sdk;

/** Sends the operation of this name. */
const call = (client, operation, input = {}) => client.send(new sdk[`${operation}Command`](input));

/** Polls one ticket until it has the wanted state. */
async function until(client, ticket, wanted) {
  let found;
  for (let round = 0; round < 500; round += 1) {
    found = (await call(client, "DescribeMatchmaking", { TicketIds: [ticket] })).TicketList[0];
    if (found.Status === wanted) return found;
    await sleep(20);
  }
  throw new Error(`${ticket} is ${found.Status}, expected ${wanted}`);
}

/** The call fails with this typed exception, and its message has the text. */
async function refused(error, client, operation, text, input) {
  let why;
  await assert.rejects(call(client, operation, input), (found) => {
    why = found;
    return true;
  });
  assert.ok(why instanceof error, `expected ${error.name}, found ${why}`);
  assert.ok(why.message.includes(text), `expected "${text}" in "${why.message}"`);
  return why.message;
}

/** A rule set and a configuration of the same name. */
async function make(client, name, { rules = "duel", ...settings } = {}) {
  await call(client, "CreateMatchmakingRuleSet", { Name: name, RuleSetBody: ruleSet(rules) });
  const fields = { Name: name, RuleSetName: name, RequestTimeoutSeconds: 60, AcceptanceRequired: false, ...settings };
  return (await call(client, "CreateMatchmakingConfiguration", fields)).Configuration;
}

async function start(client, name, ticket, skill = 50) {
  const player = { PlayerId: `player-of-${ticket}`, PlayerAttributes: { skill: { N: skill } } };
  const input = { TicketId: ticket, ConfigurationName: name, Players: [player] };
  return (await call(client, "StartMatchmaking", input)).MatchmakingTicket;
}

const accept = (client, ticket, answer = "ACCEPT") =>
  call(client, "AcceptMatch", { TicketId: ticket, PlayerIds: [`player-of-${ticket}`], AcceptanceType: answer });

/** Two tickets that wait for their players' answers. */
async function propose(client, name, first, second) {
  for (const ticket of [first, second]) await start(client, name, ticket);
  for (const ticket of [first, second]) await until(client, ticket, "REQUIRES_ACCEPTANCE");
}

async function aMatchIsProposedAcceptedAndCompleted(client) {
  const made = await make(client, "accepted", { AcceptanceRequired: true, AcceptanceTimeoutSeconds: 30 });
  assert.match(made.ConfigurationArn, /:matchmakingconfiguration\/accepted$/);
  assert.equal(made.FlexMatchMode, "STANDALONE");

  const started = await start(client, "accepted", "accepted-1");
  assert.equal(started.Status, "QUEUED");
  assert.equal(started.TicketId, "accepted-1");
  await start(client, "accepted", "accepted-2", 55);
  const tickets = ["accepted-1", "accepted-2"];
  for (const ticket of tickets) await until(client, ticket, "REQUIRES_ACCEPTANCE");
  for (const ticket of tickets) await accept(client, ticket);

  const done = await Promise.all(tickets.map((ticket) => until(client, ticket, "COMPLETED")));
  assert.deepEqual(done.map((ticket) => ticket.Players[0].Team).sort(), ["blue", "red"]);
  assert.deepEqual(done[0].Players[0].PlayerAttributes, { skill: { N: 50 } });
  for (const ticket of done) assert.ok(ticket.EndTime >= ticket.StartTime);
  const text = "Matchmaking ticket is in COMPLETED status and cannot be canceled.";
  await refused(InvalidRequestException, client, "StopMatchmaking", text, { TicketId: "accepted-1" });
}

async function whoRejectsIsCancelledAndTheOtherSearchesOn(client) {
  await make(client, "rejected", { AcceptanceRequired: true, AcceptanceTimeoutSeconds: 30 });
  await propose(client, "rejected", "rejected-1", "rejected-2");
  await accept(client, "rejected-1", "REJECT");
  assert.equal((await until(client, "rejected-1", "CANCELLED")).StatusReason, "Cancelled");
  assert.equal((await until(client, "rejected-2", "SEARCHING")).StatusReason, "AcceptanceFailed");
  await call(client, "StopMatchmaking", { TicketId: "rejected-2" });
  assert.equal((await until(client, "rejected-2", "CANCELLED")).StatusMessage, "Cancelled by request.");
}

async function whoDoesNotAnswerInTimeIsCancelled(client) {
  await make(client, "silent", { AcceptanceRequired: true, AcceptanceTimeoutSeconds: 1 });
  await propose(client, "silent", "silent-1", "silent-2");
  await accept(client, "silent-2");
  await until(client, "silent-1", "CANCELLED");
  await until(client, "silent-2", "SEARCHING");
  await call(client, "StopMatchmaking", { TicketId: "silent-2" });
}

async function aTicketAloneTimesOut(client) {
  await make(client, "alone", { RequestTimeoutSeconds: 1 });
  await start(client, "alone", "alone-1");
  const out = await until(client, "alone-1", "TIMED_OUT");
  assert.equal(out.StatusReason, "TimedOut");
  assert.equal(out.StatusMessage, "Removed from matchmaking due to timing out.");
}

async function playersTooFarApartDoNotMeet(client) {
  await make(client, "far");
  await start(client, "far", "far-1", 10);
  await start(client, "far", "far-2", 90);
  await sleep(300);
  const found = await call(client, "DescribeMatchmaking", { TicketIds: ["far-2", "unknown", "far-1"] });
  const seen = found.TicketList.map((ticket) => [ticket.TicketId, ticket.Status]);
  assert.deepEqual(seen, [["far-2", "SEARCHING"], ["far-1", "SEARCHING"]]);
  for (const TicketId of ["far-1", "far-2"]) await call(client, "StopMatchmaking", { TicketId });
}

async function aRunningMatchIsFilledUp(client) {
  await make(client, "filled", { rules: "table" });
  const Players = [0, 1, 2].map((number) => ({ PlayerId: `seated-${number}`, Team: "table" }));
  const input = { TicketId: "filled-open", ConfigurationName: "filled", Players };
  assert.equal((await call(client, "StartMatchBackfill", input)).MatchmakingTicket.Status, "QUEUED");
  await start(client, "filled", "filled-new");
  assert.equal((await until(client, "filled-new", "COMPLETED")).Players[0].Team, "table");
  await until(client, "filled-open", "COMPLETED");

  const teamless = { ConfigurationName: "filled", Players: [{ PlayerId: "seated-9" }] };
  await refused(InvalidRequestException, client, "StartMatchBackfill", "Team", teamless);
  const unknown = { ConfigurationName: "filled", Players: [{ PlayerId: "seated-9", Team: "sofa" }] };
  await refused(InvalidRequestException, client, "StartMatchBackfill", "sofa", unknown);
}

async function listsComeInPages(client) {
  const names = Array.from({ length: 12 }, (_, number) => `page-${String(number).padStart(2, "0")}`);
  for (const Name of names) {
    await call(client, "CreateMatchmakingRuleSet", { Name, RuleSetBody: ruleSet("duel") });
  }
  const pages = [];
  for await (const page of sdk.paginateDescribeMatchmakingRuleSets({ client, pageSize: 5 }, {})) {
    pages.push(page.RuleSets.map((one) => one.RuleSetName));
  }
  assert.ok(pages.length >= 3 && pages.slice(0, -1).every((page) => page.length === 5), JSON.stringify(pages));
  const found = pages.flat().filter((name) => names.includes(name));
  assert.deepEqual(found.sort(), names);
  for (const Name of names) await call(client, "DeleteMatchmakingRuleSet", { Name });
}

async function tagsAreSetListedAndRemoved(client) {
  const input = { Name: "tagged", RuleSetBody: ruleSet("duel"), Tags: [{ Key: "team", Value: "core" }] };
  const ResourceARN = (await call(client, "CreateMatchmakingRuleSet", input)).RuleSet.RuleSetArn;
  const Tags = [{ Key: "team", Value: "live" }, { Key: "stage", Value: "beta" }];
  await call(client, "TagResource", { ResourceARN, Tags });
  await call(client, "UntagResource", { ResourceARN, TagKeys: ["stage", "never-there"] });
  const listed = await call(client, "ListTagsForResource", { ResourceARN });
  assert.deepEqual(listed.Tags, [{ Key: "team", Value: "live" }]);

  const reserved = { ResourceARN, Tags: [{ Key: "aws:mine", Value: "no" }] };
  await refused(TaggingFailedException, client, "TagResource", "aws:", reserved);
  const nobody = { ResourceARN: ResourceARN.replace("tagged", "nobody") };
  await refused(NotFoundException, client, "ListTagsForResource", "", nobody);
}

async function aConfigurationIsUpdatedAndDeleted(client) {
  const made = await make(client, "changed", { Description: "first", CustomEventData: "keep" });
  assert.match(made.RuleSetArn, /:matchmakingruleset\/changed$/);
  await call(client, "CreateMatchmakingRuleSet", { Name: "changed-2", RuleSetBody: ruleSet("table") });
  const patch = { Name: "changed", Description: "second", RuleSetName: "changed-2" };
  const after = (await call(client, "UpdateMatchmakingConfiguration", patch)).Configuration;
  assert.deepEqual([after.Description, after.RuleSetName, after.CustomEventData], ["second", "changed-2", "keep"]);
  assert.deepEqual(after.CreationTime, made.CreationTime);
  const listed = await call(client, "DescribeMatchmakingConfigurations", { RuleSetName: "changed-2" });
  assert.deepEqual(listed.Configurations.map((one) => one.Name), ["changed"]);

  await refused(InvalidRequestException, client, "DeleteMatchmakingRuleSet", "changed", { Name: "changed-2" });
  await start(client, "changed", "changed-1");
  await refused(InvalidRequestException, client, "DeleteMatchmakingConfiguration", "active", { Name: "changed" });
  await call(client, "StopMatchmaking", { TicketId: "changed-1" });
  await call(client, "DeleteMatchmakingConfiguration", { Name: "changed" });
  await call(client, "DeleteMatchmakingRuleSet", { Name: "changed-2" });
  const left = await call(client, "DescribeMatchmakingConfigurations", { Names: ["changed"] });
  assert.deepEqual(left.Configurations, []);
}

async function whatIsWrongIsToldAsATypedError(client) {
  await make(client, "errors");
  const players = [{ PlayerId: "p", PlayerAttributes: { skill: { N: 1 } } }];
  const toNobody = { ConfigurationName: "nobody", Players: players };
  await refused(NotFoundException, client, "StartMatchmaking", "nobody", toNobody);
  await refused(NotFoundException, client, "StopMatchmaking", "no-ticket", { TicketId: "no-ticket" });
  await refused(NotFoundException, client, "DeleteMatchmakingConfiguration", "nobody", { Name: "nobody" });
  await refused(NotFoundException, client, "DescribeMatchmakingRuleSets", "nobody", { Names: ["nobody"] });
  const bare = { ConfigurationName: "errors", Players: [{ PlayerId: "p" }] };
  await refused(InvalidRequestException, client, "StartMatchmaking", "missing required attribute skill", bare);
  const empty = { ConfigurationName: "errors", Players: [] };
  await refused(InvalidRequestException, client, "StartMatchmaking", "", empty);
  const twice = { Name: "errors", RuleSetBody: ruleSet("duel") };
  await refused(InvalidRequestException, client, "CreateMatchmakingRuleSet", "exists", twice);
  await start(client, "errors", "errors-1");
  const early = { TicketId: "errors-1", PlayerIds: ["p"], AcceptanceType: "ACCEPT" };
  await refused(InvalidRequestException, client, "AcceptMatch", "", early);
}

async function aBrokenRuleSetIsExplained(client) {
  const valid = await call(client, "ValidateMatchmakingRuleSet", { RuleSetBody: ruleSet("duel") });
  assert.equal(valid.Valid, true);
  const RuleSetBody = ruleSet("broken");
  const message = await refused(InvalidRequestException, client, "ValidateMatchmakingRuleSet", "teams[0]", { RuleSetBody });
  assert.ok(message.startsWith("Invalid rule set: "), message);
  const input = { Name: "broken", RuleSetBody };
  await refused(InvalidRequestException, client, "CreateMatchmakingRuleSet", message, input);
}

async function theQuotaOfConfigurationsHolds(client) {
  await call(client, "CreateMatchmakingRuleSet", { Name: "many", RuleSetBody: ruleSet("duel") });
  const settings = { RuleSetName: "many", RequestTimeoutSeconds: 10, AcceptanceRequired: false };
  const made = [];
  const fill = async () => {
    for (let number = 0; number < 25; number += 1) {
      await call(client, "CreateMatchmakingConfiguration", { Name: `many-${number}`, ...settings });
      made.push(`many-${number}`);
    }
  };
  await assert.rejects(fill, (why) => why instanceof LimitExceededException && why.message.includes("24"));
  for (const Name of made) await call(client, "DeleteMatchmakingConfiguration", { Name });
}

async function aFleetAMachineAndAQueueAreMade(client) {
  const location = "custom-hosting";
  await call(client, "CreateLocation", { LocationName: location });
  await refused(ConflictException, client, "CreateLocation", location, { LocationName: location });
  const wanted = { Name: "hosting", ComputeType: "ANYWHERE", Locations: [{ Location: location }] };
  const { FleetId, FleetArn, Status } = (await call(client, "CreateFleet", wanted)).FleetAttributes;
  assert.equal(Status, "ACTIVE");
  const machine = { FleetId, ComputeName: "desk", IpAddress: "127.0.0.1", Location: location };
  const { Compute } = await call(client, "RegisterCompute", machine);
  assert.match(Compute.GameLiftServiceSdkEndpoint, /^wss?:/);
  const token = await call(client, "GetComputeAuthToken", { FleetId, ComputeName: "desk" });
  assert.match(token.AuthToken, /^[A-Za-z0-9-]{1,64}$/);
  assert.ok(token.ExpirationTimestamp > new Date(), `${token.ExpirationTimestamp}`);

  const queue = { Name: "hosting", TimeoutInSeconds: 600, Destinations: [{ DestinationArn: FleetArn }] };
  const { GameSessionQueue } = await call(client, "CreateGameSessionQueue", queue);
  assert.deepEqual(GameSessionQueue.Destinations, queue.Destinations);
  const placement = { PlacementId: "hosting-1", GameSessionQueueName: "hosting", MaximumPlayerSessionCount: 2 };
  const { GameSessionPlacement } = await call(client, "StartGameSessionPlacement", placement);
  assert.equal(GameSessionPlacement.Status, "PENDING");
  assert.ok(GameSessionPlacement.StartTime instanceof Date);
  const stopped = await call(client, "StopGameSessionPlacement", { PlacementId: "hosting-1" });
  assert.equal(stopped.GameSessionPlacement.Status, "CANCELLED");

  const game = { FleetId, Location: location, MaximumPlayerSessionCount: 2 };
  await refused(FleetCapacityExceededException, client, "CreateGameSession", "", game);
  await refused(NotFoundException, client, "DescribeCompute", "chair", { FleetId, ComputeName: "chair" });
  await refused(InvalidRequestException, client, "CreateFleet", "ANYWHERE", { Name: "rented", ComputeType: "EC2" });
}

const SCENARIOS = [
  aMatchIsProposedAcceptedAndCompleted,
  whoRejectsIsCancelledAndTheOtherSearchesOn,
  whoDoesNotAnswerInTimeIsCancelled,
  aTicketAloneTimesOut,
  playersTooFarApartDoNotMeet,
  aRunningMatchIsFilledUp,
  listsComeInPages,
  tagsAreSetListedAndRemoved,
  aConfigurationIsUpdatedAndDeleted,
  whatIsWrongIsToldAsATypedError,
  aBrokenRuleSetIsExplained,
  theQuotaOfConfigurationsHolds,
  aFleetAMachineAndAQueueAreMade,
];

// The server verifies each signature.
const server = await Server.start("signed.toml");
const client = server.client();
let failed = 0;
for (const scenario of SCENARIOS) {
  const started = performance.now();
  try {
    await scenario(client);
    console.log(`ok      ${scenario.name} (${((performance.now() - started) / 1000).toFixed(2)} s)`);
  } catch (why) {
    failed += 1;
    console.error(why);
    console.log(`FAILED  ${scenario.name}`);
  }
}
client.destroy();
await server.stop();
console.log(`${SCENARIOS.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

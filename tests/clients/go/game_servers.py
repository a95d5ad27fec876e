"""The scenarios of game servers: programs on the official Go SDK, and boto3 for the studio and its players.

Arguments: the programs, one for each version of the SDK. Each runs every scenario, with a server of its own.
"""

import functools
import http.client
import itertools
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import uuid

from common import refused, run, until
from server import Server, rule_set

NUMBERS = itertools.count(1)


class GameServer:
    """A running program. Use it in a `with`; `tell` is a command to it, `wait` what it told."""

    def __init__(self, program, studio, **environment):
        self.program = program
        self.port = 7000 + next(NUMBERS)
        self.environment = {**os.environ, **studio.environment(), **environment}
        self.told = []
        self.news = threading.Condition()

    def __enter__(self):
        # The SDK makes a folder for its logs where it runs.
        self.folder = tempfile.TemporaryDirectory(prefix="matchwright-game-")
        self.log = pathlib.Path(self.folder.name) / "sdk.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [self.program, "-port", str(self.port)],
                cwd=self.folder.name,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        return self

    def read(self):
        for line in self.process.stdout:
            with self.news:
                self.told.append(json.loads(line))
                self.news.notify_all()

    def count(self, event):
        with self.news:
            return sum(line["event"] == event for line in self.told)

    def wait(self, event, seconds=10, number=1, **wanted):
        """The `number`th line of this event that has the wanted members."""

        def found():
            lines = [line for line in self.told if line["event"] == event and wanted.items() <= line.items()]
            return lines[number - 1] if len(lines) >= number else None

        with self.news:
            if self.news.wait_for(lambda: found() or self.count_failures(), timeout=seconds) and found():
                return found()
            story = "\n".join(json.dumps(line) for line in self.told)
        log = self.log.read_text()[-4000:]
        raise AssertionError(f"no {event} {wanted or ''} in {seconds} s; told:\n{story}\n{log}")

    def count_failures(self):
        return sum(line["event"] == "failed" for line in self.told)

    def tell(self, command, seconds=25):
        """Has it carry out a command; what was answered, or the error's text."""
        name = command.split()[0]
        number = sum(line["event"] == "done" and line["command"] == name for line in self.told) + 1
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        done = self.wait("done", seconds=seconds, number=number, command=name)
        return done["error"] if done["error"] is not None else done["answer"]

    def do(self, command):
        """A command that must succeed and has no answer."""
        error = self.tell(command)
        assert error is None, f"{command}: {error}"

    def end(self):
        self.process.stdin.write("end\n")
        self.process.stdin.flush()
        assert self.wait("ended")["error"] is None
        assert self.process.wait(timeout=10) == 0

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(timeout=10)
        self.reader.join(timeout=10)
        self.process.stdin.close()
        self.process.stdout.close()
        self.folder.cleanup()


class Studio:
    """A location, a fleet, a machine and a queue of their own for one scenario."""

    def __init__(self, server):
        self.server = server
        self.client = server.client()
        name = f"go-{next(NUMBERS)}"
        self.name, self.location = name, f"custom-{name}"
        self.client.create_location(LocationName=self.location)
        made = self.client.create_fleet(
            Name=name,
            ComputeType="ANYWHERE",
            Locations=[{"Location": self.location}],
            AnywhereConfiguration={"Cost": "1"},
        )
        self.fleet, self.fleet_arn = made["FleetAttributes"]["FleetId"], made["FleetAttributes"]["FleetArn"]
        compute = self.client.register_compute(
            FleetId=self.fleet, ComputeName=name, IpAddress="127.0.0.1", Location=self.location
        )["Compute"]
        self.endpoint = compute["GameLiftServiceSdkEndpoint"]
        token = self.client.get_compute_auth_token(FleetId=self.fleet, ComputeName=name)
        self.token = token["AuthToken"]
        destinations = [{"DestinationArn": self.fleet_arn}]
        queue = self.client.create_game_session_queue(Name=name, TimeoutInSeconds=60, Destinations=destinations)
        self.queue_arn = queue["GameSessionQueue"]["GameSessionQueueArn"]

    def environment(self):
        return {
            # Go verifies certificates, so it speaks plainly here.
            "GAMELIFT_SDK_WEBSOCKET_URL": self.endpoint.replace("wss://", "ws://"),
            "GAMELIFT_SDK_FLEET_ID": self.fleet,
            "GAMELIFT_SDK_HOST_ID": self.name,
            "GAMELIFT_SDK_PROCESS_ID": str(uuid.uuid4()),
            "GAMELIFT_SDK_AUTH_TOKEN": self.token,
            "HEALTHCHECK_INTERVAL": "1s",
            "HEALTHCHECK_MAX_JITTER": "1ms",
        }

    def place(self, players, **more):
        """A placement with a seat for each player, fulfilled."""
        id = f"{self.name}-placement"
        wanted = [{"PlayerId": player, "PlayerData": f"data of {player}"} for player in players]
        started = self.client.start_game_session_placement(
            PlacementId=id, GameSessionQueueName=self.name, DesiredPlayerSessions=wanted, **more
        )["GameSessionPlacement"]
        assert started["Status"] == "PENDING", started
        return eventually(lambda: self.placement(id), lambda placement: placement["Status"] == "FULFILLED")

    def placement(self, id):
        return self.client.describe_game_session_placement(PlacementId=id)["GameSessionPlacement"]

    def session(self, id):
        found = self.client.describe_game_sessions(GameSessionId=id)["GameSessions"]
        assert len(found) == 1, found
        return found[0]

    def session_becomes(self, id, status):
        return eventually(lambda: self.session(id), lambda session: session["Status"] == status)

    def players(self, id):
        found = self.client.describe_player_sessions(GameSessionId=id)["PlayerSessions"]
        return {one["PlayerId"]: one["Status"] for one in found}

    def matchmaker(self, rules, **more):
        self.client.create_matchmaking_rule_set(Name=self.name, RuleSetBody=rule_set(rules))
        settings = {"RequestTimeoutSeconds": 60, "AcceptanceRequired": False, "FlexMatchMode": "WITH_QUEUE", **more}
        made = self.client.create_matchmaking_configuration(
            Name=self.name, RuleSetName=self.name, GameSessionQueueArns=[self.queue_arn], **settings
        )
        return made["Configuration"]["ConfigurationArn"]

    def ticket(self, player, skill=50):
        ticket = f"{self.name}-{player}"
        players = [{"PlayerId": player, "PlayerAttributes": {"skill": {"N": skill}}}]
        self.client.start_matchmaking(TicketId=ticket, ConfigurationName=self.name, Players=players)
        return ticket


def eventually(look, holds, seconds=20):
    end = time.monotonic() + seconds
    while True:
        found = look()
        if holds(found):
            return found
        assert time.monotonic() < end, f"in {seconds} s it did not come to hold: {found}"
        time.sleep(0.02)


def game(scenario):
    """Gives a scenario a studio and one game server that is ready."""

    @functools.wraps(scenario)
    def with_game(setting):
        server, program = setting
        studio = Studio(server)
        with GameServer(program, studio) as game_server:
            game_server.wait("ready")
            # The SDK takes a session only after it has seen the answer to that; its first heartbeat says so.
            game_server.wait("health", healthy=True)
            scenario(studio, game_server)

    return with_game


@game
def a_process_is_ready_and_ends(studio, server):
    # Empty credentials are how the SDK is told of a fleet without a role; missing ones would be another error.
    assert "only available for servers hosted on managed fleet" in server.tell("role")
    assert server.tell("certificate")["ComputeName"] == studio.name
    server.end()
    refused(
        studio.client.exceptions.FleetCapacityExceededException,
        studio.client.create_game_session,
        FleetId=studio.fleet,
        Location=studio.location,
        MaximumPlayerSessionCount=2,
    )


@game
def a_placement_becomes_a_game_with_its_players(studio, server):
    properties = [{"Key": "map", "Value": "harbor"}]
    placed = studio.place(
        ["ann", "bob"],
        MaximumPlayerSessionCount=3,
        GameSessionName="evening",
        GameSessionData="{}",
        GameProperties=properties,
    )
    started = server.wait("started")["session"]
    assert started["GameSessionId"] == placed["GameSessionArn"], (started, placed)
    assert started["Name"] == "evening" and started["GameSessionData"] == "{}", started
    assert started["GameProperties"] == {"map": "harbor"} and started["MaximumPlayerSessionCount"] == 3, started
    assert started["IpAddress"] == "127.0.0.1" and started["Port"] == server.port, started
    assert (placed["IpAddress"], placed["Port"]) == ("127.0.0.1", server.port), placed
    id = placed["GameSessionArn"]
    seats = {one["PlayerId"]: one["PlayerSessionId"] for one in placed["PlacedPlayerSessions"]}
    assert sorted(seats) == ["ann", "bob"], placed
    assert studio.session(id)["Status"] == "ACTIVE"

    server.do(f"accept {seats['ann']}")
    server.do(f"accept {seats['bob']}")
    assert studio.players(id) == {"ann": "ACTIVE", "bob": "ACTIVE"}
    assert server.tell("accept psess-unknown"), "an unknown seat was accepted"
    server.do(f"remove {seats['bob']}")
    described = {one["PlayerId"]: one for one in server.tell("describe")}
    assert described["ann"]["Status"] == "ACTIVE" and described["bob"]["Status"] == "COMPLETED", described
    assert described["ann"]["PlayerData"] == "data of ann" and described["ann"]["Port"] == server.port, described
    assert studio.session(id)["CurrentPlayerSessionCount"] == 1
    server.end()
    assert studio.session_becomes(id, "TERMINATED")["CurrentPlayerSessionCount"] == 0
    assert studio.players(id) == {"ann": "COMPLETED", "bob": "COMPLETED"}


@game
def the_game_closes_its_door_and_opens_it(studio, server):
    id = studio.place(["ann"], MaximumPlayerSessionCount=2)["GameSessionArn"]
    server.do("policy DENY_ALL")
    assert studio.session(id)["PlayerSessionCreationPolicy"] == "DENY_ALL"
    create, errors = studio.client.create_player_session, studio.client.exceptions
    refused(errors.InvalidGameSessionStatusException, create, GameSessionId=id, PlayerId="bob")
    server.do("policy ACCEPT_ALL")
    seat = create(GameSessionId=id, PlayerId="bob")["PlayerSession"]
    assert seat["Status"] == "RESERVED" and seat["Port"] == server.port, seat
    refused(errors.GameSessionFullException, create, GameSessionId=id, PlayerId="cid")
    server.do(f"accept {seat['PlayerSessionId']}")


@game
def a_match_becomes_a_game_with_a_seat_for_each_player(studio, server):
    arn = studio.matchmaker("duel", GameSessionData="night")
    tickets = [studio.ticket("ann"), studio.ticket("bob", skill=55)]
    done = [until(studio.client, ticket, "COMPLETED") for ticket in tickets]
    started = server.wait("started")["session"]
    assert started["MaximumPlayerSessionCount"] == 2 and started["GameSessionData"] == "night", started
    data = json.loads(started["MatchmakerData"])
    assert data["matchmakingConfigurationArn"] == arn and data["autoBackfillMode"] is None, data
    teams = {team["name"]: [player["playerId"] for player in team["players"]] for team in data["teams"]}
    assert sorted(sum(teams.values(), [])) == ["ann", "bob"] and sorted(teams) == ["blue", "red"], data
    for ticket in done:
        info = ticket["GameSessionConnectionInfo"]
        assert info["GameSessionArn"] == started["GameSessionId"], info
        assert (info["IpAddress"], info["Port"]) == ("127.0.0.1", server.port), info
        player = ticket["Players"][0]
        assert player["PlayerId"] in teams[player["Team"]], (player, teams)
        # Each ticket is told the seats of its own players, for whoever knows a seat may take it.
        (seat,) = info["MatchedPlayerSessions"]
        assert seat["PlayerId"] == player["PlayerId"], (seat, player)
        server.do(f"accept {seat['PlayerSessionId']}")
    assert studio.players(started["GameSessionId"]) == {"ann": "ACTIVE", "bob": "ACTIVE"}


def running_table(studio, server, **settings):
    """A match of two at a table for four, both seated."""
    studio.matchmaker("table", **settings)
    tickets = [studio.ticket("ann"), studio.ticket("bob")]
    for ticket in tickets:
        info = until(studio.client, ticket, "COMPLETED")["GameSessionConnectionInfo"]
        (seat,) = info["MatchedPlayerSessions"]
        server.do(f"accept {seat['PlayerSessionId']}")
    return info["GameSessionArn"]


@game
def the_game_asks_for_more_players_and_gets_them(studio, server):
    id = running_table(studio, server)
    answer = server.tell("backfill -")
    assert answer["TicketId"], answer
    ticket = studio.ticket("cid")
    info = until(studio.client, ticket, "COMPLETED")["GameSessionConnectionInfo"]
    assert info["GameSessionArn"] == id, info
    update = server.wait("updated", reason="MATCHMAKING_DATA_UPDATED", ticket=answer["TicketId"])
    data = json.loads(update["session"]["MatchmakerData"])
    assert update["session"]["GameSessionId"] == id, update
    players = sorted(player["playerId"] for team in data["teams"] for player in team["players"])
    assert players == ["ann", "bob", "cid"], data
    (seat,) = info["MatchedPlayerSessions"]
    server.do(f"accept {seat['PlayerSessionId']}")
    playing = studio.players(id)
    assert playing == {"ann": "ACTIVE", "bob": "ACTIVE", "cid": "ACTIVE"}, playing


@game
def a_game_is_filled_again_without_asking(studio, server):
    id = running_table(studio, server, BackfillMode="AUTOMATIC")
    data = json.loads(server.wait("started")["session"]["MatchmakerData"])
    assert data["autoBackfillMode"] == "AUTOMATIC" and data["autoBackfillTicketId"], data
    for number, player in enumerate(("cid", "dan"), 1):
        info = until(studio.client, studio.ticket(player), "COMPLETED")["GameSessionConnectionInfo"]
        assert info["GameSessionArn"] == id, info
        server.wait("updated", number=number, reason="MATCHMAKING_DATA_UPDATED")
        server.do(f"accept {info['MatchedPlayerSessions'][0]['PlayerSessionId']}")
    assert set(studio.players(id).values()) == {"ACTIVE"}, studio.players(id)
    assert studio.session(id)["CurrentPlayerSessionCount"] == 4


@game
def the_game_takes_its_wish_for_players_back(studio, server):
    running_table(studio, server)
    ticket = f"{studio.name}-wish"
    assert server.tell(f"backfill {ticket} ann")["TicketId"] == ticket
    until(studio.client, ticket, "SEARCHING", "QUEUED")
    server.do(f"stopbackfill {ticket}")
    until(studio.client, ticket, "CANCELLED")
    server.wait("updated", reason="BACKFILL_CANCELLED", ticket=ticket)


@game
def a_game_that_is_to_end_ends(studio, server):
    id = studio.place(["ann"], MaximumPlayerSessionCount=2)["GameSessionArn"]
    before = time.time()
    ending = studio.client.terminate_game_session(GameSessionId=id, TerminationMode="TRIGGER_ON_PROCESS_TERMINATE")
    assert ending["GameSession"]["Status"] == "TERMINATING", ending
    told = server.wait("terminate")
    # The SDK's getter gives seconds.
    assert before < told["time"] < before + 3600, told
    assert server.wait("ended")["error"] is None
    ended = studio.session_becomes(id, "TERMINATED")
    assert ended["StatusReason"] == "TRIGGERED_ON_PROCESS_TERMINATE", ended
    assert server.process.wait(timeout=10) == 0


@game
def a_process_that_is_not_well_is_told_to_end(studio, server):
    server.do("health false")
    server.wait("terminate")
    assert server.wait("ended")["error"] is None
    assert server.process.wait(timeout=10) == 0


def the_sdk_verifies_our_certificate(setting):
    server, program = setting
    studio = Studio(server)
    secure = studio.endpoint.replace("ws://", "wss://")
    certificate = f"{server.folder.name}/data/tls/certificate.pem"
    with GameServer(program, studio, GAMELIFT_SDK_WEBSOCKET_URL=secure, SSL_CERT_FILE=certificate) as game_server:
        game_server.wait("ready")
        id = studio.place(["ann"], MaximumPlayerSessionCount=2)["GameSessionArn"]
        game_server.end()
        studio.session_becomes(id, "TERMINATED")


@game
def a_game_outlives_a_crash_of_matchwright(studio, server):
    placed = studio.place(["ann", "bob"], MaximumPlayerSessionCount=2)
    id = placed["GameSessionArn"]
    seats = {one["PlayerId"]: one["PlayerSessionId"] for one in placed["PlacedPlayerSessions"]}
    server.do(f"accept {seats['ann']}")
    studio.server.kill_and_start_anew()
    assert studio.session(id)["Status"] == "ACTIVE"
    # The SDK waits longer from try to try, and holds what it has to say until it is back.
    error = server.tell(f"accept {seats['bob']}", seconds=60)
    assert error is None, error
    assert studio.players(id) == {"ann": "ACTIVE", "bob": "ACTIVE"}
    assert (server.count("ready"), server.count("started")) == (1, 1), server.told
    server.end()
    studio.session_becomes(id, "TERMINATED")


@game
def a_restart_in_the_middle_of_an_activation_loses_no_game(studio, server):
    server.do("hold")
    id = f"{studio.name}-placement"
    studio.client.start_game_session_placement(
        PlacementId=id,
        GameSessionQueueName=studio.name,
        MaximumPlayerSessionCount=2,
        DesiredPlayerSessions=[{"PlayerId": "ann"}],
    )
    session = server.wait("started")["session"]["GameSessionId"]
    studio.server.kill_and_start_anew()
    assert studio.placement(id)["Status"] == "PENDING"
    assert studio.session(session)["Status"] == "ACTIVATING"
    # Nobody knows whether it heard of its game before the crash, so it is told again: of the same one.
    assert server.wait("started", seconds=60, number=2)["session"]["GameSessionId"] == session
    server.do("activate")
    placed = eventually(lambda: studio.placement(id), lambda placement: placement["Status"] == "FULFILLED")
    assert placed["GameSessionArn"] == session and len(placed["PlacedPlayerSessions"]) == 1, placed
    assert len(studio.client.describe_game_sessions(FleetId=studio.fleet)["GameSessions"]) == 1
    server.do(f"accept {placed['PlacedPlayerSessions'][0]['PlayerSessionId']}")
    assert server.count("ready") == 1, server.told
    server.end()
    studio.session_becomes(session, "TERMINATED")


def a_process_outlives_its_token(setting):
    _, program = setting
    # Its own server, whose tokens live for seconds: the SDK is sent to a new connection before each of them ends.
    with Server("short_tokens.toml") as server:
        studio = Studio(server)
        with GameServer(program, studio) as game_server:
            game_server.wait("health", healthy=True)
            placed = studio.place(["ann", "bob"], MaximumPlayerSessionCount=2)
            id, seats = placed["GameSessionArn"], [one["PlayerSessionId"] for one in placed["PlacedPlayerSessions"]]
            game_server.do(f"accept {seats[0]}")
            connects = "Connecting to Amazon GameLift Servers WebSocket"
            eventually(game_server.log.read_text, lambda log: log.count(connects) >= 2)
            # The SDK holds what it has to say for five seconds, until its old connection is closed.
            game_server.do(f"accept {seats[1]}")
            eventually(lambda: upgrade(studio, studio.token), lambda status: status == 403)
            assert studio.players(id) == {"ann": "ACTIVE", "bob": "ACTIVE"}
            assert studio.session(id)["Status"] == "ACTIVE"
            assert (game_server.count("ready"), game_server.count("started")) == (1, 1), game_server.told


def a_process_with_a_wrong_token_is_turned_away(setting):
    server, program = setting
    studio, other = Studio(server), Studio(server)
    for token in ("no-such-token", other.token):
        with GameServer(program, studio, GAMELIFT_SDK_AUTH_TOKEN=token) as game_server:
            # The SDK tries again for minutes. It logs what it was answered, though not the status.
            eventually(game_server.log.read_text, lambda log: "auth token is not valid" in log)
            assert game_server.count("initialized") == 0, game_server.told
        assert upgrade(studio, token) == 403
    assert upgrade(studio, studio.token) == 101


def upgrade(studio, token):
    """The status that a process with this token gets."""
    address = urllib.parse.urlsplit(studio.endpoint)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
    query = urllib.parse.urlencode(
        {
            "Authorization": token,
            "ComputeId": studio.name,
            "FleetId": studio.fleet,
            "pID": str(uuid.uuid4()),
            "sdkLanguage": "Go",
            "sdkVersion": "5.0.0",
        }
    )
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==",
    }
    connection.request("GET", f"{address.path or '/'}?{query}", headers=headers)
    try:
        return connection.getresponse().status
    finally:
        connection.close()


SCENARIOS = [
    a_process_is_ready_and_ends,
    a_placement_becomes_a_game_with_its_players,
    the_game_closes_its_door_and_opens_it,
    a_match_becomes_a_game_with_a_seat_for_each_player,
    the_game_asks_for_more_players_and_gets_them,
    a_game_is_filled_again_without_asking,
    the_game_takes_its_wish_for_players_back,
    a_game_that_is_to_end_ends,
    a_process_that_is_not_well_is_told_to_end,
    the_sdk_verifies_our_certificate,
    a_game_outlives_a_crash_of_matchwright,
    a_restart_in_the_middle_of_an_activation_loses_no_game,
    a_process_outlives_its_token,
    a_process_with_a_wrong_token_is_turned_away,
]


def main(programs):
    results = []
    for program in programs:
        print(f"-- {pathlib.Path(program).parent.name}", flush=True)
        with Server("matchwright.toml") as server:
            results += [run(scenario, (server, program)) for scenario in SCENARIOS]
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

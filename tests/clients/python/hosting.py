"""The scenarios of hosting that need no game server. Each is a function; its name is the sentence that it shows."""

import datetime

from common import refused, until
from server import rule_set


def home(client, name):
    """A location, and a fleet there."""
    location = f"custom-{name}"
    client.create_location(LocationName=location)
    return location, fleet(client, name, location)


def fleet(client, name, *locations, **more):
    made = client.create_fleet(
        Name=name, ComputeType="ANYWHERE", Locations=[{"Location": location} for location in locations], **more
    )
    return made["FleetAttributes"]


def machine(client, fleet, name, location):
    made = client.register_compute(FleetId=fleet, ComputeName=name, IpAddress="127.0.0.1", Location=location)
    return made["Compute"]


def locations_are_made_listed_and_deleted(client):
    made = client.create_location(LocationName="custom-attic", Tags=[{"Key": "floor", "Value": "3"}])["Location"]
    assert made["LocationName"] == "custom-attic", made
    assert made["LocationArn"].endswith(":location/custom-attic"), made
    listed = client.list_locations(Filters=["CUSTOM"])["Locations"]
    assert "custom-attic" in [one["LocationName"] for one in listed], listed
    tags = client.list_tags_for_resource(ResourceARN=made["LocationArn"])["Tags"]
    assert tags == [{"Key": "floor", "Value": "3"}], tags

    errors = client.exceptions
    refused(errors.ConflictException, client.create_location, "custom-attic", LocationName="custom-attic")
    refused(errors.InvalidRequestException, client.create_location, LocationName="attic")
    client.delete_location(LocationName="custom-attic")
    refused(errors.NotFoundException, client.delete_location, "custom-attic", LocationName="custom-attic")


def a_fleet_is_made_changed_and_deleted(client):
    location, made = home(client, "fleets")
    assert made["Status"] == "ACTIVE" and made["ComputeType"] == "ANYWHERE", made
    assert made["NewGameSessionProtectionPolicy"] == "NoProtection", made
    id, arn = made["FleetId"], made["FleetArn"]
    assert arn.endswith(f":fleet/{id}") and id.startswith("fleet-"), made
    assert id in client.list_fleets()["FleetIds"]

    client.update_fleet_attributes(FleetId=arn, Name="renamed", AnywhereConfiguration={"Cost": "12.5"})
    (found,) = client.describe_fleet_attributes(FleetIds=[id])["FleetAttributes"]
    assert found["Name"] == "renamed" and found["AnywhereConfiguration"] == {"Cost": "12.5"}, found
    assert client.describe_fleet_attributes(FleetIds=["fleet-unknown"])["FleetAttributes"] == []

    client.create_location(LocationName="custom-fleets-2")
    client.create_fleet_locations(FleetId=id, Locations=[{"Location": "custom-fleets-2"}])
    found = client.describe_fleet_location_attributes(FleetId=id)["LocationAttributes"]
    found = sorted(one["LocationState"]["Location"] for one in found)
    assert found == [location, "custom-fleets-2"], found
    client.delete_fleet_locations(FleetId=id, Locations=["custom-fleets-2"])
    (found,) = client.describe_fleet_utilization(FleetIds=[id])["FleetUtilization"]
    assert found["ActiveServerProcessCount"] == 0, found
    events = [event["EventCode"] for event in client.describe_fleet_events(FleetId=id)["Events"]]
    assert "FLEET_CREATED" in events, events

    errors = client.exceptions
    lost = {"Name": "lost", "ComputeType": "ANYWHERE", "Locations": [{"Location": "custom-nowhere"}]}
    refused(errors.NotFoundException, client.create_fleet, "custom-nowhere", **lost)
    refused(errors.InvalidRequestException, client.create_fleet, "ANYWHERE", Name="rented", EC2InstanceType="c5.large")
    client.delete_fleet(FleetId=id)
    refused(errors.NotFoundException, client.delete_fleet, id, FleetId=id)


def a_machine_is_registered_and_gets_a_token(client):
    location, made = home(client, "machines")
    id = made["FleetId"]
    compute = machine(client, id, "under-the-desk", location)
    assert compute["ComputeArn"].endswith(":compute/under-the-desk"), compute
    assert compute["IpAddress"] == "127.0.0.1" and compute["Location"] == location, compute
    assert compute["GameLiftServiceSdkEndpoint"].startswith("ws"), compute
    (listed,) = client.list_compute(FleetId=id)["ComputeList"]
    found = client.describe_compute(FleetId=id, ComputeName="under-the-desk")["Compute"]
    assert listed == found == compute, (listed, found)

    token = client.get_compute_auth_token(FleetId=id, ComputeName="under-the-desk")
    assert 0 < len(token["AuthToken"]) <= 64 and token["ComputeName"] == "under-the-desk", token
    left = token["ExpirationTimestamp"] - datetime.datetime.now(datetime.timezone.utc)
    assert left > datetime.timedelta(minutes=15), left

    errors = client.exceptions
    again = {"FleetId": id, "ComputeName": "under-the-desk", "IpAddress": "127.0.0.1", "Location": location}
    refused(errors.ConflictException, client.register_compute, "under-the-desk", **again)
    refused(errors.NotFoundException, client.get_compute_auth_token, "nobody", FleetId=id, ComputeName="nobody")
    client.deregister_compute(FleetId=id, ComputeName="under-the-desk")
    assert client.list_compute(FleetId=id)["ComputeList"] == []


def an_alias_leads_to_a_fleet_or_nowhere(client):
    location, made = home(client, "aliases")
    routing = {"Type": "SIMPLE", "FleetId": made["FleetId"]}
    alias = client.create_alias(Name="live", Description="players go here", RoutingStrategy=routing)["Alias"]
    id = alias["AliasId"]
    assert alias["AliasArn"].endswith(f":alias/{id}"), alias
    assert client.resolve_alias(AliasId=id)["FleetId"] == made["FleetId"]
    assert id in [one["AliasId"] for one in client.list_aliases(Name="live")["Aliases"]]

    client.update_alias(AliasId=id, RoutingStrategy={"Type": "TERMINAL", "Message": "closed for the season"})
    assert client.describe_alias(AliasId=id)["Alias"]["RoutingStrategy"]["Type"] == "TERMINAL"
    terminal = client.exceptions.TerminalRoutingStrategyException
    refused(terminal, client.resolve_alias, "closed for the season", AliasId=id)
    wanted = {"AliasId": id, "Location": location, "MaximumPlayerSessionCount": 2}
    refused(terminal, client.create_game_session, "closed for the season", **wanted)
    client.delete_alias(AliasId=id)
    refused(client.exceptions.NotFoundException, client.describe_alias, id, AliasId=id)


def a_queue_is_made_changed_and_deleted(client):
    location, made = home(client, "queues")
    made_queue = client.create_game_session_queue(
        Name="queues",
        TimeoutInSeconds=30,
        Destinations=[{"DestinationArn": made["FleetArn"]}],
        PlayerLatencyPolicies=[
            {"MaximumIndividualPlayerLatencyMilliseconds": 50, "PolicyDurationSeconds": 10},
            {"MaximumIndividualPlayerLatencyMilliseconds": 120},
        ],
        FilterConfiguration={"AllowedLocations": [location]},
        PriorityConfiguration={"PriorityOrder": ["LOCATION", "COST"], "LocationOrder": [location]},
        CustomEventData="season 3",
        Tags=[{"Key": "team", "Value": "ops"}],
    )["GameSessionQueue"]
    assert made_queue["GameSessionQueueArn"].endswith(":gamesessionqueue/queues"), made_queue
    assert made_queue["PriorityConfiguration"]["LocationOrder"] == [location], made_queue
    (found,) = client.describe_game_session_queues(Names=["queues"])["GameSessionQueues"]
    assert found == made_queue, (found, made_queue)
    changed = client.update_game_session_queue(Name="queues", TimeoutInSeconds=60, FilterConfiguration={})
    changed = changed["GameSessionQueue"]
    assert changed["TimeoutInSeconds"] == 60 and "FilterConfiguration" not in changed, changed
    assert changed["Destinations"] == made_queue["Destinations"], changed

    errors = client.exceptions
    arn = made["FleetArn"].replace(made["FleetId"], "fleet-unknown")
    unknown = {"Name": "queues", "Destinations": [{"DestinationArn": arn}]}
    refused(errors.NotFoundException, client.update_game_session_queue, "fleet-unknown", **unknown)
    client.delete_game_session_queue(Name="queues")
    refused(errors.NotFoundException, client.delete_game_session_queue, "queues", Name="queues")


def a_placement_waits_and_is_stopped(client):
    _, made = home(client, "waiting")
    client.create_game_session_queue(
        Name="waiting", TimeoutInSeconds=600, Destinations=[{"DestinationArn": made["FleetArn"]}]
    )
    wanted = {
        "PlacementId": "waiting-1",
        "GameSessionQueueName": "waiting",
        "MaximumPlayerSessionCount": 2,
        "DesiredPlayerSessions": [{"PlayerId": "ann", "PlayerData": "level 3"}],
        "PlayerLatencies": [
            {"PlayerId": "ann", "RegionIdentifier": "custom-waiting", "LatencyInMilliseconds": 20.5}
        ],
    }
    started = client.start_game_session_placement(**wanted)["GameSessionPlacement"]
    assert started["Status"] == "PENDING" and "EndTime" not in started, started
    errors = client.exceptions
    refused(errors.InvalidRequestException, client.start_game_session_placement, "waiting-1", **wanted)
    stopped = client.stop_game_session_placement(PlacementId="waiting-1")["GameSessionPlacement"]
    assert stopped["Status"] == "CANCELLED" and stopped["EndTime"] >= stopped["StartTime"], stopped
    found = client.describe_game_session_placement(PlacementId="waiting-1")["GameSessionPlacement"]
    assert found == stopped, (found, stopped)
    refused(errors.InvalidRequestException, client.stop_game_session_placement, "CANCELLED", PlacementId="waiting-1")
    refused(errors.NotFoundException, client.describe_game_session_placement, "nobody", PlacementId="nobody")


def a_match_without_a_host_goes_on_waiting(client):
    _, made = home(client, "hostless")
    queue = client.create_game_session_queue(
        Name="hostless", TimeoutInSeconds=600, Destinations=[{"DestinationArn": made["FleetArn"]}]
    )["GameSessionQueue"]
    client.create_matchmaking_rule_set(Name="hostless", RuleSetBody=rule_set("duel"))
    client.create_matchmaking_configuration(
        Name="hostless",
        RuleSetName="hostless",
        RequestTimeoutSeconds=60,
        AcceptanceRequired=False,
        FlexMatchMode="WITH_QUEUE",
        GameSessionQueueArns=[queue["GameSessionQueueArn"]],
    )
    for ticket in ("hostless-1", "hostless-2"):
        players = [{"PlayerId": f"player-of-{ticket}", "PlayerAttributes": {"skill": {"N": 50}}}]
        client.start_matchmaking(TicketId=ticket, ConfigurationName="hostless", Players=players)
    for ticket in ("hostless-1", "hostless-2"):
        until(client, ticket, "PLACING")


def a_game_session_without_a_server_is_refused(client):
    location, made = home(client, "empty")
    wanted = {"FleetId": made["FleetId"], "Location": location, "MaximumPlayerSessionCount": 2}
    errors = client.exceptions
    refused(errors.FleetCapacityExceededException, client.create_game_session, **wanted)
    assert client.describe_game_sessions(FleetId=made["FleetId"])["GameSessions"] == []
    search = {"FleetId": made["FleetId"], "SortExpression": "creationTimeMillis ASC"}
    found = client.search_game_sessions(FilterExpression="hasAvailablePlayerSessions=true", **search)
    assert found["GameSessions"] == [], found
    refused(errors.InvalidRequestException, client.search_game_sessions, FilterExpression="colour = 'red'", **search)
    unknown = f"arn:aws:gamelift:us-east-1::gamesession/{made['FleetId']}/{location}/gsess-unknown"
    refused(errors.NotFoundException, client.create_player_session, GameSessionId=unknown, PlayerId="ann")


SCENARIOS = [
    locations_are_made_listed_and_deleted,
    a_fleet_is_made_changed_and_deleted,
    a_machine_is_registered_and_gets_a_token,
    an_alias_leads_to_a_fleet_or_nowhere,
    a_queue_is_made_changed_and_deleted,
    a_placement_waits_and_is_stopped,
    a_match_without_a_host_goes_on_waiting,
    a_game_session_without_a_server_is_refused,
]

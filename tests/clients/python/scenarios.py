"""The scenarios through boto3. Each is a function; its name is the sentence that it shows."""

import sys
import time

from botocore.exceptions import ClientError

import hosting
from common import refused, run, until
from server import Server, rule_set


def make(client, name, rules="duel", **settings):
    """A rule set and a configuration of the same name."""
    client.create_matchmaking_rule_set(Name=name, RuleSetBody=rule_set(rules))
    settings = {"RequestTimeoutSeconds": 60, "AcceptanceRequired": False, **settings}
    answer = client.create_matchmaking_configuration(Name=name, RuleSetName=name, **settings)
    return answer["Configuration"]


def start(client, name, ticket, skill=50):
    player = {"PlayerId": f"player-of-{ticket}", "PlayerAttributes": {"skill": {"N": skill}}}
    answer = client.start_matchmaking(TicketId=ticket, ConfigurationName=name, Players=[player])
    return answer["MatchmakingTicket"]


def accept(client, ticket, answer="ACCEPT"):
    client.accept_match(TicketId=ticket, PlayerIds=[f"player-of-{ticket}"], AcceptanceType=answer)


def propose(client, name, first, second):
    """Two tickets that wait for their players' answers."""
    for ticket in (first, second):
        start(client, name, ticket)
    for ticket in (first, second):
        until(client, ticket, "REQUIRES_ACCEPTANCE")


def a_match_is_proposed_accepted_and_completed(client):
    made = make(client, "accepted", AcceptanceRequired=True, AcceptanceTimeoutSeconds=30)
    assert made["ConfigurationArn"].endswith(":matchmakingconfiguration/accepted"), made
    assert made["FlexMatchMode"] == "STANDALONE", made

    started = start(client, "accepted", "accepted-1")
    assert started["Status"] == "QUEUED" and started["TicketId"] == "accepted-1", started
    start(client, "accepted", "accepted-2", skill=55)
    for ticket in ("accepted-1", "accepted-2"):
        until(client, ticket, "REQUIRES_ACCEPTANCE")
    for ticket in ("accepted-1", "accepted-2"):
        accept(client, ticket)

    done = [until(client, ticket, "COMPLETED") for ticket in ("accepted-1", "accepted-2")]
    assert sorted(ticket["Players"][0]["Team"] for ticket in done) == ["blue", "red"], done
    assert done[0]["Players"][0]["PlayerAttributes"] == {"skill": {"N": 50.0}}, done
    assert all(ticket["EndTime"] >= ticket["StartTime"] for ticket in done), done
    text = "Matchmaking ticket is in COMPLETED status and cannot be canceled."
    refused(client.exceptions.InvalidRequestException, client.stop_matchmaking, text, TicketId="accepted-1")


def who_rejects_is_cancelled_and_the_other_searches_on(client):
    make(client, "rejected", AcceptanceRequired=True, AcceptanceTimeoutSeconds=30)
    propose(client, "rejected", "rejected-1", "rejected-2")
    accept(client, "rejected-1", "REJECT")
    gone = until(client, "rejected-1", "CANCELLED")
    assert gone["StatusReason"] == "Cancelled", gone
    back = until(client, "rejected-2", "SEARCHING")
    assert back["StatusReason"] == "AcceptanceFailed", back
    client.stop_matchmaking(TicketId="rejected-2")
    stopped = until(client, "rejected-2", "CANCELLED")
    assert stopped["StatusMessage"] == "Cancelled by request.", stopped


def who_does_not_answer_in_time_is_cancelled(client):
    make(client, "silent", AcceptanceRequired=True, AcceptanceTimeoutSeconds=1)
    propose(client, "silent", "silent-1", "silent-2")
    accept(client, "silent-2")
    until(client, "silent-1", "CANCELLED")
    until(client, "silent-2", "SEARCHING")
    client.stop_matchmaking(TicketId="silent-2")


def a_ticket_alone_times_out(client):
    make(client, "alone", RequestTimeoutSeconds=1)
    start(client, "alone", "alone-1")
    out = until(client, "alone-1", "TIMED_OUT")
    assert out["StatusReason"] == "TimedOut", out
    assert out["StatusMessage"] == "Removed from matchmaking due to timing out.", out


def players_too_far_apart_do_not_meet(client):
    make(client, "far")
    start(client, "far", "far-1", skill=10)
    start(client, "far", "far-2", skill=90)
    time.sleep(0.3)
    found = client.describe_matchmaking(TicketIds=["far-2", "unknown", "far-1"])["TicketList"]
    assert [(one["TicketId"], one["Status"]) for one in found] == [("far-2", "SEARCHING"), ("far-1", "SEARCHING")], found
    for ticket in ("far-1", "far-2"):
        client.stop_matchmaking(TicketId=ticket)


def a_running_match_is_filled_up(client):
    make(client, "filled", rules="table")
    seated = [{"PlayerId": f"seated-{number}", "Team": "table"} for number in range(3)]
    answer = client.start_match_backfill(TicketId="filled-open", ConfigurationName="filled", Players=seated)
    assert answer["MatchmakingTicket"]["Status"] == "QUEUED", answer
    start(client, "filled", "filled-new")
    new = until(client, "filled-new", "COMPLETED")
    assert new["Players"][0]["Team"] == "table", new
    until(client, "filled-open", "COMPLETED")

    invalid = client.exceptions.InvalidRequestException
    teamless = [{"PlayerId": "seated-9"}]
    refused(invalid, client.start_match_backfill, "Team", ConfigurationName="filled", Players=teamless)
    unknown = [{"PlayerId": "seated-9", "Team": "sofa"}]
    refused(invalid, client.start_match_backfill, "sofa", ConfigurationName="filled", Players=unknown)


def lists_come_in_pages(client):
    names = [f"page-{number:02}" for number in range(12)]
    for name in names:
        client.create_matchmaking_rule_set(Name=name, RuleSetBody=rule_set("duel"))
    pages = client.get_paginator("describe_matchmaking_rule_sets").paginate(PaginationConfig={"PageSize": 5})
    pages = [[one["RuleSetName"] for one in page["RuleSets"]] for page in pages]
    assert len(pages) >= 3 and all(len(page) == 5 for page in pages[:-1]), pages
    found = [name for page in pages for name in page if name in names]
    assert sorted(found) == names, found
    for name in names:
        client.delete_matchmaking_rule_set(Name=name)


def tags_are_set_listed_and_removed(client):
    body = rule_set("duel")
    made = client.create_matchmaking_rule_set(Name="tagged", RuleSetBody=body, Tags=[{"Key": "team", "Value": "core"}])
    arn = made["RuleSet"]["RuleSetArn"]
    client.tag_resource(ResourceARN=arn, Tags=[{"Key": "team", "Value": "live"}, {"Key": "stage", "Value": "beta"}])
    client.untag_resource(ResourceARN=arn, TagKeys=["stage", "never-there"])
    tags = client.list_tags_for_resource(ResourceARN=arn)["Tags"]
    assert tags == [{"Key": "team", "Value": "live"}], tags

    reserved = [{"Key": "aws:mine", "Value": "no"}]
    refused(client.exceptions.TaggingFailedException, client.tag_resource, "aws:", ResourceARN=arn, Tags=reserved)
    nobody = arn.replace("tagged", "nobody")
    refused(client.exceptions.NotFoundException, client.list_tags_for_resource, ResourceARN=nobody)


def a_configuration_is_updated_and_deleted(client):
    made = make(client, "changed", Description="first", CustomEventData="keep")
    assert made["RuleSetArn"].endswith(":matchmakingruleset/changed"), made
    client.create_matchmaking_rule_set(Name="changed-2", RuleSetBody=rule_set("table"))
    after = client.update_matchmaking_configuration(Name="changed", Description="second", RuleSetName="changed-2")
    after = after["Configuration"]
    assert (after["Description"], after["RuleSetName"], after["CustomEventData"]) == ("second", "changed-2", "keep"), after
    assert after["CreationTime"] == made["CreationTime"], after
    listed = client.describe_matchmaking_configurations(RuleSetName="changed-2")["Configurations"]
    assert [one["Name"] for one in listed] == ["changed"], listed

    invalid = client.exceptions.InvalidRequestException
    refused(invalid, client.delete_matchmaking_rule_set, "changed", Name="changed-2")
    start(client, "changed", "changed-1")
    refused(invalid, client.delete_matchmaking_configuration, "active", Name="changed")
    client.stop_matchmaking(TicketId="changed-1")
    client.delete_matchmaking_configuration(Name="changed")
    client.delete_matchmaking_rule_set(Name="changed-2")
    assert client.describe_matchmaking_configurations(Names=["changed"])["Configurations"] == []


def what_is_wrong_is_told_as_a_typed_error(client):
    invalid, missing = client.exceptions.InvalidRequestException, client.exceptions.NotFoundException
    make(client, "errors")
    players = [{"PlayerId": "p", "PlayerAttributes": {"skill": {"N": 1}}}]
    refused(missing, client.start_matchmaking, "nobody", ConfigurationName="nobody", Players=players)
    refused(missing, client.stop_matchmaking, "no-ticket", TicketId="no-ticket")
    refused(missing, client.delete_matchmaking_configuration, "nobody", Name="nobody")
    refused(missing, client.describe_matchmaking_rule_sets, "nobody", Names=["nobody"])
    text = "missing required attribute skill"
    refused(invalid, client.start_matchmaking, text, ConfigurationName="errors", Players=[{"PlayerId": "p"}])
    refused(invalid, client.start_matchmaking, "", ConfigurationName="errors", Players=[])
    refused(invalid, client.create_matchmaking_rule_set, "exists", Name="errors", RuleSetBody=rule_set("duel"))
    start(client, "errors", "errors-1")
    refused(invalid, client.accept_match, "", TicketId="errors-1", PlayerIds=["p"], AcceptanceType="ACCEPT")


def a_broken_rule_set_is_explained(client):
    assert client.validate_matchmaking_rule_set(RuleSetBody=rule_set("duel"))["Valid"] is True
    invalid = client.exceptions.InvalidRequestException
    message = refused(invalid, client.validate_matchmaking_rule_set, "teams[0]", RuleSetBody=rule_set("broken"))
    assert message.startswith("Invalid rule set: "), message
    refused(invalid, client.create_matchmaking_rule_set, message, Name="broken", RuleSetBody=rule_set("broken"))


def the_quota_of_configurations_holds(client):
    client.create_matchmaking_rule_set(Name="many", RuleSetBody=rule_set("duel"))
    settings = {"RuleSetName": "many", "RequestTimeoutSeconds": 10, "AcceptanceRequired": False}
    names = [f"many-{number}" for number in range(25)]
    made = []
    try:
        for name in names:
            client.create_matchmaking_configuration(Name=name, **settings)
            made.append(name)
        raise AssertionError("expected LimitExceededException, found success")
    except client.exceptions.LimitExceededException as why:
        assert "24" in str(why), why
    for name in made:
        client.delete_matchmaking_configuration(Name=name)


def keys_are_verified(_):
    with Server("signed.toml") as server:
        only_well_signed_requests_are_answered(server)


def only_well_signed_requests_are_answered(server):
    secret = "open-sesame-open-sesame-open-sesame-0000"
    client = server.client("AKIDGAME", secret)
    make(client, "signed")
    assert start(client, "signed", "signed-1")["Status"] == "QUEUED"
    forbidden(server.client("AKIDGAME", "guessed"), "describe_matchmaking_rule_sets")
    forbidden(server.client("AKIDNOBODY", secret), "describe_matchmaking_rule_sets")
    reader = server.client("AKIDREADER", "only-looking-only-looking-only-looking-0")
    assert len(reader.describe_matchmaking_rule_sets()["RuleSets"]) == 1
    forbidden(reader, "delete_matchmaking_rule_set", Name="signed")


def forbidden(client, operation, **arguments):
    try:
        getattr(client, operation)(**arguments)
    except ClientError as why:
        status = why.response["ResponseMetadata"]["HTTPStatusCode"]
        assert status in (400, 403), why.response
        return
    raise AssertionError(f"expected {operation} to be refused")


SCENARIOS = [
    a_match_is_proposed_accepted_and_completed,
    who_rejects_is_cancelled_and_the_other_searches_on,
    who_does_not_answer_in_time_is_cancelled,
    a_ticket_alone_times_out,
    players_too_far_apart_do_not_meet,
    a_running_match_is_filled_up,
    lists_come_in_pages,
    tags_are_set_listed_and_removed,
    a_configuration_is_updated_and_deleted,
    what_is_wrong_is_told_as_a_typed_error,
    a_broken_rule_set_is_explained,
    the_quota_of_configurations_holds,
    *hosting.SCENARIOS,
    keys_are_verified,
]


def main():
    with Server("matchwright.toml") as server:
        client = server.client()
        results = [run(scenario, client) for scenario in SCENARIOS]
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())

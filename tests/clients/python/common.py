"""What the scenarios of all files share."""

import time
import traceback


def until(client, ticket, *wanted):
    """Polls one ticket until it has one of the wanted states."""
    for _ in range(500):
        found = client.describe_matchmaking(TicketIds=[ticket])["TicketList"][0]
        if found["Status"] in wanted:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{ticket} is {found['Status']}, expected {wanted}")


def refused(error, call, text="", **arguments):
    """The call fails with this typed exception, and its message has the text."""
    try:
        call(**arguments)
    except error as why:
        message = why.response["Error"]["Message"]
        assert text in message, f"expected {text!r} in {message!r}"
        return message
    raise AssertionError(f"expected {error.__name__}, found success")


def run(scenario, argument):
    started = time.monotonic()
    try:
        scenario(argument)
    except Exception:
        traceback.print_exc()
        print(f"FAILED  {scenario.__name__}", flush=True)
        return False
    print(f"ok      {scenario.__name__} ({time.monotonic() - started:.2f} s)", flush=True)
    return True

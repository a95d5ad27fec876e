"""Starts and stops `matchwright serve` on a free port with an empty data folder."""

import os
import pathlib
import re
import subprocess
import tempfile
import time

import boto3
from botocore.config import Config

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"


def rule_set(name):
    return (DATA / f"{name}.json").read_text()


class Server:
    """Use it in a `with`; `client()` then speaks to it."""

    def __init__(self, configuration):
        self.configuration = DATA / configuration

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="matchwright-python-")
        self.start("server.log")
        return self

    def start(self, name, **settings):
        log = pathlib.Path(self.folder.name) / name
        command = [os.environ["MATCHWRIGHT_BIN"], "serve", "--config", self.configuration]
        # The server reads MATCHWRIGHT_ variables as settings; the way to its binary is none.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("MATCHWRIGHT_")}
        environment["MATCHWRIGHT_DATA_DIR"] = str(pathlib.Path(self.folder.name) / "data")
        environment.update(settings)
        with log.open("wb") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
        self.address = self.wait_for_address(log)

    def kill_and_start_anew(self):
        """As after a crash: no word of goodbye, the same data, the same address."""
        self.process.kill()
        self.process.wait(timeout=20)
        self.start("server-again.log", MATCHWRIGHT_LISTEN=self.address)

    def wait_for_address(self, log):
        """The start-up line tells the address that was taken."""
        for _ in range(500):
            found = re.search(r"127\.0\.0\.1:[1-9]\d*", log.read_text())
            if found:
                return found.group(0)
            assert self.process.poll() is None, f"the server ended:\n{log.read_text()}"
            time.sleep(0.02)
        raise AssertionError(f"no address within 10 s:\n{log.read_text()}")

    def client(self, key="any", secret="any"):
        return boto3.client(
            "gamelift",
            endpoint_url=f"http://{self.address}",
            region_name="us-east-1",
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            config=Config(retries={"max_attempts": 0}, parameter_validation=False),
        )

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        finally:
            self.process.kill()
            self.folder.cleanup()
